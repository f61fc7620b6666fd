-- Months of the registers that hold the very records of another month or reporter: a month sent again as another year's.
-- Compared is what such a copy keeps: days of the month, lengths, sex, residence and diagnosis of stays; kinds, residence,
-- sex and days waited of contacts. Thirty records do not agree in all of it by chance. Not published.
{{ config(materialized='view', tags=['monthly']) }}
with told as (
  select source_id, provider_code as reporter, window_month as month, count(*) as record_count,
    sum(cast(hash(day(discharge_date), discharge_date - admission_date, sex, residence_municipality, main_diagnosis)
      as hugeint)) as content
  from {{ ref('int_stays__stays') }}
  where source_id = 'patient_register' and discharge_date is not null
  group by source_id, provider_code, window_month

  union all

  select 'wait_contacts', provider_region, month, cast(sum(n) as bigint),
    sum(cast(hash(service_code, contact_type, phase, residence_region, sex, deviation_code, wait_days, n) as hugeint))
  from {{ ref('int_waits__days') }}
  group by provider_region, month
)

select source_id, reporter, cast(month as date) as month
from told
where record_count >= 30
qualify count(*) over (partition by source_id, record_count, content) > 1
