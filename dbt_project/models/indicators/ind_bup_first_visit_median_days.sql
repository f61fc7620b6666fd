-- Median wait for a first visit in child and adolescent psychiatry (BUP), days, by month, of visits that took place.
-- Medians are never averaged: the nation is the owner's median over all visits.
with facts as (
  select *
  from {{ indicator_facts('fct_wait_times') }} as rows_of_fact
  where service_code = 'child_psychiatry'
    and contact_type = 'first_visit'
    and phase = 'completed'
    and measure = 'median_days'
    and source_id = 'sos_bup_waits'
)

{{ as_published('facts') }}
