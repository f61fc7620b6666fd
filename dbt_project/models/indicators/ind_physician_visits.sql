-- Visits to physicians in all health care per 1 000 inhabitants, as published. The nation is the owner's.
with facts as (
  select *
  from {{ indicator_facts('fct_observations') }} as rows_of_fact
  where topic_code = 'physician_visits'
)

{{ as_published('facts') }}
