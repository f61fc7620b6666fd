-- Each reporter's months in the monthly registers, from its first month to the source's last: how many records, and what
-- share has what is needed. A month without a delivery stands with null, so that silence is a row. Not published.
{{ config(materialized='view', tags=['monthly']) }}
with told as (
  select source_id, provider_code as reporter, month, stay_count as record_count, planned_percent, main_diagnosis_percent,
    followable_percent
  from {{ ref('int_stays__completeness') }}
  where source_id = 'patient_register'

  union all

  -- Contacts: those under the guarantee and not acute, which are the ones that are counted.
  select 'wait_contacts', provider_region, month, cast(sum(n) as bigint), null, null, null
  from {{ ref('int_waits__days') }}
  group by provider_region, month
),

reporters as (
  select source_id, reporter, min(month) as first_month,
    max(max(month)) over (partition by source_id) as last_month
  from told
  group by source_id, reporter
)

select
  r.source_id,
  r.reporter,
  cast(m.month as date) as month,
  t.record_count,
  t.planned_percent,
  t.main_diagnosis_percent,
  t.followable_percent
from reporters as r
cross join unnest(generate_series(r.first_month, r.last_month, interval 1 month)) as m (month)
left join told as t on t.source_id = r.source_id and t.reporter = r.reporter and t.month = m.month
