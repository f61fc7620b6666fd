-- Medical assessments in primary care within 3 calendar days, percent, by year: assessments made within 3 days divided by
-- assessments made, from the contacts of the wait-time guarantee. A year is the sum of its months, the nation the ratio
-- of sums over the regions that report.
with months as (
  select *
  from {{ indicator_facts('fct_wait_times') }} as rows_of_fact
  where {{ headline_months('assessment', 'days_3') }}
),

facts as (
  select * from {{ years_of('months') }} as years
)

{{ ratio_of_sums('facts') }}
