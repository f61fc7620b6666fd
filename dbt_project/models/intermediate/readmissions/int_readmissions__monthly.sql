-- Index stays and readmissions counted by method, month of index discharge, residence and sex; those excluded by reason.
-- `counting_month` is where a readmission counts: the index's month, or the return's where the method says so.
-- A month reads the returns of the 30 days after it, so a change in March reaches back to January (31 January + 30 days).
{{ config(
  materialized='incremental', incremental_strategy='replace_window', on_schema_change='fail', tags=['monthly'],
  meta={'window': {'column': 'index_month', 'look_ahead_days': 30}}
) }}
with judged as (
  {%- if all_months() %}
  {{ readmission_index() }}
  {%- else %}
  {{ readmission_index(
    index_where="(u.until >= " ~ window_start() ~ " and u.until < " ~ window_end() ~ " or u.until = date '9999-12-31')",
    return_where="u.admission_date >= " ~ window_start() ~ " and u.admission_date <= " ~ window_end() ~ " + " ~ furthest_return()
  ) }}
  {%- endif %}
)

select
  method_code,
  source_id,
  site,
  case when index_discharge is null then {{ open_month() }} else cast(date_trunc('month', index_discharge) as date) end
    as index_month,
  case when year_of = 'readmission' and readmitted then cast(date_trunc('month', readmission_admission) as date)
    when index_discharge is not null then index_month end as counting_month,
  residence_region,
  residence_municipality,
  provider_region,
  sex,
  exclusion_reason,
  count(*) as stay_count,
  coalesce(cast(sum(readmission_count) as bigint), 0) as readmission_count
from judged
group by all
