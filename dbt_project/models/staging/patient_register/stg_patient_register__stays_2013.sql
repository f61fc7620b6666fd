-- Inpatient stays until reporting year 2023: every record with its outcome. Ids are pseudonyms.
{{ config(materialized='incremental', incremental_strategy='replace_window', on_schema_change='fail', tags=['monthly'],
  meta={'window': {'column': 'window_month'}}) }}
{{ staged(source('cells', 'patient_register__stays_2013'), columns=[
  'provider_code', 'reporting', 'stay_id',
  'person_id as person_key', 'person_id_kind as person_kind', 'birth_date_value as birth_date', 'sex_code as sex',
  "nullif(trim(residence_county), '') as residence_region", 'area_code as residence_municipality',
  'admission_date_value as admission_date', 'admission_mode_code as admission_mode',
  'cast(planned_code as boolean) as planned', 'discharge_date_value as discharge_date',
  'discharge_mode_code as discharge_mode'
], windowed='month') }}
