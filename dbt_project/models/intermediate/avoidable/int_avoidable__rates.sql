-- Avoidable stays per 100 000 people of 20 and above, by region and year and for the regions that deliver and have a
-- population together, crude and directly standardised to `esp2013` by five-year bands (methods M3: Dobson et al. 1991,
-- Byar's limits). One person may have several stays: the variance is that of persons, not of stays (methods M5). Fewer than
-- 10 stays: no standardised value and no interval. The total is standardised over ages with both sexes together. People: 31
-- December of the year.
--
-- A band without people and without stays is left out with its weight (`band_dropped`); a band that the population does
-- not tell, or has stays and no people, leaves the area without a value (`population_missing`).
{%- set standard = 'esp2013' %}
with population as (
  select
    left(p.area_code, 2) as region, year(p.period_end) as year, p.sex, w.age_from, w.weight,
    sum(p.value)::double as people, bool_or(p.noise <> 'none') as is_noisy
  from {{ ref('int_population__counts') }} as p
  join {{ ref('seed_standard_populations') }} as w on w.standard_id = '{{ standard }}' and w.age_group = p.age_group
  where p.source_id = 'scb_population' and p.area_level = 'municipality' and p.sex in ('women', 'men')
    and p.value_status = 'normal' and w.age_from >= 20 and p.period_end = make_date(year(p.period_end), 12, 31)
  group by all
),

delivering as (
  select distinct source_id, provider_region as area_code, year(month) as year
  from {{ ref('int_stays__delivered') }}
  where source_id = 'patient_register'
    and (provider_region, year(month)) in (select (region, year) from population)
),

people as (
  select
    case when grouping(p.region) = 0 then p.region else '00' end as area_code, p.year, coalesce(p.sex, 'total') as sex,
    p.age_from, any_value(p.weight)::double as weight, sum(p.people) as people, bool_or(p.is_noisy) as is_noisy
  from population as p
  join delivering as d on d.area_code = p.region and d.year = p.year
  group by grouping sets ((p.region, p.year, p.sex, p.age_from), (p.region, p.year, p.age_from),
    (p.year, p.sex, p.age_from), (p.year, p.age_from))
),

persons as (
  select s.year, s.residence_region as region, s.sex, s.age_from, s.person_key, count(*) as stays
  from {{ ref('int_avoidable__stays') }} as s
  join delivering as d on d.area_code = s.residence_region and d.year = s.year and d.source_id = s.source_id
  where s.sex in ('women', 'men')
  group by all
),

-- By area, sex and band: O and the sum of squares that M5 puts in its place in the variance.
events as (
  select
    case when grouping(region) = 0 then region else '00' end as area_code, year, coalesce(sex, 'total') as sex, age_from,
    sum(stays)::double as stays, sum(stays * stays)::double as squares
  from persons
  group by grouping sets ((region, year, sex, age_from), (region, year, age_from), (year, sex, age_from), (year, age_from))
),

-- The dispersion of the crude rate counts a person once, also one who passes a birthday between two stays.
dispersion as (
  select area_code, year, sex, sum(stays * stays)::double / sum(stays) as phi
  from (
    select
      case when grouping(region) = 0 then region else '00' end as area_code, year, coalesce(sex, 'total') as sex,
      person_key, sum(stays) as stays
    from persons
    group by grouping sets ((region, year, sex, person_key), (region, year, person_key), (year, sex, person_key),
      (year, person_key))
  )
  group by area_code, year, sex
),

strata as (
  select p.*, coalesce(e.stays, 0) as stays, coalesce(e.squares, 0) as squares
  from people as p
  left join events as e using (area_code, year, sex, age_from)
),

summed as (
  select
    area_code, year, sex,
    sum(stays) as stays,
    sum(people) as people,
    {{ byar('sum(stays)') }} as limits,
    -- In order of age, so that the last digit is the same in every run.
    sum(weight * stays / people order by age_from) filter (where people > 0)
      / sum(weight) filter (where people > 0) as rate,
    sum(weight ** 2 * squares / people ** 2 order by age_from) filter (where people > 0)
      / sum(weight) filter (where people > 0) ** 2
      as variance,
    bool_or(people = 0 and stays = 0) as band_dropped,
    bool_or(people = 0 and stays > 0)
      or count(*) < (select count(*) from {{ ref('seed_standard_populations') }}
        where standard_id = '{{ standard }}' and age_from >= 20) as population_missing,
    bool_or(is_noisy) as is_noisy
  from strata
  group by area_code, year, sex
),

-- What one region lacks, the regions together lack.
judged as (
  select * exclude (population_missing),
    case when area_code = '00' then bool_or(population_missing) over (partition by year, sex) else population_missing end
      as population_missing
  from summed
),

population_deliveries as (
  select year(period_end) as year, list(distinct sha256) as deliveries
  from {{ ref('int_population__counts') }}, unnest(deliveries) as told (sha256)
  where source_id = 'scb_population' and area_level = 'municipality' and age_group = '90+'
  group by all
)

select
  s.area_code,
  case when s.area_code = '00' then 'nation' else 'region' end as area_level,
  s.year,
  s.sex,
  '{{ standard }}' as standard_id,
  cast(s.stays as bigint) as stays,
  cast(s.people as bigint) as people,
  s.population_missing,
  s.band_dropped,
  s.is_noisy,
  coalesce(c.partial, true) as partial,
  coalesce(c.provisional, true) as provisional,
  d.phi,
  100000 * s.stays / nullif(s.people, 0) as crude_rate,
  100000 * (s.stays + sqrt(d.phi) * (s.limits.low - s.stays)) / nullif(s.people, 0) as crude_low,
  100000 * (s.stays + sqrt(d.phi) * (s.limits.high - s.stays)) / nullif(s.people, 0) as crude_high,
  case when s.stays >= 10 and not s.population_missing then 100000 * s.rate end as standardised_rate,
  case when s.stays >= 10 and not s.population_missing
    then 100000 * (s.rate + sqrt(s.variance / s.stays) * (s.limits.low - s.stays)) end as standardised_low,
  case when s.stays >= 10 and not s.population_missing
    then 100000 * (s.rate + sqrt(s.variance / s.stays) * (s.limits.high - s.stays)) end as standardised_high,
  list_sort(list_distinct(list_concat(coalesce(r.deliveries, []), coalesce(p.deliveries, [])))) as deliveries
from judged as s
left join dispersion as d using (area_code, year, sex)
left join {{ register_coverage() }} as c on c.area_code = s.area_code and c.year = s.year
left join {{ ref('int_readmissions__deliveries') }} as r on r.source_id = 'patient_register' and r.year = s.year
left join population_deliveries as p on p.year = s.year
