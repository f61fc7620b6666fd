-- Inpatient stays (vårdtillfällen) of all layouts and sites, accepted records only: the door to the episodes. Each has its
-- main diagnosis, sent by the same provider in the same reporting. Row-level, never published. The patient register is
-- the site `se`; an OMOP site has neither region nor planned flag nor diagnoses (docs/omop.md).
{{ config(
  materialized='incremental', incremental_strategy='replace_window', on_schema_change='fail', tags=['monthly'],
  meta={'window': {'column': 'window_month'}}
) }}
with registered as (
  {% for layout in ['stays_2013', 'stays_2024'] %}
  select
    provider_code, reporting, stay_id, person_key, person_kind, birth_date, sex, residence_region,
    residence_municipality, admission_date, discharge_date, admission_mode, discharge_mode, planned, window_month
  from {{ ref('stg_patient_register__' ~ layout) }}
  where record_status = 'accepted' and {{ in_window('window_month') }}
  {{ 'union all' if not loop.last }}
  {% endfor %}
),

main_diagnoses as (
  select provider_code, reporting, stay_id, code
  from {{ ref('stg_patient_register__diagnoses') }}
  where record_status = 'accepted' and position = 1
  {%- if not all_months() %}
    -- Open stays may be told in any sending; of the others the window's months suffice.
    and (provider_code, reporting) in (select provider_code, reporting from registered)
  {%- endif %}
)

select
  'patient_register' as source_id,
  'se' as site,
  r.provider_code,
  left(r.provider_code, 2) as provider_region,
  r.provider_code || '/' || r.stay_id as stay_id,
  r.person_key,
  r.person_kind <> 'reserve' as followable,
  r.birth_date,
  null::date as death_date,
  r.sex,
  r.residence_region,
  r.residence_municipality,
  r.admission_date,
  r.discharge_date,
  coalesce(r.admission_mode = 'other_clinic', false) as transferred_in,
  coalesce(r.discharge_mode = 'other_clinic', false) as transferred_out,
  coalesce(r.discharge_mode = 'deceased', false) as deceased,
  r.planned,
  d.code as main_diagnosis,
  case when r.discharge_date is not null then cast(date_trunc('month', r.discharge_date) as date) end as discharge_month,
  r.window_month
from registered as r
left join main_diagnoses as d
  on d.provider_code = r.provider_code and d.reporting = r.reporting and d.stay_id = r.stay_id

union all

select
  source_id, site, null, null, stay_id, person_key, true, birth_date, death_date, sex, null, null, admission_date,
  discharge_date, transferred_in, transferred_out, deceased, null, null, discharge_month,
  coalesce(discharge_month, {{ open_month() }})
from {{ ref('int_stays__omop') }}
where {{ in_window('coalesce(discharge_month, ' ~ open_month() ~ ')') }}
