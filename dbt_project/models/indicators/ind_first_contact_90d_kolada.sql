-- First contacts in specialised care within 90 days, percent, by year, as Kolada publishes it (N79222): all kinds of
-- contact that took place; what is left out the owner does not say. No counts are delivered, so the nation is the owner's.
with facts as (
  select *
  from {{ indicator_facts('fct_wait_times') }} as rows_of_fact
  where service_code = 'specialised_care'
    and contact_type = 'any'
    and guarantee_rule = 'days_90'
    and guarantee_version = '0-3-90-90'
    and exclusion_set = 'unknown'
    and phase = 'completed'
    and measure = 'within_percent'
    and source_id = 'kolada'
)

{{ as_published('facts') }}
