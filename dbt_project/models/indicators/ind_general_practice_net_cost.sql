-- Net cost of general practice with on-call services (allmänläkarvård inklusive jourverksamhet), kronor per inhabitant,
-- current prices: net cost excluding drugs plus drugs on requisition. As Kolada's N71018.
with facts as (
  select *
  from {{ indicator_facts('fct_costs') }} as rows_of_fact
  where service_code = 'pc_general_practice'
    and drug_scope in ('excl_drugs', 'requisition_drugs')
    and cost_concept = 'net'
    and price_basis = 'current'
    and measure = 'cost_per_inhabitant_sek'
)

{{ sum_of_parts('facts') }}
