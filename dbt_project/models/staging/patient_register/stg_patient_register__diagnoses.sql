-- Diagnoses of stays; position 1 is the main diagnosis: every record with its outcome.
{{ staged(source('cells', 'patient_register__diagnoses'), columns=[
  'provider_code', 'reporting', 'stay_id', 'try_cast(position as integer) as position', 'trim(code) as code'
]) }}
