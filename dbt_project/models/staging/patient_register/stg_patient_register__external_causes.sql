-- External causes of stays: every record with its outcome.
{{ staged(source('cells', 'patient_register__external_causes'), columns=[
  'provider_code', 'reporting', 'stay_id', 'try_cast(position as integer) as position', 'trim(code) as code'
]) }}
