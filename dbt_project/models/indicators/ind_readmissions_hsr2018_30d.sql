-- Patients of 65 and above with an unplanned readmission within 30 days, percent, as SKR's health care report 2018
-- publishes it: diagnoses selected by the owner, its own intervals. Its numerators are the placeholder 0 and are
-- removed, so nothing is recomputed and the nation is the owner's. Jämtland's denominator is withheld by the owner and
-- stays so. Not the measure that bears the same title in Kolada (U79092).
with facts as (
  select *
  from {{ indicator_facts('fct_readmissions') }} as rows_of_fact
  where method_code = 'hsr2018_patients_30d'
    and measure = 'readmission_percent'
)

{{ as_published('facts') }}
