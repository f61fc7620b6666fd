-- Stays (vårdtillfällen) discharged in a year and how many of them are of a person with a reserve number (reservnummer), who
-- cannot be followed and is in no count of readmissions: by the provider's region, and the nation as all that deliver.
-- Coverage is that of the year's readmissions.
{{ config(materialized='view', tags=['monthly']) }}
with counted as (
  select
    case when grouping(provider_region) = 0 then provider_region else '00' end as area_code,
    year(window_month) as year,
    cast(sum(stay_count) as bigint) as stays,
    cast(sum(stay_count - followable_count) as bigint) as reserve_stays
  from {{ ref('int_stays__monthly') }}
  where source_id = 'patient_register'
  group by grouping sets ((provider_region, year(window_month)), (year(window_month)))
)

select
  s.area_code,
  case when s.area_code = '00' then 'nation' else 'region' end as area_level,
  s.year,
  s.stays,
  s.reserve_stays,
  coalesce(c.partial, true) as partial,
  coalesce(c.provisional, true) as provisional,
  d.delivery_sha256,
  d.lineage_id
from counted as s
left join {{ register_coverage() }} as c on c.area_code = s.area_code and c.year = s.year
left join {{ ref('int_readmissions__deliveries') }} as d on d.source_id = 'patient_register' and d.year = s.year
