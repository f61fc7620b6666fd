-- Visits of OMOP sites: every record with its outcome. Ids are pseudonyms.
{{ staged(source('cells', 'omop__visit_occurrence'), columns=[
  'site', 'trim(visit_occurrence_id) as visit_id', 'person_id as person_key', 'visit_concept_id_code as visit_kind',
  'visit_start_date_value as start_date', 'visit_end_date_value as end_date',
  "nullif(regexp_extract(trim(preceding_visit_occurrence_id), '^(\\d+)', 1), '') as preceding_visit_id",
  "nullif(trim(admitted_from_source_value), '') as admitted_from",
  "nullif(trim(discharged_to_source_value), '') as discharged_to"
]) }}
