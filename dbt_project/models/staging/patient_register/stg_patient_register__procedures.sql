-- Procedures of stays: every record with its outcome.
{{ staged(source('cells', 'patient_register__procedures'), columns=[
  'provider_code', 'reporting', 'stay_id', 'trim(code) as code', 'procedure_date_value as procedure_date'
]) }}
