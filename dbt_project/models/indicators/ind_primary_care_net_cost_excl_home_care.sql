-- Net cost of primary care without primärvårdsansluten hemsjukvård and its requisition drugs, kronor per inhabitant,
-- current prices. As Kolada's N71007. The sum over services is made in the fact; the nation is the owner's own row.
with facts as (
  select *
  from {{ indicator_facts('fct_costs') }} as rows_of_fact
  where service_code = 'primary_care_excl_home_care'
    and drug_scope = 'excl_benefit_drugs'
    and cost_concept = 'net'
    and price_basis = 'current'
    and measure = 'cost_per_inhabitant_sek'
)

{{ as_published('facts') }}
