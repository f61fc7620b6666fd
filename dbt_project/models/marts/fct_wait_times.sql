-- Waits and access (väntetider, tillgänglighet) by area and period: as owners publish them, and counted here from the
-- contacts of the wait-time guarantee. Published shares are as the owner gives them; counts within and in all stand beside
-- as the value's numerator and denominator. Medians are never averaged: a nation's median is the owner's pooled one, or
-- counted from rows. "Same day" comes from telephone systems.
with records as (
  select {{ shared_key() }}, sex_code as sex, coalesce(attributes->>'age_group', 'total') as age_group,
    attributes->>'phase' as phase, attributes, value_value, value_status, numerator_value, denominator_value, unit,
    source_id, delivery_sha256, override_flag
  from {{ accepted(ref('stg_varden_i_siffror__export')) }}
  where fact = 'fct_wait_times'

  union all

  select {{ shared_key() }}, coalesce(attributes->>'sex', 'total'), coalesce(attributes->>'age_group', 'total'),
    attributes->>'phase', attributes, value_value, value_status, numerator_value, denominator_value, unit, source_id,
    delivery_sha256, override_flag
  from {{ accepted(ref('stg_skr_hsr__attachment')) }}
  where fact = 'fct_wait_times'

  union all

  select {{ shared_key() }}, gender_code, coalesce(attributes->>'age_group', 'total'), attributes->>'phase', attributes,
    value_value, value_status, null, null, unit, source_id, delivery_sha256, override_flag
  from {{ accepted(ref('stg_kolada__data')) }}
  where fact = 'fct_wait_times'

  union all

  select {{ shared_key() }}, sex_code, age_code, contact_status_code, attributes, value_value, value_status, null, null, unit,
    source_id, delivery_sha256, override_flag
  from {{ accepted(ref('stg_sos_bup_waits__median_by_month')) }}
),

{#- One row per value of the months' waits. The fact is a plain table: what is costly, counting the contacts, is done per
  month in int_waits__days and int_waits__monthly, and here are only the some hundred thousand counted rows. An interval
  in which nobody waits has no row: the intervals make up total_count. #}
{%- set intervals = {'0-30': '0_30', '31-60': '31_60', '61-90': '61_90', '91-120': '91_120', '121-180': '121_180',
  '181-365': '181_365', '366+': '366'} %}
counted as (
  select
    waits.*,
    case when waits.area_code = '00' then 'nation' else 'region' end as area_level,
    unnest([
      {measure: 'within_percent', wait_interval: null, unit: 'percent', numerator: within_count, denominator: total_count,
        value: cast(100 * cast(within_count as double) / total_count as decimal(28, 12))},
      {measure: 'within_count', wait_interval: null, unit: 'contacts', numerator: null, denominator: null,
        value: cast(within_count as decimal(28, 12))},
      {measure: 'total_count', wait_interval: null, unit: 'contacts', numerator: null, denominator: null,
        value: cast(total_count as decimal(28, 12))},
      {measure: 'median_days', wait_interval: null, unit: 'days', numerator: null, denominator: total_count,
        value: cast(median_days as decimal(28, 12))},
      {measure: 'p90_days', wait_interval: null, unit: 'days', numerator: null, denominator: total_count,
        value: cast(p90_days as decimal(28, 12))}
      {%- for interval, name in intervals.items() %},
      {measure: 'waiting_count', wait_interval: '{{ interval }}', unit: 'contacts', numerator: null, denominator: null,
        value: cast(nullif(waiting_{{ name }}, 0) as decimal(28, 12))}
      {%- endfor %}
    ], recursive := true)
  from {{ ref('int_waits__monthly') }} as waits
),

sent as (
  select *, {{ one_delivery('deliveries') }} as delivery_sha256, {{ lineage_id('deliveries') }} as lineage_id
  from {{ ref('int_waits__deliveries') }}
)

select
  {{ shared_key() }},
  attributes->>'service_code' as service_code,
  attributes->>'contact_type' as contact_type,
  phase,
  attributes->>'guarantee_rule' as guarantee_rule,
  attributes->>'guarantee_version' as guarantee_version,
  attributes->>'exclusion_set' as exclusion_set,
  attributes->>'attribution' as attribution,
  sex,
  age_group,
  cast(numerator_value as bigint) as numerator,
  cast(denominator_value as bigint) as denominator,
  attributes->>'wait_interval' as wait_interval,
  coalesce(
    attributes->>'measure',
    case unit when 'days' then 'median_days' when 'contacts' then 'total_count' else 'within_percent' end
  ) as measure,
  value_value as value,
  unit,
  value_status,
  {{ record_flags(["case when year(period_start) >= try_cast(attributes->>'break_from' as integer) then 'break' end"]) }}
    as value_flags,
  source_id,
  delivery_sha256,
  null::varchar as lineage_id
from records

union all

select
  counted.area_code,
  counted.area_level,
  strftime(counted.month, '%Y-%m') as period,
  'month' as period_type,
  counted.month as period_start,
  last_day(counted.month) as period_end,
  counted.service_code,
  counted.contact_type,
  counted.phase,
  counted.guarantee_rule,
  counted.guarantee_version,
  counted.exclusion_set,
  counted.attribution,
  counted.sex,
  'total' as age_group,
  counted.numerator,
  counted.denominator,
  counted.wait_interval,
  counted.measure,
  counted.value,
  counted.unit,
  'normal' as value_status,
  -- Residents of a region may have been seen in one whose file has not come.
  case when (counted.area_code = '00' or counted.attribution = 'residence')
    and sent.reporting_regions < {{ expected_regions() }} then 'partial_coverage' else '' end as value_flags,
  'wait_contacts' as source_id,
  sent.delivery_sha256,
  sent.lineage_id
from counted
inner join sent on sent.month = counted.month and sent.attribution = counted.attribution
  and (sent.area_code = counted.area_code or sent.area_code is null)
where counted.value is not null
