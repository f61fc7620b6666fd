-- Residents with great or very great trust in health centres, percent, by sex. A weighted survey: the value is no ratio
-- of the printed counts (117 of 315 rows differ, by up to 5.8 points), so nothing is recomputed, and without the
-- weights there is no nation.
with facts as (
  select *
  from {{ indicator_facts('fct_observations') }} as rows_of_fact
  where topic_code = 'trust_health_centres'
)

{{ without_nation('facts') }}
