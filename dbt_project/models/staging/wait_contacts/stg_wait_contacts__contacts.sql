-- Contacts of the wait-time guarantee (väntetidskontakter): every record with its outcome. A row belongs to the month of
-- its file: what is performed in it, and what waits at its end. What its own dates contradict is quarantined here, since
-- it takes the file's month to see it: a day performed outside the month, a clock that starts after its end, a status
-- that the day performed denies, a provider in another region than the file's.
{{ config(
  materialized='incremental', incremental_strategy='replace_window', on_schema_change='append_new_columns', tags=['monthly'],
  meta={'window': {'column': 'month', 'look_ahead_days': 0}}
) }}
with records as (
  {{ staged(source('cells', 'wait_contacts__contacts'), columns=[
    'unmapped_reason', 'region', month_of_key('period_key') ~ ' as month',
    'contact_sought_date_value as contact_sought_date', 'referral_date_value as referral_date',
    'decision_date_value as decision_date', 'performed_date_value as performed_date',
    'cast(guarantee_applies_code as boolean) as guarantee_applies', 'cast(acute_code as boolean) as acute',
    'phase_code as phase', 'trim(profession) as profession', 'trim(provider_region) as provider_region',
    "case when trim(residence_region) <> '' then area_code end as residence_region",
    'deviation_code_code as deviation_code', 'status_code as status', 'sex_code as sex',
    'try_cast(age as integer) as age'
  ], windowed='month') }}
),

judged as (
  select
    *,
    case
      when record_status <> 'accepted' then null
      when provider_region <> region then 'R_AREA|provider_region'
      when status = 'performed' and performed_date is null then 'R_STATUS|performed_date'
      when status = 'waiting' and performed_date is not null then 'R_STATUS|performed_date'
      when performed_date < month or performed_date > last_day(month) then 'R_PERIOD|performed_date'
      when greatest(contact_sought_date, referral_date, decision_date) > last_day(month) then 'R_DATES|month'
    end as broken
  from records
)

select
  * exclude (window_month, region, broken) replace (
    case when broken is not null then 'quarantined' else record_status end as record_status,
    coalesce(rule_code, split_part(broken, '|', 1)) as rule_code,
    coalesce(rule_column, split_part(broken, '|', 2)) as rule_column
  )
from judged
