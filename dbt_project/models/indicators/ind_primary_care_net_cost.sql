-- Net cost of primary care in kronor per inhabitant, current prices: all primary care services, home health care
-- included, net cost excluding drugs plus drugs on requisition. Drugs within the benefit are not in it. As Kolada's
-- N71019. The sum over services is made in the fact; the nation and the nation without Gotland are the owner's own
-- rows.
with facts as (
  select *
  from {{ indicator_facts('fct_costs') }} as rows_of_fact
  where service_code = 'primary_care'
    and drug_scope = 'excl_benefit_drugs'
    and cost_concept = 'net'
    and price_basis = 'current'
    and measure = 'cost_per_inhabitant_sek'
)

{{ as_published('facts') }}
