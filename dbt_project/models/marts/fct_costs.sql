-- Net cost of health care by area, year and service, current prices (nettokostnad, löpande priser).
-- Source: SKR, cost per inhabitant by service. No own-commitment cost is delivered, so none is given.
select
  {{ shared_key() }},
  service_code,
  service_level,
  'net' as cost_concept,
  drug_scope,
  'current' as price_basis,
  denominator,
  denominator_kind,
  measure,
  value,
  unit,
  value_status,
  {{ value_flags(["case when derived then 'derived' end", "case when estimated then 'estimated' end"]) }} as value_flags,
  source_id,
  {{ one_delivery('deliveries') }} as delivery_sha256,
  {{ lineage_id('deliveries') }} as lineage_id
from {{ ref('int_costs__measures') }}
