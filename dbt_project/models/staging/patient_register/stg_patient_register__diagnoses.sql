-- Diagnoses of stays; position 1 is the main diagnosis: every record with its outcome.
-- ICD-10-SE prints a dot after the third character (I50.9); sets of diagnoses are written without it.
{{ config(materialized='incremental', incremental_strategy='replace_window', on_schema_change='fail', tags=['monthly'],
  meta={'window': {'column': 'window_from', 'to_column': 'window_to'}}) }}
{{ staged(source('cells', 'patient_register__diagnoses'), columns=[
  'provider_code', 'reporting', 'stay_id', 'try_cast(position as integer) as position', "replace(trim(code), '.', '') as code"
], windowed='sending') }}
