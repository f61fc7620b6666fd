-- Net cost of specialised somatic care (in-patient, out-patient, day and home care), kronor per inhabitant, current
-- prices, drugs on requisition included, drugs within the benefit not.
with facts as (
  select *
  from {{ indicator_facts('fct_costs') }} as rows_of_fact
  where service_code = 'somatic_care'
    and drug_scope = 'excl_benefit_drugs'
    and cost_concept = 'net'
    and price_basis = 'current'
    and measure = 'cost_per_inhabitant_sek'
)

{{ as_published('facts') }}
