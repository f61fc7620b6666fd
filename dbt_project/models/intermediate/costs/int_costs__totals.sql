-- Subtotals and totals of net cost per inhabitant: sums over services of one area and year.
--   primary_care                      all of primary care (as Kolada's N71019)
--   primary_care_excl_home_care       without primärvårdsansluten hemsjukvård and its requisition drugs (as N71007)
--   health_care_excl_dental_political all health care without dental care and political activity: the denominator of
--                                     primary care's share
-- A total with a part that is not known has no value: it is never the sum of the rest.
-- `excl_benefit_drugs` is net cost excluding drugs plus drugs on requisition: "därav" is additive in this source.
-- What a part says of itself (corrected, suspect) its sums say too.
with leaves as (
  select *, unnest(case
    when domain_code <> 'health_care' then [domain_code]
    when service_code = 'pc_home_health_care' then [group_code, 'health_care', 'health_care_excl_dental_political']
    when group_code = 'primary_care'
      then ['primary_care', 'primary_care_excl_home_care', 'health_care', 'health_care_excl_dental_political']
    when group_code in ('dental_care', 'political') then [group_code, 'health_care']
    else [group_code, 'health_care', 'health_care_excl_dental_political']
  end) as total_code
  from {{ ref('int_costs__services') }}
),

scoped as (
  select *, unnest(case drug_scope
    when 'excl_drugs' then ['excl_drugs', 'excl_benefit_drugs', 'incl_drugs']
    when 'requisition_drugs' then ['requisition_drugs', 'excl_benefit_drugs', 'incl_drugs']
    else ['benefit_drugs', 'incl_drugs']
  end) as total_scope
  from leaves
)

select
  {{ shared_key() }},
  total_code as service_code,
  case when total_code in ('health_care', 'health_care_excl_dental_political') then 'total' else 'subtotal' end
    as service_level,
  total_scope as drug_scope,
  cost_concept,
  price_basis,
  case when bool_or(value_status not in ('normal', 'not_applicable')) then null
    else {{ amount('sum(coalesce(value, 0))') }} end as value,
  case
    when bool_or(value_status = 'excluded') then 'excluded'
    when bool_or(value_status = 'not_reported') then 'not_reported'
    when bool_or(value_status not in ('normal', 'not_applicable')) then 'missing_at_source'
    else {{ status_of_amount('sum(coalesce(value, 0))', "'normal'") }}
  end as value_status,
  {{ joined_flags("flatten(list(string_split(value_flags, '|')))") }} as value_flags,
  source_id,
  list(distinct delivery_sha256) as deliveries
from scoped
group by {{ shared_key() }}, total_code, total_scope, cost_concept, price_basis, source_id
