-- Accepted inpatient stays of all layouts: the door to the episodes.
{{ config(materialized='view') }}
{% for layout in ['stays_2013', 'stays_2024'] %}
select source_id, delivery_sha256, provider_code, reporting, stay_id, hospital, field_of_activity, person_key,
  person_kind, birth_date, sex, residence_region, residence_municipality, admission_date, admission_mode, planned,
  discharge_date, discharge_mode, stay_month
from {{ ref('stg_patient_register__' ~ layout) }}
where record_status = 'accepted'
{% if not loop.last %}union all{% endif %}
{% endfor %}
