-- Completeness of the stays by region, provider and month: the number against the mean of the same month in the three years
-- before, and the shares with main diagnosis, an id that can be followed, and planned flag. A month that a delivery covers
-- without any stay stands as 0, one that no delivery covers has no row. A readmission share falls when a region stops reporting.
{{ config(materialized='view', tags=['monthly']) }}
with months as (
  select source_id, provider_region, provider_code, month
  from {{ ref('int_stays__delivered') }}
  where source_id = 'patient_register'
),

counted as (
  select m.source_id, m.provider_region, m.provider_code, m.month, coalesce(c.stay_count, 0) as stay_count,
    c.main_diagnosis_count, c.followable_count, c.planned_count
  from months as m
  left join {{ ref('int_stays__monthly') }} as c
    on c.source_id = m.source_id and c.provider_code = m.provider_code and c.window_month = m.month
)

select
  *,
  100.0 * main_diagnosis_count / nullif(stay_count, 0) as main_diagnosis_percent,
  100.0 * followable_count / nullif(stay_count, 0) as followable_percent,
  100.0 * planned_count / nullif(stay_count, 0) as planned_percent,
  avg(stay_count) over earlier as earlier_years_mean,
  100.0 * stay_count / nullif(avg(stay_count) over earlier, 0) as of_earlier_years_percent
from counted
window earlier as (
  partition by source_id, provider_code, month(month)
  order by month range between interval 3 year preceding and interval 1 year preceding
)
