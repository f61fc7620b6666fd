-- Each region's rank under each method, year by year: the least share first, among regions with index stays, both sexes
-- together. A rank says little without its interval (methods M8), which stands beside it, as do the least and the greatest
-- rank over the methods. Counts are as counted; only what the release publishes has passed disclosure control.
{{ config(materialized='view') }}
with shares as (
  select
    y.*,
    100.0 * readmission_count / index_stay_count as readmission_percent,
    {{ wilson_percent('readmission_count', 'index_stay_count') }} as limits
  from {{ ref('int_readmissions__yearly') }} as y
  where area_level = 'region' and sex = 'total' and index_stay_count > 0 and readmission_count <= index_stay_count
),

ranked as (
  select *,
    rank() over (partition by source_id, method_code, year order by readmission_percent) as area_rank,
    count(*) over (partition by source_id, method_code, year) as area_count
  from shares
)

select
  source_id,
  year,
  area_code,
  method_code,
  index_stay_count,
  readmission_count,
  readmission_percent,
  limits.low as ci_low,
  limits.high as ci_high,
  'wilson' as ci_method,
  area_rank,
  area_count,
  min(area_rank) over area_year as least_rank,
  max(area_rank) over area_year as greatest_rank,
  partial,
  provisional
from ranked
window area_year as (partition by source_id, year, area_code)
