-- Net cost of home health care attached to primary care (primärvårdsansluten hemsjukvård), kronor per inhabitant,
-- current prices: net cost excluding drugs plus drugs on requisition. It is what sets N71019 and N71007 apart; regions
-- that have handed home care to their municipalities have little or none of it.
with facts as (
  select *
  from {{ indicator_facts('fct_costs') }} as rows_of_fact
  where service_code = 'pc_home_health_care'
    and drug_scope in ('excl_drugs', 'requisition_drugs')
    and cost_concept = 'net'
    and price_basis = 'current'
    and measure = 'cost_per_inhabitant_sek'
)

{{ sum_of_parts('facts') }}
