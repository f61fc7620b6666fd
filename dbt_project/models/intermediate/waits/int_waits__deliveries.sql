-- The deliveries behind an area's waits of a month. A region's contacts stand in its own file; where its residents sought
-- care, and what the nation is, follows from all files of the month, also from those in which nobody of the area stands. A
-- file covers its month also where no contact of a kind is in it: what was sent decides, not what is counted.
{{ config(
  materialized='incremental', incremental_strategy='replace_window', on_schema_change='append_new_columns', tags=['monthly'],
  meta={'window': {'column': 'month', 'look_ahead_days': 0}}
) }}
with files as (
  select distinct cast(period_key || '-01' as date) as month, split_part(scope_key, '/', 3) as provider_region, delivery_sha256
  from {{ source('declared', 'deliveries') }}
  where source_id = 'wait_contacts' and layout_id = 'contacts' and regexp_full_match(period_key, '\d{4}-\d{2}')
    and {{ in_window("try_cast(period_key || '-01' as date)") }}
),

months as (
  select month, list_sort(list(distinct delivery_sha256)) as deliveries, count(distinct provider_region) as reporting_regions
  from files
  group by month
)

select files.month, 'provider' as attribution, files.provider_region as area_code,
  list_sort(list(distinct files.delivery_sha256)) as deliveries, any_value(months.reporting_regions) as reporting_regions
from files
inner join months on months.month = files.month
group by files.month, files.provider_region
union all
select month, 'provider', '00', deliveries, reporting_regions from months
union all
select month, 'residence', null, deliveries, reporting_regions from months
