-- First visits within 90 days of referral or own request, percent, by year, of the regions that have reported every month
-- from the first to the last: so the nation's series does not move because a region stops or begins. The regions of the
-- panel are listed with their own values.
with facts as (
  select *
  from {{ indicator_facts('fct_wait_times') }} as rows_of_fact
  where {{ headline_months('first_visit', 'days_90') }}
)

{{ constant_panel('facts') }}
