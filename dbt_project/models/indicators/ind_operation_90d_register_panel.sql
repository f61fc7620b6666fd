-- Treatments within 90 days of the decision on them, percent, by year, of the regions that have reported every month from
-- the first to the last: so the nation's series does not move because a region stops or begins. The regions of the panel
-- are listed with their own values.
with facts as (
  select *
  from {{ indicator_facts('fct_wait_times') }} as rows_of_fact
  where {{ headline_months('operation', 'days_90') }}
)

{{ constant_panel('facts') }}
