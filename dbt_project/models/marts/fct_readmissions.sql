-- Readmissions (återinskrivningar) by area and period, each under the method that defines it. One title stands for
-- several measures, so the method is part of the key and no series crosses it (definitions_to_settle).
-- The attachment prints the numerator of the 30-day measure as 0 beside a share above 0: a placeholder, removed.
with records as (
  select {{ shared_key() }}, 'total' as sex, attributes, value_value, value_status, numerator_value, denominator_value,
    denominator_status, ci_low_value, ci_high_value, unit, source_id, delivery_sha256
  from {{ accepted(ref('stg_skr_hsr__attachment')) }}
  where fact = 'fct_readmissions'

  union all

  select {{ shared_key() }}, gender_code, attributes, value_value, value_status, null, null, null, null, null, unit,
    source_id, delivery_sha256
  from {{ accepted(ref('stg_kolada__data')) }}
  where fact = 'fct_readmissions'
),

described as (
  select *,
    attributes->>'age_group' as age_group,
    attributes->>'method_code' as method_code,
    attributes->>'diagnosis_set' as diagnosis_set,
    cast(attributes->>'follow_up_days' as integer) as follow_up_days,
    attributes->>'attribution' as attribution,
    coalesce(numerator_value = 0 and value_value > 0, false) as placeholder
  from records
)

select
  {{ shared_key() }},
  sex,
  age_group,
  method_code,
  diagnosis_set,
  follow_up_days,
  attribution,
  case when not placeholder then cast(numerator_value as bigint) end as numerator,
  cast(denominator_value as bigint) as denominator,
  ci_low_value as ci_low,
  ci_high_value as ci_high,
  case when ci_low_value is not null then cast(0.95 as decimal(5, 4)) end as ci_level,
  case when ci_low_value is not null then 'as_published' end as ci_method,
  'readmission_percent' as measure,
  value_value as value,
  unit,
  value_status,
  case when placeholder then 'placeholder_removed' else '' end as value_flags,
  source_id,
  delivery_sha256,
  null::varchar as lineage_id
from described

union all

select
  {{ shared_key() }},
  sex,
  age_group,
  method_code,
  diagnosis_set,
  follow_up_days,
  attribution,
  null, null, null, null, null, null,
  'index_stay_count',
  denominator_value,
  'stays',
  denominator_status,
  '',
  source_id,
  delivery_sha256,
  null
from described
where denominator_status is not null
  -- The measure carries denominators at all; a method that never gives one has no such row.
  and method_code in (select method_code from described where denominator_value is not null)
