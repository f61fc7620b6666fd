-- First visits within 90 days of referral or own request, percent, by year: visits made within 90 days divided by visits
-- made, from the contacts of the wait-time guarantee. A year is the sum of its months, the nation the ratio of sums over
-- the regions that report.
with months as (
  select *
  from {{ indicator_facts('fct_wait_times') }} as rows_of_fact
  where {{ headline_months('first_visit', 'days_90') }}
),

facts as (
  select * from {{ years_of('months') }} as years
)

{{ ratio_of_sums('facts') }}
