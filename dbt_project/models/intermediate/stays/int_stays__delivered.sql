-- Which months each provider has delivered, and the last date that each tells of: the run-out of follow-up. A provider's
-- region is the county that its file code begins with; an OMOP site tells of all days up to its latest visit.
{{ config(tags=['monthly']) }}
select
  source_id,
  'se' as site,
  split_part(scope_key, '/', 3) as provider_code,
  left(split_part(scope_key, '/', 3), 2) as provider_region,
  cast(period_key || '-01' as date) as month,
  last_day(cast(period_key || '-01' as date)) as last_date,
  delivery_sha256
from {{ source('declared', 'deliveries') }}
where source_id = 'patient_register' and layout_id in ('stays_2013', 'stays_2024')
  and regexp_full_match(period_key, '\d{4}-\d{2}')

union all

select
  'omop', site, null, null, cast(date_trunc('month', max(greatest(start_date, end_date))) as date),
  max(greatest(start_date, end_date)), min(delivery_sha256)
from {{ ref('stg_omop__visit_occurrence') }}
where record_status = 'accepted'
group by site
