-- Telephone calls to primary care answered the same day, percent, by year, as Kolada publishes it (N79179): the mean of
-- the year's twelve months. New source from 2024. No calls are delivered, so the nation is the owner's.
with facts as (
  select *
  from {{ indicator_facts('fct_wait_times') }} as rows_of_fact
  where service_code = 'primary_care'
    and contact_type = 'phone'
    and guarantee_rule = 'same_day'
    and measure = 'within_percent'
    and period_type = 'year'
    and source_id = 'kolada'
)

{{ as_published('facts') }}
