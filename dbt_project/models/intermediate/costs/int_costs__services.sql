-- Net cost (nettokostnad) per inhabitant by service, as delivered, completed with what a reporting area left out.
-- An area that reported a year but has no row for a service has no such service: the row is `not_applicable` and
-- counts 0 in a total, as in the owner's own Riket. A row that should be there and is not (`int_costs__absent`) is
-- `not_reported`, one that a rule refused is `excluded`, and so is every total over it: neither is zero.
with records as (
  select {{ shared_key() }}, topic_code as service_code, attributes->>'group_code' as group_code,
    attributes->>'domain_code' as domain_code, account_code as drug_scope, value_value as value, value_status,
    source_id, delivery_sha256, record_status, coalesce(override_flag, '') as value_flags,
    coalesce(attributes->>'cost_concept', 'net') as cost_concept, coalesce(attributes->>'price_basis', 'current') as price_basis
  from {{ ref('stg_skr_costs__pivot') }}
  where mapped and record_status <> 'duplicate' and area_code is not null and period is not null
),

services as (
  select distinct service_code, group_code, domain_code, drug_scope, cost_concept, price_basis, source_id, period
  from records
  union
  select topic_code, attributes->>'group_code', attributes->>'domain_code', absent.drug_scope,
    coalesce(attributes->>'cost_concept', 'net'), coalesce(attributes->>'price_basis', 'current'), source_id, absent.period
  from {{ source('declared', 'series') }} as declared
  join {{ ref('int_costs__absent') }} as absent on absent.service_code = declared.topic_code
  where source_id = 'skr_costs' and fact = 'fct_costs'
),

reporters as (
  select {{ shared_key() }}, source_id, min(delivery_sha256) as delivery_sha256
  from records
  group by {{ shared_key() }}, source_id
),

refused as (
  select distinct area_code, area_level, period, service_code, drug_scope, cost_concept, price_basis
  from records
  where record_status = 'quarantined'
)

select
  r.area_code, r.area_level, r.period, r.period_type, r.period_start, r.period_end,
  s.service_code, s.group_code, s.domain_code, s.drug_scope, s.cost_concept, s.price_basis,
  case when x.service_code is null then d.value end as value,
  case
    when x.service_code is not null then 'excluded'
    when a.service_code is not null then 'not_reported'
    when d.service_code is null then 'not_applicable'
    else d.value_status
  end as value_status,
  coalesce(d.value_flags, '') as value_flags,
  r.source_id,
  coalesce(d.delivery_sha256, r.delivery_sha256) as delivery_sha256
from reporters as r
join services as s using (source_id, period)
left join (select * from records where record_status = 'accepted') as d
  using (area_code, area_level, period, service_code, drug_scope, cost_concept, price_basis, source_id)
left join refused as x using (area_code, area_level, period, service_code, drug_scope, cost_concept, price_basis)
left join {{ ref('int_costs__absent') }} as a using (area_code, period, service_code, drug_scope)
