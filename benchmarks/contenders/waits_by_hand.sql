-- Waits by hand: one statement from accepted contacts (`contact`) and the two seeds (`rules`, `sets`) to counts and quantiles
-- by month, rule, phase, area of provider and of residence, sex and exclusion set. Counted by day of wait first, since a
-- quantile is then read off some hundred counts; nothing is kept between.
create or replace table counted as
with waited as (
  select
    c.month, r.contact_type, r.guarantee_rule, r.bound_days,
    case c.status when 'performed' then 'completed' else c.status end as phase,
    c.provider_region, c.residence_region, c.sex, c.deviation,
    case c.status when 'performed' then c.performed else last_day(c.month) end
      - case r.contact_type
          when 'operation' then c.decision when 'investigation' then c.decision
          when 'first_visit' then coalesce(c.referral, c.sought) else c.sought end as days,
    count(*) as n
  from contact as c
  join rules as r
    on r.phase = c.phase and c.month between r.valid_from and r.valid_to and c.age between r.age_from and r.age_to
    and r.clock_reading in ('any', 'contact') and r.profession in ('any', c.profession)
  where c.guarantee_applies and not c.acute
  group by all
),
placed as (
  select month, contact_type, guarantee_rule, bound_days, phase, deviation, days, 'provider' as attribution,
    if(grouping(provider_region) = 1, '00', provider_region) as area, if(grouping(sex) = 1, 'total', sex) as sex, sum(n) as n
  from waited
  where days is not null
  group by cube (provider_region, sex), month, contact_type, guarantee_rule, bound_days, phase, deviation, days
  union all
  select month, contact_type, guarantee_rule, bound_days, phase, deviation, days, 'residence',
    if(grouping(residence_region) = 1, '00', residence_region), if(grouping(sex) = 1, 'total', sex), sum(n)
  from waited
  where days is not null
  group by cube (residence_region, sex), month, contact_type, guarantee_rule, bound_days, phase, deviation, days
  having grouping(residence_region) = 1 or residence_region is not null
),
chosen as (
  select month, contact_type, guarantee_rule, bound_days, phase, attribution, area, sex, exclusion_set, days, sum(n) as n
  from placed
  join sets on sets.deviation_code = placed.deviation and sets.counted
  group by all
),
ranked as (
  select *, sum(n) over (own order by days) as up_to, sum(n) over (own) as total
  from chosen
  window own as (partition by month, contact_type, guarantee_rule, phase, attribution, area, sex, exclusion_set)
),
read_off as (
  select
    month, contact_type, guarantee_rule, phase, attribution, area, sex, exclusion_set, max(total) as n,
    sum(n) filter (where days <= bound_days) as met, any_value(bound_days) as bound_days,
    min(days) filter (where up_to > floor(0.5 * (total - 1))) as low_50,
    min(days) filter (where up_to > ceil(0.5 * (total - 1))) as high_50,
    min(days) filter (where up_to > (9 * (total - 1)) // 10) as low_90,
    min(days) filter (where up_to > (9 * (total - 1) + 9) // 10) as high_90
  from ranked
  group by all
)
select
  month, contact_type, guarantee_rule, phase, attribution, area, sex, exclusion_set, n::bigint as n,
  if(bound_days is null, null, coalesce(met, 0))::bigint as met,
  if(n >= 10, low_50 + (high_50 - low_50) * ((n - 1) % 2) / 2, null)::double as median,
  if(n >= 10, low_90 + (high_90 - low_90) * ((9 * (n - 1)) % 10) / 10, null)::double as p90
from read_off;
