-- Telephone calls to primary care answered the same day, percent, in the two-week samples of spring and autumn:
-- answered calls divided by calls. A sample is no sum of months and is never put in one series with them.
with facts as (
  select *
  from {{ indicator_facts('fct_wait_times') }} as rows_of_fact
  where service_code = 'primary_care'
    and contact_type = 'phone'
    and guarantee_rule = 'same_day'
    and measure = 'within_percent'
    and period_type = 'sample'
    and source_id = 'varden_i_siffror'
)

{{ ratio_of_sums('facts') }}
