-- All measures of cost: per inhabitant as delivered, totals, share of total, and kronor where that year's population
-- is among the deliveries. The source gives kronor per inhabitant only, so kronor are an estimate and say so.
{%- set percent = '100 * cast(part.value as double) / cast(whole.value as double)' %}
{%- set sek = 'round(p.value * cast(d.population as decimal(10, 0)), 2)' %}
with per_inhabitant as (
  select {{ shared_key() }}, service_code, 'leaf' as service_level, drug_scope, cost_concept, price_basis, value, value_status,
    value_flags, source_id, [delivery_sha256] as deliveries, false as derived
  from {{ ref('int_costs__services') }}
  -- A service that nobody reported in the year is missing in the totals alone.
  qualify bool_or(value_status <> 'not_reported') over (partition by period, source_id, service_code)
  union all
  select {{ shared_key() }}, service_code, service_level, drug_scope, cost_concept, price_basis, value, value_status,
    value_flags, source_id, deliveries, true
  from {{ ref('int_costs__totals') }}
),

share as (
  select part.area_code, part.area_level, part.period, part.period_type, part.period_start, part.period_end,
    part.service_code, part.service_level, part.drug_scope, part.cost_concept, part.price_basis,
    case when whole.value > 0 then {{ amount(percent) }} end
      as value,
    case when part.value_status <> 'normal' then part.value_status when whole.value_status <> 'normal' then whole.value_status
      when whole.value > 0 then {{ status_of_amount(percent, "'normal'") }} else 'not_applicable' end as value_status,
    concat_ws('|', part.value_flags, whole.value_flags) as value_flags,
    part.source_id, list_distinct(part.deliveries || whole.deliveries) as deliveries
  from per_inhabitant as part
  join per_inhabitant as whole using (area_code, area_level, period, drug_scope, cost_concept, price_basis, source_id)
  where part.service_code = 'primary_care' and whole.service_code = 'health_care_excl_dental_political'
    and part.drug_scope = 'excl_benefit_drugs'
)

select {{ shared_key() }}, service_code, service_level, drug_scope, cost_concept, price_basis, null::decimal(28, 12) as denominator,
  'population_31_december' as denominator_kind, 'cost_per_inhabitant_sek' as measure, value,
  'SEK_per_inhabitant' as unit, value_status, value_flags, derived, false as estimated, source_id, deliveries
from per_inhabitant
union all
select {{ shared_key() }}, service_code, service_level, drug_scope, cost_concept, price_basis, null, 'health_care_excl_dental_political',
  'share_of_total_percent', value, 'percent', value_status, value_flags, true, false, source_id, deliveries
from share
union all
select p.area_code, p.area_level, p.period, p.period_type, p.period_start, p.period_end,
  p.service_code, p.service_level, p.drug_scope, p.cost_concept, p.price_basis, d.population, 'population_31_december', 'cost_sek',
  {{ amount(sek) }}, 'SEK', {{ status_of_amount(sek, 'p.value_status') }},
  concat_ws('|', p.value_flags, d.value_flags), true, true,
  p.source_id, list_distinct(p.deliveries || d.deliveries)
from per_inhabitant as p
join {{ ref('int_population__denominators') }} as d on d.area_code = p.area_code and d.year = year(p.period_end)
