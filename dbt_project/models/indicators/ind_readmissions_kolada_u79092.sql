-- Patients of 65 and above with an unplanned readmission within 30 days, percent, as Kolada publishes it (U79092). The
-- same title as SKR's measure of 2016 and nearly twice its level, with the ranking of regions nearly reversed: another
-- measure, never put in one series with it. The nation is the owner's.
with facts as (
  select *
  from {{ indicator_facts('fct_readmissions') }} as rows_of_fact
  where method_code = 'kolada_U79092'
    and measure = 'readmission_percent'
)

{{ as_published('facts') }}
