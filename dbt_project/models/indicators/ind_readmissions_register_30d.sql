-- Unplanned readmissions (oplanerade återinskrivningar) within 30 days of an episode of care, people of 65 and above, percent,
-- counted from the patient register under the preset socialstyrelsen. Illustrative: the owner's diagnosis lists are not
-- known. The nation is all rows together.
with facts as (
  select *
  from {{ indicator_facts('fct_readmissions') }} as rows_of_fact
  where method_code = 'socialstyrelsen'
    and source_id = 'patient_register'
    and measure = 'readmission_percent'
    and area_level in ('nation', 'region')
)

{{ pooled_rows('facts') }}
