-- Telephone calls to primary care answered the same day, percent, by month: answered calls divided by calls. The
-- delivery holds only regions with computerised telephone systems (4 to 7 of 21 in a month), so the nation is the ratio
-- of sums over those and is flagged as partial.
with facts as (
  select *
  from {{ indicator_facts('fct_wait_times') }} as rows_of_fact
  where service_code = 'primary_care'
    and contact_type = 'phone'
    and guarantee_rule = 'same_day'
    and measure = 'within_percent'
    and period_type = 'month'
    and source_id = 'varden_i_siffror'
)

{{ ratio_of_sums('facts') }}
