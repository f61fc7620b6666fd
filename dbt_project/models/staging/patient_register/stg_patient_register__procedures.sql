-- Procedures of stays: every record with its outcome.
{{ config(materialized='incremental', incremental_strategy='replace_window', on_schema_change='fail', tags=['monthly'],
  meta={'window': {'column': 'window_from', 'to_column': 'window_to'}}) }}
{{ staged(source('cells', 'patient_register__procedures'), columns=[
  'provider_code', 'reporting', 'stay_id', 'trim(code) as code', 'procedure_date_value as procedure_date'
], windowed='sending') }}
