-- First visits in specialised care within 90 days of referral or own request, percent: visits within 90 days divided by
-- visits. Of visits that took place: the share rises when long waiters are not seen. The nation is the ratio of sums
-- over regions with both counts.
with facts as (
  select *
  from {{ indicator_facts('fct_wait_times') }} as rows_of_fact
  where service_code = 'specialised_care'
    and contact_type = 'first_visit'
    and guarantee_rule = 'days_90'
    and guarantee_version = '0-7-90-90'
    and phase = 'completed'
    and measure = 'within_percent'
    and source_id = 'skr_hsr'
)

{{ ratio_of_sums('facts') }}
