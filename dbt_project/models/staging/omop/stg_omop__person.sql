-- Persons of OMOP sites: every record with its outcome. A birth without month or day is placed in the year's middle.
{{ staged(source('cells', 'omop__person'), columns=[
  'site', 'person_id as person_key', 'gender_concept_id_code as sex',
  'try_cast(make_date(cast(year_of_birth_value as integer), cast(coalesce(month_of_birth_value, 7) as integer),
    cast(coalesce(day_of_birth_value, 1) as integer)) as date) as birth_date'
]) }}
