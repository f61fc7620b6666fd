-- What in a reporter's months looks wrong, and must be known before the facts are read: a month that is missing or empty,
-- a month far above the others, a field that is no longer filled in. Percent only, so that no small count stands here.
--
-- A count is held against the median of the months within a year of it, its own left out; it is a spike at half as many
-- again, if that is also six standard deviations of a count (Poisson) above. A share is held against the median of all
-- months before it, from the sixth on; it is lost at 15 points below. A main diagnosis has every stay, so it is lost from the
-- first month on below 75 percent: half of a sending's diagnoses are missing before there is anything to compare with. The limits are choices: docs/register.md says what
-- they find and how often they are wrong.
{{ config(materialized='view', tags=['monthly']) }}
{%- set shares = {
  'planned_missing': 'planned_percent', 'main_missing': 'main_diagnosis_percent', 'id_missing': 'followable_percent'
} %}
with held as (
  select
    *,
    median(record_count) over near as usual_count
    {%- for share in shares.values() %},
    count({{ share }}) over earlier as months_of_{{ share }},
    median({{ share }}) over earlier as usual_{{ share }}
    {%- endfor %}
  from {{ ref('int_completeness__months') }}
  window
    near as (
      partition by source_id, reporter order by month
      range between interval 12 month preceding and interval 12 month following exclude current row),
    earlier as (
      partition by source_id, reporter order by month rows between unbounded preceding and 1 preceding)
)

select source_id, reporter, month, 'stops_reporting' as signal, 0.0 as observed_percent, 100.0 as usual_percent
from held
where coalesce(record_count, 0) = 0

union all

select source_id, reporter, month, 'volume_spike', round(100.0 * record_count / usual_count, 1), 100.0
from held
where record_count >= 1.5 * usual_count and record_count - usual_count >= 6 * sqrt(usual_count)
{% for signal, share in shares.items() %}
union all

select source_id, reporter, month, '{{ signal }}', round({{ share }}, 1),
  round(coalesce(usual_{{ share }}, 100), 1)
from held
where record_count >= 30 and (
  months_of_{{ share }} >= 6 and {{ share }} < usual_{{ share }} - 15
  {%- if signal == 'main_missing' %} or months_of_{{ share }} < 6 and {{ share }} < 75 {%- endif %}
)
{% endfor %}
union all

select source_id, reporter, month, 'repeated_month', 100.0, 0.0
from {{ ref('int_completeness__repeated') }}
