-- Compulsory care during stays: every record with its outcome.
{{ staged(source('cells', 'patient_register__compulsory_care'), columns=[
  'provider_code', 'reporting', 'stay_id', 'law', 'from_date_value as from_date', 'to_date_value as to_date'
]) }}
