{#
  What the indicators share. A model selects its facts into a CTE with `indicator_facts` and ends with one macro that
  says how areas become a nation (the definition's `aggregation`). Every view has the same columns (architecture).
#}

{# A fact with all deliveries behind each row and the columns of an indicator, so a model only states which rows. A cell
   that a check has masked has no value (expectations/masks.py; the tables stand in the warehouse before dbt starts). #}
{% macro indicator_facts(fact) -%}
{%- set own = {
  'fct_costs': ['denominator'],
  'fct_staffing': ['denominator'],
  'fct_readmissions': ['numerator', 'denominator', 'ci_low', 'ci_high', 'ci_level', 'ci_method'],
  'fct_wait_times': ['numerator', 'denominator'],
}.get(fact, []) -%}
(
  select
    f.* exclude ({{ (['delivery_sha256', 'lineage_id', 'value', 'value_status'] + own) | join(', ') }}),
    case when m.checks is null then f.value end as value,
    case when m.checks is null then f.value_status else 'withheld' end as value_status,
    {% if fact == 'fct_costs' %}'total' as sex,{% endif %}
    {% if fact in ('fct_costs', 'fct_staffing') %}'total' as age_group,{% endif %}
    {{ 'case when m.checks is null then f.numerator end' if 'numerator' in own else 'null' }} as numerator,
    {{ 'case when m.checks is null then f.denominator end' if 'denominator' in own else 'null' }} as denominator,
    {{ 'case when m.checks is null then f.ci_low end' if 'ci_low' in own else 'null' }} as ci_low,
    {{ 'case when m.checks is null then f.ci_high end' if 'ci_high' in own else 'null' }} as ci_high,
    null as coverage_n,
    null as coverage_expected,
    case when f.delivery_sha256 is not null then [f.delivery_sha256] else sets.deliveries end as deliveries
  from {{ ref(fact) }} as f
  left join (
    select lineage_id, list(delivery_sha256) as deliveries from {{ ref('lineage') }} group by lineage_id
  ) as sets on sets.lineage_id = f.lineage_id
  left join judged.masked_{{ fact }} as m
    on {% for column in mask_key(fact) %}{{ 'and ' if not loop.first }}m.{{ column }} is not distinct from f.{{ column }} {% endfor %}

)
{%- endmacro %}

{# The key of a fact as its masked cells name it (orchestration/releases/contract.py); a test holds the two together. #}
{% macro mask_key(fact) -%}
{{ return(['area_code', 'area_level', 'period', 'period_type'] + {
  'fct_costs': ['service_code', 'service_level', 'cost_concept', 'drug_scope', 'price_basis'],
  'fct_staffing': ['sector', 'ownership', 'industry', 'profession_code', 'sex', 'includes_agency'],
  'fct_readmissions': ['sex', 'age_group', 'method_code', 'diagnosis_set', 'follow_up_days', 'attribution'],
  'fct_wait_times': ['service_code', 'contact_type', 'phase', 'guarantee_rule', 'guarantee_version', 'exclusion_set',
    'attribution', 'sex', 'age_group', 'wait_interval'],
  'fct_observations': ['topic_code', 'sex', 'age_group'],
  'fct_population': ['sex', 'age_group', 'noise'],
}[fact] + ['measure', 'source_id']) }}
{%- endmacro %}

{# The columns of every indicator view, typed. #}
{% macro indicator_columns() -%}
area_code, area_level, period, period_type, sex, age_group,
{{ amount('value') }} as value,
{{ amount('numerator') }} as numerator,
{{ amount('denominator') }} as denominator,
unit, {{ status_of_amount('value', 'value_status') }} as value_status, value_flags,
cast(coverage_n as integer) as coverage_n,
cast(coverage_expected as integer) as coverage_expected,
deliveries,
{{ amount('ci_low') }} as ci_low,
{{ amount('ci_high') }} as ci_high
{%- endmacro %}

{# Flags of one or several rows, as one sorted set. #}
{% macro joined_flags(flag_lists) -%}
array_to_string(list_sort(list_distinct(list_filter({{ flag_lists }}, x -> x <> ''))), '|')
{%- endmacro %}

{# How many regions are to report: those valid today (21). #}
{% macro expected_regions() -%}
(select count(*) from {{ ref('areas') }} where area_level = 'region' and valid_to is null)
{%- endmacro %}

{# As the owner publishes it, the nation included: nothing is recomputed. #}
{% macro as_published(facts) %}
select {{ indicator_columns() }} from {{ facts }}
{% endmacro %}

{# Counted from rows in the fact, the nation from all rows together: nothing is recomputed. #}
{% macro pooled_rows(facts) %}
select {{ indicator_columns() }} from {{ facts }}
{% endmacro %}

{#
  Regions as published, and no nation: nothing to weight them by is delivered. The nation's row is null and
  `not_applicable`, so its absence is published with its reason (the definition's `exclusions_sv`). A nation that the
  owner does deliver stays.
#}
{% macro without_nation(facts) %}
select {{ indicator_columns() }} from {{ facts }}
union all
select
  '00', 'nation', period, period_type, sex, age_group, null, null, null, unit, 'not_applicable', '', null, null,
  list_distinct(flatten(list(deliveries))), null, null
from {{ facts }}
group by period, period_type, sex, age_group, unit
having count(*) filter (where area_level = 'nation') = 0
  and count(*) filter (where area_level in ('region', 'county')) > 0
{% endmacro %}

{#
  A share of counts: 100 x numerator / denominator where the area has both, else the owner's rounded value. The nation
  is the ratio of sums over regions with both; regions with one of them or flagged `suspect` stay out of numerator and
  denominator alike, and coverage says how many are in. The owner's own nation is not used.
#}
{% macro ratio_of_sums(facts) %}
{%- set counted = "value_status = 'normal' and numerator is not null and denominator > 0" -%}
{%- set usable = counted ~ " and not list_contains(string_split(value_flags, '|'), 'suspect')" -%}
select {{ indicator_columns() }}
from (
  select
    area_code, area_level, period, period_type, sex, age_group,
    case when {{ counted }} then try_cast(100 * cast(numerator as double) / cast(denominator as double) as decimal(28, 12))
      else value end as value,
    numerator, denominator, unit, value_status,
    case when {{ counted }} then {{ joined_flags("string_split(value_flags, '|') || ['derived']") }}
      else value_flags end as value_flags,
    coverage_n, coverage_expected, deliveries, ci_low, ci_high
  from {{ facts }}
  where area_level not in ('nation', 'nation_part')
  union all
  select
    '00', 'nation', period, period_type, sex, age_group,
    try_cast(100 * cast(sum(numerator) filter (where {{ usable }}) as double)
      / cast(sum(denominator) filter (where {{ usable }}) as double) as decimal(28, 12)),
    sum(numerator) filter (where {{ usable }}),
    sum(denominator) filter (where {{ usable }}),
    unit,
    case when bool_or({{ usable }}) then 'normal' else 'missing_at_source' end,
    {{ joined_flags("coalesce(flatten(list(string_split(value_flags, '|')) filter (where " ~ usable ~ ")), [])
      || ['derived', case when count(*) filter (where " ~ usable ~ ") < " ~ expected_regions() ~ " then 'partial_coverage' else '' end]") }},
    count(*) filter (where {{ usable }}),
    {{ expected_regions() }},
    list_distinct(flatten(list(deliveries))),
    null, null
  from {{ facts }}
  where area_level in ('region', 'county')
  group by period, period_type, sex, age_group, unit
) as shares
{% endmacro %}

{#
  A sum over the rows of one area (services and accounts that are additive). A part the area does not have counts 0; a
  part that is missing, not reported or excluded makes the sum so. The nation is the same sum over the owner's own national rows.
#}
{% macro sum_of_parts(facts) %}
select {{ indicator_columns() }}
from (
  select
    area_code, area_level, period, period_type, sex, age_group,
    case when bool_and(value_status in ('normal', 'not_applicable')) and bool_or(value_status = 'normal')
      then sum(value) end as value,
    null as numerator, null as denominator, unit,
    case
      when bool_or(value_status = 'withheld') then 'withheld'
      when bool_or(value_status = 'excluded') then 'excluded'
      when bool_or(value_status = 'not_reported') then 'not_reported'
      when bool_or(value_status not in ('normal', 'not_applicable')) then 'missing_at_source'
      when bool_or(value_status = 'normal') then 'normal'
      else 'not_applicable'
    end as value_status,
    {{ joined_flags("flatten(list(string_split(value_flags, '|'))) || ['derived']") }} as value_flags,
    null as coverage_n, null as coverage_expected,
    list_distinct(flatten(list(deliveries))) as deliveries, null as ci_low, null as ci_high
  from {{ facts }}
  group by area_code, area_level, period, period_type, sex, age_group, unit
) as sums
{% endmacro %}

{#
  One amount as a share of another of the same area and period, in percent; `part` and `whole` are conditions. The
  nation is the share of the owner's own national amounts.
#}
{% macro share_of_whole(facts, part, whole) %}
select {{ indicator_columns() }}
from (
  select
    area_code, area_level, period, period_type, sex, age_group,
    case when status = 'normal' then try_cast(100 * cast(part_value as double) / cast(whole_value as double)
      as decimal(28, 12)) end as value,
    part_value as numerator, whole_value as denominator, 'percent' as unit, status as value_status, value_flags,
    null as coverage_n, null as coverage_expected, deliveries, null as ci_low, null as ci_high
  from (
    select
      area_code, area_level, period, period_type, sex, age_group,
      max(value) filter (where {{ part }}) as part_value,
      max(value) filter (where {{ whole }}) as whole_value,
      case
        when max(value_status) filter (where {{ part }}) <> 'normal' then max(value_status) filter (where {{ part }})
        when max(value_status) filter (where {{ whole }}) <> 'normal' then max(value_status) filter (where {{ whole }})
        when max(value) filter (where {{ whole }}) > 0 then 'normal'
        else 'not_applicable'
      end as status,
      {{ joined_flags("flatten(list(string_split(value_flags, '|'))) || ['derived']") }} as value_flags,
      list_distinct(flatten(list(deliveries))) as deliveries
    from {{ facts }}
    group by area_code, area_level, period, period_type, sex, age_group
    having bool_or({{ part }}) and bool_or({{ whole }})
  ) as amounts
) as shares
{% endmacro %}

{#
  People of an age and above among all, by area, year and sex, from single years of age and the open group above them.
  Counted only where the ages make up the published total exactly: a missing age would pass for nobody.
#}
{% macro people_from_age(lowest_age) -%}
(
  select
    area_code, area_level, period, period_type, sex, 'total' as age_group,
    null as value,
    sum(value) filter (where age >= {{ lowest_age }}) as numerator,
    max(value) filter (where age_group = 'total') as denominator,
    'percent' as unit,
    case when sum(value) filter (where age is not null) = max(value) filter (where age_group = 'total')
      then 'normal' else 'missing_at_source' end as value_status,
    -- Where a boundary moved, the people are others, but hardly their ages: the share goes on.
    {{ joined_flags("list_filter(flatten(list(string_split(value_flags, '|'))), x -> x not in ('break', 'derived'))") }}
      as value_flags,
    null as coverage_n, null as coverage_expected,
    list_distinct(flatten(list(deliveries))) as deliveries, null as ci_low, null as ci_high
  from (
    select
      *,
      case
        when regexp_full_match(age_group, '\d+') then cast(age_group as integer)
        when age_group = cast(max(try_cast(age_group as integer)) over same_people + 1 as varchar) || '+'
          then cast(replace(age_group, '+', '') as integer)
      end as age
    from {{ indicator_facts('fct_population') }}
    where source_id = 'scb_population' and period_type = 'year' and noise = 'none' and value_status = 'normal'
    window same_people as (partition by area_code, area_level, period, sex)
  ) as ages
  group by area_code, area_level, period, period_type, sex
  having count(age) > 0 and bool_or(age_group = 'total')
)
{%- endmacro %}
