-- Cost of health care by area, year and service: net and in current prices (nettokostnad, löpande priser) unless the series says
-- otherwise.
-- Source: SKR, cost per inhabitant by service. No own-commitment cost is delivered, so none is given.
select
  {{ shared_key() }},
  service_code,
  service_level,
  cost_concept,
  drug_scope,
  price_basis,
  denominator,
  denominator_kind,
  measure,
  value,
  unit,
  value_status,
  {{ record_flags(["case when derived then 'derived' end", "case when estimated then 'estimated' end"], read='value_flags') }}
    as value_flags,
  source_id,
  {{ one_delivery('deliveries') }} as delivery_sha256,
  {{ lineage_id('deliveries') }} as lineage_id
from {{ ref('int_costs__measures') }}
