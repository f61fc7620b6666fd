-- Index stays and readmissions by method, year, residence and sex: nation, region, municipality. Year as the method says,
-- of the index's discharge or of the return. An OMOP site has no region: all sites together stand as the nation, which
-- they cover in part (docs/omop.md). Municipalities have no split by sex: their counts are small, and hiding them without
-- letting anything through takes minutes where each stands three times (measured: 78 s against 4 s).
--
-- Coverage: `partial` where a provider of the region, or of the nation, has not delivered each month from its first to its
-- last, or where a year is begun late, or where regions are missing; also where a main provider is silent in a month of the
-- year or of its follow-up while others send (int_stays__silent), which leaves the year open. `provisional` until the follow-up of the year's last
-- day and the two sendings after it, which still correct its months, have been delivered.
{{ config(tags=['monthly']) }}
{%- set not_ended -%}
coalesce(e.last_date < last_day(make_date(s.year, 12, 31) + m.window_last + interval 2 month), true)
{%- endset %}
{%- set sets = ['', 'residence_region', 'residence_municipality'] %}
with counted as (
  select method_code, source_id, residence_region, residence_municipality, sex, year(index_month) as year,
    stay_count as stays, 0 as returns, 0 as unanswered
  from {{ ref('int_readmissions__monthly') }}
  where exclusion_reason is null

  union all

  select method_code, source_id, residence_region, residence_municipality, sex, year(counting_month), 0,
    readmission_count, 0
  from {{ ref('int_readmissions__monthly') }}
  where exclusion_reason is null and readmission_count > 0

  union all

  select method_code, source_id, residence_region, residence_municipality, sex, year(index_month), 0, 0, stay_count
  from {{ ref('int_readmissions__monthly') }}
  where exclusion_reason = 'no_diagnoses'
),

summed as (
  select
    method_code,
    source_id,
    year,
    case
      when grouping(residence_region) = 0 then residence_region
      when grouping(residence_municipality) = 0 then residence_municipality
      else '00'
    end as area_code,
    case
      when grouping(residence_region) = 0 then 'region'
      when grouping(residence_municipality) = 0 then 'municipality'
      else 'nation'
    end as area_level,
    coalesce(sex, 'total') as sex,
    cast(sum(stays) as bigint) as index_stay_count,
    cast(sum(returns) as bigint) as readmission_count,
    cast(sum(unanswered) as bigint) as unanswered_count
  from counted
  group by grouping sets (
    {% for area in sets %}
    {%- set keys = ['method_code', 'source_id', 'year'] + ([area] if area else []) %}
    ({{ keys | join(', ') }}){% if area != 'residence_municipality' %}, ({{ (keys + ['sex']) | join(', ') }}){% endif %}{{ ',' if not loop.last }}
    {%- endfor %}
  )
  -- Of unknown sex: in the total alone.
  having grouping(sex) = 1 or sex in ('women', 'men')
),

provider_months as (
  select source_id, provider_region, provider_code, year(month) as year, count(distinct month) as months,
    min(month) as first_month, max(month) as last_month
  from {{ ref('int_stays__delivered') }}
  group by all
),

provider_years as (
  select *,
    months < date_diff('month',
      greatest(min(first_month) over own, make_date(year, 1, 1)), least(max(last_month) over own, make_date(year, 12, 1))) + 1
      as gap
  from provider_months
  window own as (partition by source_id, provider_code)
),

region_years as (
  select source_id, provider_region, year, bool_or(gap) or max(months) < 12 as partial
  from provider_years
  group by all
),

coverage as (
  select source_id, provider_region as area_code, year, partial from region_years
  union all
  select source_id, '00', year, bool_or(partial) or count(provider_region) < {{ expected_regions() }}
  from region_years
  group by source_id, year
),

silent as (
  select coalesce(provider_region, '00') as area_code, month
  from {{ ref('int_stays__silent') }}
  where is_main
  group by grouping sets ((provider_region, month), (month))
),

-- By year and method: whether a month of the year, or one that its follow-up reaches into, is not covered.
silences as (
  select y.year, m.method_code, s.area_code, bool_or(year(s.month) = y.year) as in_year,
    bool_or(year(s.month) > y.year) as after_year
  from (select distinct year from summed where source_id = 'patient_register') as y
  cross join {{ ref('seed_readmission_methods') }} as m
  join silent as s on s.month between make_date(y.year, 1, 1) and make_date(y.year, 12, 31) + m.window_last
  group by y.year, m.method_code, s.area_code
),

ends as (
  select source_id, coalesce(provider_region, '00') as area_code, max(last_date) as last_date
  from {{ ref('int_stays__delivered') }}
  group by all
),

all_ends as (
  select source_id, area_code, last_date from ends where area_code <> '00'
  union all
  select source_id, '00', min(last_date) from ends group by source_id
)

select
  s.source_id,
  s.method_code,
  s.year,
  s.area_code,
  s.area_level,
  s.sex,
  s.index_stay_count,
  s.readmission_count,
  s.unanswered_count,
  s.source_id <> 'patient_register' or coalesce(c.partial, true) or g.year is not null as partial,
  {{ not_ended }} or coalesce(g.after_year, false) as provisional,
  -- The same of what is not followed: stays and persons of the year alone.
  s.source_id <> 'patient_register' or coalesce(c.partial, true) or coalesce(g.in_year, false) as year_partial,
  {{ not_ended }} as year_provisional
from summed as s
join {{ ref('seed_readmission_methods') }} as m using (method_code)
-- Codes that are none of ours (abroad, unknown) are in the nation alone.
join {{ ref('areas') }} as a
  on a.area_code = s.area_code and a.area_level = s.area_level
  and make_date(s.year, 12, 31) between a.valid_from and coalesce(a.valid_to, date '9999-12-31')
left join coverage as c on c.source_id = s.source_id and c.year = s.year
  and c.area_code = case when s.area_level = 'municipality' then left(s.area_code, 2) else s.area_code end
left join silences as g on s.source_id = 'patient_register' and g.year = s.year and g.method_code = s.method_code
  and g.area_code = case when s.area_level = 'municipality' then left(s.area_code, 2) else s.area_code end
left join all_ends as e on e.source_id = s.source_id
  and e.area_code = case when s.area_level = 'municipality' then left(s.area_code, 2) else s.area_code end
where s.index_stay_count > 0 or s.unanswered_count > 0
