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

{# A year is the sum of its months; one with fewer than twelve is flagged. `months`: facts of regions. #}
{% macro years_of(months) -%}
(
  select
    area_code, area_level, left(period, 4) as period, 'year' as period_type, sex, age_group, null as value,
    sum(numerator) as numerator, sum(denominator) as denominator, unit, 'normal' as value_status,
    {{ joined_flags("flatten(list(string_split(value_flags, '|')))
      || [case when count(*) < 12 then 'partial_coverage' else '' end]") }} as value_flags,
    null as coverage_n, null as coverage_expected, list_distinct(flatten(list(deliveries))) as deliveries,
    null as ci_low, null as ci_high
  from {{ months }}
  group by area_code, area_level, left(period, 4), sex, age_group, unit
)
{%- endmacro %}

{#
  The ratio of sums over the regions that have every month from the first to the last (methods M10), by year. They are
  listed with their own values; a region outside the panel has no row.
#}
{% macro constant_panel(months) -%}
{%- set panel %}(
  select *
  from {{ months }}
  where area_code in (
    select area_code
    from {{ months }}
    where sex = 'total'
    group by area_code
    having count(distinct period) = (select date_diff('month', min(period_start), max(period_start)) + 1 from {{ months }})
  )
){% endset -%}
{{ ratio_of_sums(years_of(panel)) }}
{%- endmacro %}
