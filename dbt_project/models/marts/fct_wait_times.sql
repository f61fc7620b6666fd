-- Waits and access (väntetider, tillgänglighet) by area and period. Shares are as the owner gives them; counts within
-- and in all stand beside as the value's numerator and denominator. Medians are never averaged: a nation's median is
-- the owner's pooled one. "Same day" comes from telephone systems.
with records as (
  select {{ shared_key() }}, sex_code as sex, 'total' as age_group, 'completed' as phase, attributes, value_value, value_status,
    numerator_value, denominator_value, unit, source_id, delivery_sha256
  from {{ accepted(ref('stg_varden_i_siffror__export')) }}
  where fact = 'fct_wait_times'

  union all

  select {{ shared_key() }}, 'total', 'total', 'completed', attributes, value_value, value_status, numerator_value,
    denominator_value, unit, source_id, delivery_sha256
  from {{ accepted(ref('stg_skr_hsr__attachment')) }}
  where fact = 'fct_wait_times'

  union all

  select {{ shared_key() }}, gender_code, 'total', 'completed', attributes, value_value, value_status, null, null, unit,
    source_id, delivery_sha256
  from {{ accepted(ref('stg_kolada__data')) }}
  where fact = 'fct_wait_times'

  union all

  select {{ shared_key() }}, sex_code, age_code, contact_status_code, attributes, value_value, value_status, null, null, unit,
    source_id, delivery_sha256
  from {{ accepted(ref('stg_sos_bup_waits__median_by_month')) }}
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
  null::varchar as wait_interval,
  case when unit = 'days' then 'median_days' else 'within_percent' end as measure,
  value_value as value,
  unit,
  value_status,
  case when year(period_start) >= try_cast(attributes->>'break_from' as integer) then 'break' else '' end as value_flags,
  source_id,
  delivery_sha256,
  null::varchar as lineage_id
from records
