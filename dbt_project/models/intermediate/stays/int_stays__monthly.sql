-- Stays counted by provider and month of discharge, and how many have what is needed: main diagnosis, an id that can be
-- followed, a planned flag.
{{ config(
  materialized='incremental', incremental_strategy='replace_window', on_schema_change='fail', tags=['monthly'],
  meta={'window': {'column': 'window_month'}}
) }}
select
  source_id, site, provider_region, provider_code, window_month,
  count(*) as stay_count,
  count(main_diagnosis) as main_diagnosis_count,
  count(*) filter (where followable) as followable_count,
  count(planned) as planned_count
from {{ ref('int_stays__stays') }}
where discharge_date is not null and {{ in_window('window_month') }}
group by all
