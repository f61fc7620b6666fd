-- Medical assessments in primary care within 3 calendar days, percent, by year, of the regions that have reported every
-- month from the first to the last: so the nation's series does not move because a region stops or begins. The regions
-- of the panel are listed with their own values.
with months as (
  select * from {{ register_months('assessment', 'days_3') }} as months_of_rule
),

panel as (
  select * from {{ constant_panel('months') }} as months_of_panel
),

facts as (
  select * from {{ years_of('panel') }} as years
)

{{ ratio_of_sums('facts') }}
