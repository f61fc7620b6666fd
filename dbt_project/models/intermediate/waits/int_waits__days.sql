-- How many contacts waited how many days, by everything that a published figure tells apart: month, rule, phase, regions
-- of provider and residence, sex and deviation code. Only contacts under the guarantee that are not acute and whose clock
-- start is known; so no wait is missing and none is counted as 0. One pass over the contacts, and the only one: a year
-- of 20 million becomes some hundred thousand rows, from which shares and quantiles are exact.
{{ config(
  materialized='incremental', incremental_strategy='replace_window', on_schema_change='append_new_columns', tags=['monthly'],
  meta={'window': {'column': 'month', 'look_ahead_days': 0}}
) }}
select
  month, service_code, contact_type, guarantee_rule, guarantee_version, bound_days, phase, provider_region,
  residence_region, sex, deviation_code, cast(wait_days as integer) as wait_days,
  -- A region has one current file of a month, so every row of the group names the same one.
  any_value(delivery_sha256) as delivery_sha256,
  count(*) as n
from {{ ref('int_waits__contacts') }}
where {{ in_window('month') }} and guarantee_applies and not acute and wait_days is not null
group by month, service_code, contact_type, guarantee_rule, guarantee_version, bound_days, phase, provider_region,
  residence_region, sex, deviation_code, wait_days
