-- Waits per month, area, guarantee rule, phase, exclusion set and sex. Performed and waiting are two measures: the share of
-- the performed rises when those who waited long are not seen. What an exclusion set leaves out is outside numerator and
-- denominator. The nation is counted from rows, never from regions, and a median is never averaged.
--
-- Median and 90th percentile are of type 7 (linear between order statistics, as quantile_cont), read off the cumulated
-- counts: with n waits the value at rank h = q (n - 1), of which whole and tenths are kept apart, so it is exact. None
-- below 10 waits (methods M7).
{{ config(
  materialized='incremental', incremental_strategy='replace_window', on_schema_change='append_new_columns', tags=['monthly'],
  meta={'window': {'column': 'month', 'look_ahead_days': 0}}
) }}
{%- set what = 'month, service_code, contact_type, guarantee_rule, guarantee_version, bound_days, phase' %}
{%- set key = what ~ ', attribution, area_code, sex, exclusion_set' %}
{%- set least = 10 %}
{%- set quantiles = {'median_days': 5, 'p90_days': 9} %}
{%- set intervals = [('0_30', 0, 30), ('31_60', 31, 60), ('61_90', 61, 90), ('91_120', 91, 120), ('121_180', 121, 180),
  ('181_365', 181, 365), ('366', 366, none)] %}
with days as (
  select * from {{ ref('int_waits__days') }} where {{ in_window('month') }}
),

by_area as (
  {%- for attribution in ['provider', 'residence'] %}
  {%- set region = attribution ~ '_region' %}
  select
    {{ what }}, deviation_code, wait_days,
    '{{ attribution }}' as attribution,
    case when grouping({{ region }}) = 1 then '00' else {{ region }} end as area_code,
    case when grouping(sex) = 1 then 'total' else sex end as sex,
    sum(n) as n
  from days
  group by grouping sets (
    ({{ what }}, deviation_code, wait_days, {{ region }}, sex),
    ({{ what }}, deviation_code, wait_days, {{ region }}),
    ({{ what }}, deviation_code, wait_days, sex),
    ({{ what }}, deviation_code, wait_days)
  )
  -- Whose residence is unknown counts in the nation and in no region.
  having grouping({{ region }}) = 1 or {{ region }} is not null
  {% if not loop.last %}union all{% endif %}
  {%- endfor %}
),

by_set as (
  select {{ key }}, wait_days, cast(sum(n) as bigint) as n
  from by_area
  inner join {{ ref('seed_wait_exclusions') }} as sets using (deviation_code)
  where sets.counted
  group by {{ key }}, wait_days
),

ranked as (
  select
    *,
    cast(sum(n) over (partition by {{ key }} order by wait_days) as bigint) as up_to,
    cast(sum(n) over (partition by {{ key }}) as bigint) as total
  from by_set
)

select
  {{ key }},
  cast(sum(n) as bigint) as total_count,
  case when bound_days is not null then cast(coalesce(sum(n) filter (where wait_days <= bound_days), 0) as bigint) end as within_count,
  {%- for name, tenths in quantiles.items() %}
  {#- The waits at rank floor(h) and ceil(h), counted from 0, and what lies between them. #}
  {%- set below %}min(wait_days) filter (where up_to > ({{ tenths }} * (total - 1)) // 10){% endset %}
  {%- set above %}min(wait_days) filter (where up_to > ({{ tenths }} * (total - 1) + 9) // 10){% endset %}
  case when max(total) >= {{ least }} then cast({{ below }} as decimal(28, 12))
    + cast((({{ above }}) - ({{ below }})) * (({{ tenths }} * (max(total) - 1)) % 10) as decimal(18, 1)) * 0.1 end as {{ name }},
  {%- endfor %}
  {%- for name, low, high in intervals %}
  case when phase = 'waiting' then cast(coalesce(sum(n) filter (where wait_days >= {{ low }}
    {%- if high is not none %} and wait_days <= {{ high }}{% endif %}), 0) as bigint) end as waiting_{{ name }}{{ ',' if not loop.last }}
  {%- endfor %}
from ranked
group by {{ key }}
