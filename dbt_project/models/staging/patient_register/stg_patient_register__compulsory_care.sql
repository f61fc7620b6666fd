-- Compulsory care during stays: every record with its outcome.
{{ config(materialized='incremental', incremental_strategy='replace_window', on_schema_change='fail', tags=['monthly'],
  meta={'window': {'column': 'window_from', 'to_column': 'window_to'}}) }}
{{ staged(source('cells', 'patient_register__compulsory_care'), columns=[
  'provider_code', 'reporting', 'stay_id', 'law', 'from_date_value as from_date', 'to_date_value as to_date'
], windowed='sending') }}
