-- Care days per 1 000 inhabitants, age-standardised by the owner, by sex. No counts and no standard are delivered, so
-- nothing is recomputed and there is no nation.
with facts as (
  select *
  from {{ indicator_facts('fct_observations') }} as rows_of_fact
  where topic_code = 'care_days_standardised'
)

{{ without_nation('facts') }}
