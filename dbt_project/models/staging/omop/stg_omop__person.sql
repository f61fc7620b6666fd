-- Persons of OMOP sites: every record with its outcome. A birth without month or day is placed in the year's middle.
{{ staged(source('cells', 'omop__person'), columns=[
  'site', 'person_id as person_key', 'gender_concept_id_code as sex',
  "try_cast(trim(year_of_birth) || '-' || lpad(coalesce(nullif(trim(month_of_birth), ''), '7'), 2, '0') || '-' ||
    lpad(coalesce(nullif(trim(day_of_birth), ''), '1'), 2, '0') as date) as birth_date"
]) }}
