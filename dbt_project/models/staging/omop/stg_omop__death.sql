-- Deaths at OMOP sites: every record with its outcome.
{{ staged(source('cells', 'omop__death'), columns=['site', 'person_id as person_key', 'death_date_value as death_date']) }}
