-- Overcrowding in psychiatric in-patient care, patients per 100 available beds, as published. The nation is the
-- owner's.
with facts as (
  select *
  from {{ indicator_facts('fct_observations') }} as rows_of_fact
  where topic_code = 'overcrowding_psychiatric'
)

{{ as_published('facts') }}
