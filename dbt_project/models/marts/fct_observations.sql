-- Everything else that is accepted and declared: surveys, visits, beds, drugs, key figures.
with records as (
  select {{ shared_key() }}, topic_code, sex_code as sex, 'total' as age_group, value_value, value_status, unit, source_id,
    delivery_sha256, override_flag
  from {{ accepted(ref('stg_varden_i_siffror__export')) }} where fact = 'fct_observations'
  union all
  select {{ shared_key() }}, topic_code, 'total', 'total', value_value, value_status, unit, source_id, delivery_sha256,
    override_flag
  from {{ accepted(ref('stg_skr_hsr__attachment')) }} where fact = 'fct_observations'
  union all
  select {{ shared_key() }}, topic_code, gender_code, 'total', value_value, value_status, unit, source_id, delivery_sha256,
    override_flag
  from {{ accepted(ref('stg_kolada__data')) }} where fact = 'fct_observations'
  union all
  select {{ shared_key() }}, topic_code, 'total', 'total', value_value, value_status, unit, source_id, delivery_sha256,
    override_flag
  from {{ accepted(ref('stg_sos_region_survey__named_doctor')) }}
  {% for layout in ['drugs_csv', 'drugs_xlsx'] %}
  union all
  -- The drug group's ATC code is part of the topic: one row, one measure.
  select {{ shared_key() }}, topic_code || '_' || lower(regexp_extract(drug, '^(\S+)', 1)), sex_code, {{ age_group('age') }},
    value_value, value_status, unit, source_id, delivery_sha256,
    override_flag
  from {{ accepted(ref('stg_sos_statdb__' ~ layout)) }}
  {% endfor %}
)

select
  {{ shared_key() }},
  topic_code,
  sex,
  age_group,
  topic_code as measure,
  value_value as value,
  unit,
  value_status,
  coalesce(override_flag, '') as value_flags,
  source_id,
  delivery_sha256,
  null::varchar as lineage_id
from records
