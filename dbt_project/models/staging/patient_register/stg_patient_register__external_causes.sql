-- External causes of stays: every record with its outcome.
{{ config(materialized='incremental', incremental_strategy='replace_window', on_schema_change='fail', tags=['monthly'],
  meta={'window': {'column': 'window_from', 'to_column': 'window_to'}}) }}
{{ staged(source('cells', 'patient_register__external_causes'), columns=[
  'provider_code', 'reporting', 'stay_id', 'try_cast(position as integer) as position', 'trim(code) as code'
], windowed='sending') }}
