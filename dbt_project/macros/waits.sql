{#
  Waits counted from contacts, for indicators: monthly facts of one rule, and how months become a year.

  Headline figures: contacts that were made, by the provider's region, without patient-chosen and medically motivated
  waits (`pvv_mov`). From 2020 on: regions are missing in 2019, and before it the rule was another.
#}

{# The regions' months under the headline exclusion set, with numerator and denominator: a condition on the fact. #}
{% macro headline_months(contact_type, guarantee_rule) -%}
source_id = 'wait_contacts'
    and contact_type = '{{ contact_type }}'
    and guarantee_rule = '{{ guarantee_rule }}'
    and phase = 'completed'
    and exclusion_set = 'pvv_mov'
    and attribution = 'provider'
    and measure = 'within_percent'
    and period_type = 'month'
    and period >= '2020'
    and area_level = 'region'
{%- endmacro %}

{#
  A year is the sum of its months; one of which the region has not sent twelve is flagged. A month that was sent without a
  contact of the kind has no fact and adds nothing: it is no gap. `months`: facts of regions.
#}
{% macro years_of(months) -%}
(
  select
    area_code, area_level, left(period, 4) as period, 'year' as period_type, sex, age_group, null as value,
    -- A year of which a month is withheld is no sum of the others.
    {%- for part in ['numerator', 'denominator'] %}
    case when not bool_or(value_status = 'withheld') then sum({{ part }}) end as {{ part }},
    {%- endfor %}
    unit, case when bool_or(value_status = 'withheld') then 'withheld' else 'normal' end as value_status,
    {{ joined_flags("flatten(list(string_split(value_flags, '|')))
      || [case when coalesce(any_value(sent.month_count), 0) < 12 then 'partial_coverage' else '' end]") }} as value_flags,
    null as coverage_n, null as coverage_expected, list_distinct(flatten(list(deliveries))) as deliveries,
    null as ci_low, null as ci_high
  from {{ months }} as told
  left join (
    select area_code as sent_area, cast(year(month) as varchar) as sent_year, count(distinct month) as month_count
    from {{ months_sent() }}
    group by sent_area, sent_year
  ) as sent on sent.sent_area = told.area_code and sent.sent_year = left(told.period, 4)
  group by area_code, area_level, left(period, 4), sex, age_group, unit
)
{%- endmacro %}

{# The months of each region's own files. #}
{% macro months_sent() -%}
(select distinct area_code, month from {{ ref('int_waits__deliveries') }} where attribution = 'provider' and area_code <> '00')
{%- endmacro %}

{#
  The ratio of sums over the regions that have sent every month from the first to the last (methods M10), by year. They are
  listed with their own values; a region outside the panel has no row.
#}
{% macro constant_panel(months) -%}
{%- set panel %}(
  select *
  from {{ months }}
  where area_code in (
    select sent.area_code
    from {{ months_sent() }} as sent
    join (
      select min(period_start) as first_month, max(period_start) as last_month from {{ months }} where sex = 'total'
    ) as span on sent.month between span.first_month and span.last_month
    group by sent.area_code
    having count(*) = any_value(date_diff('month', span.first_month, span.last_month)) + 1
  )
){% endset -%}
{{ ratio_of_sums(years_of(panel)) }}
{%- endmacro %}
