-- Operations and procedures in specialised care within 90 days of the decision on treatment, percent: performed within
-- 90 days divided by performed. The nation is the ratio of sums over regions with both counts.
with facts as (
  select *
  from {{ indicator_facts('fct_wait_times') }} as rows_of_fact
  where service_code = 'specialised_care'
    and contact_type = 'operation'
    and guarantee_rule = 'days_90'
    and guarantee_version = '0-7-90-90'
    and phase = 'completed'
    and measure = 'within_percent'
    and source_id = 'skr_hsr'
)

{{ ratio_of_sums('facts') }}
