-- Primary care's share of the net cost of health care, percent: primary care divided by health care without dental care
-- and without political activity, each as net cost excluding drugs plus drugs on requisition. This reading reproduces
-- the shares published for 2015 for 21 regions and the nation within 0.062 points; other readings miss by up to 0.9.
with facts as (
  select *
  from {{ indicator_facts('fct_costs') }} as rows_of_fact
  where service_code in ('primary_care', 'health_care_excl_dental_political')
    and drug_scope = 'excl_benefit_drugs'
    and cost_concept = 'net'
    and price_basis = 'current'
    and measure = 'cost_per_inhabitant_sek'
)

{{ share_of_whole(
  'facts', "service_code = 'primary_care'", "service_code = 'health_care_excl_dental_political'"
) }}
