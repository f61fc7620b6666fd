-- The deliveries behind a year of register facts: one set per source and year, of the year's months, of the month in which
-- its follow-up ends, and the diagnoses sent with them.
{{ config(tags=['monthly']) }}
with told as (
  select delivery_sha256, source_id, split_part(scope_key, '/', 3) as provider_code, period_key as month,
    regexp_extract(file, '^PAR_[A-Z]+_[^_]+_(\d{4}(?:-\d\d)?(?:_\d{4}-\d\d_\d{4}-\d\d)?)', 1) as sending
  from {{ source('declared', 'deliveries') }}
  where source_id = 'patient_register' and layout_id in ('stays_2013', 'stays_2024')
    and regexp_full_match(period_key, '\d{4}-\d{2}')
),

years as (
  select distinct source_id, cast(left(month, 4) as integer) as year from told
),

stays as (
  select y.year, told.*
  from years as y
  join told on told.month between y.year || '-01' and (y.year + 1) || '-01'
),

listed as (
  select source_id, year, delivery_sha256 from stays
  union
  select s.source_id, s.year, d.delivery_sha256
  from stays as s
  join {{ source('declared', 'deliveries') }} as d
    on d.source_id = s.source_id and d.layout_id = 'diagnoses'
    and split_part(d.scope_key, '/', 3) = s.provider_code and d.period_key = s.sending
  union
  select o.source_id, y.year, o.delivery_sha256
  from {{ source('declared', 'deliveries') }} as o
  join (
    select distinct source_id, year from {{ ref('int_readmissions__yearly') }} where source_id <> 'patient_register'
  ) as y on y.source_id = o.source_id
)

select source_id, year, deliveries, {{ one_delivery('deliveries') }} as delivery_sha256,
  {{ lineage_id('deliveries') }} as lineage_id
from (
  select source_id, year, list(delivery_sha256 order by delivery_sha256) as deliveries from listed group by source_id, year
)
