-- Visits to a physician in primary care within 7 days, percent: visits within 7 days divided by visits, under the
-- guarantee 0-7-90-90 that held until 2018. The nation is the ratio of sums over regions with both counts.
with facts as (
  select *
  from {{ indicator_facts('fct_wait_times') }} as rows_of_fact
  where service_code = 'primary_care'
    and contact_type = 'doctor_visit'
    and guarantee_rule = 'days_7'
    and guarantee_version = '0-7-90-90'
    and phase = 'completed'
    and measure = 'within_percent'
    and source_id = 'skr_hsr'
)

{{ ratio_of_sums('facts') }}
