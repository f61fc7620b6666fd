-- What in a reporter's months looks wrong, and must be known before the facts are read: a month that is missing or empty,
-- a month far above the others, a field that is no longer filled in. Percent only, so that no small count stands here.
--
-- A count is held against the median of the months within a year of it, its own left out. It is a spike at half as many
-- again, if that is also six standard deviations of a count (Poisson) above; a drop at half as many or fewer, if that is as
-- far below, and six times what the months themselves spread (1.4826 times their median absolute deviation). A share is
-- held against the median of all months before it, from the sixth on; it is lost at 15 points below. A main diagnosis has
-- every stay, so it is lost from the first month on below 75 percent: half of a sending's diagnoses are missing before there
-- is anything to compare with. The limits are choices: docs/register.md says what they find and how often they are wrong.
-- `severity`, declared here alone:
--   amber     an incident that colours the night; what is counted from the month is published
--   withhold  an incident, and what is counted from the month is withheld until somebody lets it out by name: the month
--             repeats another, or holds four times what its provider usually sends, or a quarter or less. The figures of a
--             region do not rest on a provider with less than 5 % of its month: amber.
-- A table, since three suites and the night's record read it.
{{ config(materialized='table', tags=['monthly']) }}
{%- set withheld_from, withheld_to = 4, 0.25 %}
{%- set shares = {
  'planned_missing': 'planned_percent', 'main_missing': 'main_diagnosis_percent', 'id_missing': 'followable_percent'
} %}
with held as (
  select
    *,
    median(record_count) over near as usual_count,
    1.4826 * mad(record_count) over near as usual_spread,
    count(record_count) over near as near_months
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
),

weighed as (
  select *, coalesce(size >= 0.05 * sum(size) over (partition by source_id, left(reporter, 2), month), true) as is_main
  from (select *, greatest(coalesce(record_count, 0), coalesce(usual_count, 0)) as size from held)
)

select source_id, reporter, month, 'stops_reporting' as signal, 0.0 as observed_percent, 100.0 as usual_percent,
  'amber' as severity
from weighed
where coalesce(record_count, 0) = 0

union all

select source_id, reporter, month, 'volume_spike', round(100.0 * record_count / usual_count, 1), 100.0,
  case when is_main and record_count >= {{ withheld_from }} * usual_count then 'withhold' else 'amber' end
from weighed
where record_count >= 1.5 * usual_count and record_count - usual_count >= 6 * sqrt(usual_count)

union all

select source_id, reporter, month, 'volume_drop', round(100.0 * record_count / usual_count, 1), 100.0,
  case when is_main and record_count <= {{ withheld_to }} * usual_count then 'withhold' else 'amber' end
from weighed
where record_count > 0 and record_count <= 0.5 * usual_count and usual_count - record_count >= 6 * sqrt(usual_count)
  and usual_count - record_count >= 6 * usual_spread and near_months >= 3
{% for signal, share in shares.items() %}
union all

select source_id, reporter, month, '{{ signal }}', round({{ share }}, 1),
  round(coalesce(usual_{{ share }}, 100), 1), 'amber'
from weighed
where record_count >= 30 and (
  months_of_{{ share }} >= 6 and {{ share }} < usual_{{ share }} - 15
  {%- if signal == 'main_missing' %} or months_of_{{ share }} < 6 and {{ share }} < 75 {%- endif %}
)
{% endfor %}
union all

select repeated.source_id, repeated.reporter, repeated.month, 'repeated_month', 100.0, 0.0,
  case when coalesce(weighed.is_main, true) then 'withhold' else 'amber' end
from {{ ref('int_completeness__repeated') }} as repeated
left join weighed using (source_id, reporter, month)
