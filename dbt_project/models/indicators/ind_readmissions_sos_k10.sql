-- Unplanned readmissions within 30 days among people of 65 and above for selected diagnoses, percent: core indicator
-- K10 of Socialstyrelsen's follow-up, in Kolada's wording N20506. Published as delivered.
with facts as (
  select *
  from {{ indicator_facts('fct_readmissions') }} as rows_of_fact
  where method_code = 'sos_k10'
    and measure = 'readmission_percent'
)

{{ as_published('facts') }}
