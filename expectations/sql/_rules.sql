{#
The rules that several datasets share, each written once. A rule is a computed column; its bound stands in the suite.
A column is null where its rule does not apply to the row, and Great Expectations passes over nulls.

ratio_to_neighbours  how many times the value differs from its series' other periods, 1 = not at all. Compared with up
                     to two periods before and two after; what counts is the ratio that most of them reach, so that a
                     single wrong value is found and the sound ones beside it are not; or, for a shift that stays, the
                     smaller of the ratios to the two periods before. Two values are comparable when both are above 0
                     and the greater reaches the floor: a true zero and a negative net cost are no jump.
outside_women_men    how far the total lies outside what the values for women and men allow, 0 = within. For a measure
                     of everybody in the population (`per_person`) both halves weigh, so a total that equals one of two
                     values far apart is outside (from 5 % apart, the total must stay 5 % of the distance inside).
                     Standardised rates nearer than that may lie 3 % of their level outside. A total with decimals
                     beside whole-numbered parts gets half a unit.
sex_gap              total - women - men, for counts.
outside_regions      how far the nation lies outside its lowest and highest region; judged from 15 regions on. Where an
                     absent region counts 0 (costs), the lowest is at most 0 and any number of regions will do.
regions_in_period    distinct regions of a source in a period, at one level.
regions_kept         the period's regions with a value as a share of the most in the two periods before, in one panel;
                     1 when at most one is lost.
missing_share        share of a source's measure that is missing without a lawful reason.
area_unknown         1 when code and level are not among the areas.
regions_of_nation    what the regions add up to as a multiple of the nation, for counts: 1 at least where one is missing.
sources_apart        how far another source's value for the very same thing lies from this one, in percent of the greater.
share_gap            how far a percent lies from 100 x numerator / denominator beyond its own rounding.
month_withheld       1 where the value is counted from a provider's month that `int_completeness__signals` withholds: of the
                     region, its municipalities and the nation, in every period that the month, or a follow-up, lies in.
The rules of `_memory.sql` stand in the same row; `remember` says for which values and from which level (`memory_floor`), `few` where a count is so small that
none is no wonder, `chance` the relative standard deviation of the count.
#}
{% from '_memory.sql' import memory %}
{% set chance_of_count = "case when numerator > 0 and denominator > 0 then 1 / sqrt(numerator::double) end" %}
{% set share_gap -%}
case when numerator is not null and denominator > 0 then greatest(0, abs(100 * numerator::double / denominator::double - value::double)
        - case when value = trunc(value) then 0.51 when value * 10 = trunc(value * 10) then 0.051 else 0.0051 end) end
{%- endset %}
{# Of an owner's nation in kronor per inhabitant: percent from its regions weighted by population in the nearest year that
is known, from 15 regions on. A region without a value weighs nothing here; an owner that counts its people and not its
cost gives a nation that is too low. #}
{% macro weighted_parts(table, key) -%}
people as (
    select area_code, year(period_start) as people_year, max(value) as people
    from marts.fct_population
    where sex = 'total' and age_group = 'total' and area_level in ('region', 'county') and value > 0
    group by all
),
weights as (
    select area_code, period as weight_period, arg_min(people, abs(people_year - period_year)) as people
    from people, (select distinct period, year(period_start) as period_year from {{ table }} where contains(unit, 'per_inhabitant'))
    group by all
),
weighted as (
    select f.period as weighted_period, {% for column in key %}f.{{ column }} as weighted_{{ column }}, {% endfor %}

        sum(f.value::double * w.people::double) / sum(w.people::double) as of_parts
    from {{ table }} as f join weights as w on w.area_code = f.area_code and w.weight_period = f.period
    where f.area_level in ('region', 'county') and f.value is not null and contains(f.unit, 'per_inhabitant')
    group by all having count(*) >= 15
)
{%- endmacro %}
{% macro of_weighted(key) -%}
weighted_period = judged.period{% for column in key %} and weighted_{{ column }} is not distinct from judged.{{ column }}{% endfor %}

{%- endmacro %}
{% macro comparable_ratio(a, b, floor) -%}
case when {{ b }} is null or {{ a }} is null then null
     when {{ a }} > 0 and {{ b }} > 0 and greatest({{ a }}, {{ b }}) >= {{ floor }}
     then greatest({{ a }}, {{ b }})::double / least({{ a }}, {{ b }})::double
     else 1.0 end
{%- endmacro %}

{% macro judged(table, dimensions, source, jump_value, jump_floor, panel, missing_by,
                order='period_start', has_sex=true, per_person='false', rate='false', count='false',
                of_nation='false', absent_is_zero=false, explained='false', remember='true', memory_floor='0', few='false', chance='null', extra='') %}
{% set sexes = ['sex'] if has_sex else [] %}
{% set key = dimensions + sexes + ['period_type'] %}
with base as (
    select *, row_number() over () as row_id, {{ jump_value }} as jump_value, {{ jump_floor }} as jump_floor,
        case when {{ remember }} then {{ jump_value }} end as remembered_value, {{ few }} as few, {{ chance }} as chance,
        {{ memory_floor }} as memory_floor,
        area_level in ('region', 'county') as regional,
        value is null and value_status in ('normal', 'missing_at_source', 'not_reported') and not ({{ explained }})
            as missing
    from {{ table }}
),
panels as (
    select {{ panel | join(', ') }}, period_type, area_level, {{ order }} as panel_order,
        count(distinct area_code) filter (where value is not null) as regions
    from base where regional group by all
),
kept as (
    select
{% for column in panel + ['period_type', 'area_level', 'panel_order'] %}
        {{ column }} as kept_{{ column }},
{% endfor %}
        regions as kept_regions, greatest(lag(regions) over earlier, lag(regions, 2) over earlier) as kept_before
    from panels
    window earlier as (partition by {{ panel | join(', ') }}, period_type, area_level order by panel_order)
),
counted as (
    select {{ source }} as counted_source, period_type as counted_type, period as counted_period,
        area_level as counted_level, count(distinct area_code) as regions_in_period
    from base where regional group by all
),
shares as (
    select
{% for column in missing_by %}
        {{ column }} as share_{{ column }},
{% endfor %}
        avg(missing::int) as missing_share
    from base group by all
),
{{ memory(key, order, has_sex) }},
{% if source == 'source_id' %}
{% set thing = ['area_code', 'period'] + key | reject('equalto', source) | list %}
stated_twice as (
    select {% for column in thing %}{{ column }} as told_{{ column }}, {% endfor %}

        case when regional then 'region' else area_level end as told_level, min(value) as least_told, max(value) as most_told
    from base where value is not null group by all having min({{ source }}) <> max({{ source }})
),
{% endif %}
beside as (
    select base.*,
        lag(jump_value ignore nulls) over series as before_1,
        lag(jump_value, 2 ignore nulls) over series as before_2,
        lead(jump_value ignore nulls) over series as after_1,
        lead(jump_value, 2 ignore nulls) over series as after_2,
{% if has_sex %}
        max(value) filter (where sex = 'women') over sexes as women,
        max(value) filter (where sex = 'men') over sexes as men,
{% endif %}
        min(value) filter (where regional) over areas as lowest,
        max(value) filter (where regional) over areas as highest,
        sum(value) filter (where regional) over areas as regions_sum,
        count(value) filter (where regional) over areas as regions_beside
    from base
    window
        series as (partition by area_code, area_level, {{ key | join(', ') }} order by {{ order }}),
{% if has_sex %}
        sexes as (partition by area_code, area_level, period, {{ dimensions | join(', ') }}, period_type),
{% endif %}
        areas as (partition by period, {{ key | join(', ') }})
),
ratios as (
    select *,
        {{ comparable_ratio('jump_value', 'before_1', 'jump_floor') }} as r1,
        {{ comparable_ratio('jump_value', 'before_2', 'jump_floor') }} as r2,
        {{ comparable_ratio('jump_value', 'after_1', 'jump_floor') }} as r3,
        {{ comparable_ratio('jump_value', 'after_2', 'jump_floor') }} as r4,
{% if has_sex %}
        abs(women - men) as apart, least(women, men) as lesser,
        case when value <> trunc(value) and women = trunc(women) and men = trunc(men) then 0.5 else 0 end as rounding
{% endif %}
    from beside
)
select ratios.*,
    greatest(
        list_sort([r1, r2, r3, r4], 'ASC', 'NULLS LAST')[
            (((r1 is not null)::int + (r2 is not null)::int + (r3 is not null)::int + (r4 is not null)::int) + 1) // 2],
        case when r1 is not null and r2 is not null then least(r1, r2) end) as ratio_to_neighbours,
{% if has_sex %}
    case when sex = 'total' and value is not null and women is not null and men is not null and ({{ rate }}) then
        greatest(0, case
            when not ({{ per_person }}) then greatest(lesser - value, value - lesser - apart) - rounding
            when apart < 0.05 * lesser then greatest(lesser - value, value - lesser - apart) - 0.03 * lesser
            else greatest(lesser + 0.05 * apart - value, value - lesser - 0.95 * apart) - rounding end)
    end as outside_women_men,
    case when sex = 'total' and ({{ count }}) then value - women - men end as sex_gap,
{% endif %}
    case when area_level = 'nation' and value > 0 and ({{ count }}) then
        case when regions_beside = 21 then regions_sum / value when regions_beside > 0 then greatest(1, regions_sum / value) end
    end as regions_of_nation,
{% if source == 'source_id' %}
    case when value_status = 'normal' then 100 * greatest(most_told - value, value - least_told)::double
        / nullif(greatest(abs(most_told), abs(least_told))::double, 0) end as sources_apart,
{% endif %}
    memory.* exclude (row_id),
    case when area_level = 'nation' and ({{ of_nation }})
{% if absent_is_zero %}
        and regions_beside > 0
        then greatest(0, (case when regions_beside < 21 then least(lowest, 0) else lowest end) - value - 0.05,
                      value - (case when regions_beside < 21 then greatest(highest, 0) else highest end) - 0.05)
{% else %}
        and regions_beside >= 15 then greatest(0, lowest - value - 0.05, value - highest - 0.05)
{% endif %}
    end as outside_regions,
    counted.regions_in_period,
    case when kept_before - kept_regions >= 2 then kept_regions / kept_before when kept_before is not null then 1
    end as regions_kept,
    shares.missing_share,
    (known_code is null)::int as area_unknown,
{{ extra }}
from ratios
left join memory on memory.row_id = ratios.row_id
{% if source == 'source_id' %}
left join stated_twice on told_level = case when ratios.regional then 'region' else ratios.area_level end
{% for column in ['area_code', 'period'] + key | reject('equalto', source) | list %}
    and told_{{ column }} is not distinct from ratios.{{ column }}
{% endfor %}
{% endif %}
left join counted on counted_source = ratios.{{ source }} and counted_type = ratios.period_type
    and counted_period = ratios.period and counted_level = ratios.area_level
left join kept on kept_period_type = ratios.period_type and kept_area_level = ratios.area_level
    and kept_panel_order = ratios.{{ order }}
{% for column in panel %}
    and kept_{{ column }} is not distinct from ratios.{{ column }}
{% endfor %}
left join shares on
{% for column in missing_by %}
    {{ 'and ' if not loop.first }}share_{{ column }} is not distinct from ratios.{{ column }}
{% endfor %}
left join (select distinct area_code as known_code, area_level as known_level from marts.areas) as known
    on known_code = ratios.area_code and known_level = ratios.area_level
{% endmacro %}

{% macro withheld_months() %}
withheld_months as (
    select distinct of_source, month, unnest([left(reporter, 2), '00']) as of_area
    from (select source_id as of_source, reporter, month from intermediate.int_completeness__signals where severity = 'withhold') as told
)
{% endmacro %}

{% macro month_withheld(follow_up='0') %}
(judged.value is not null and exists (
    select 1 from withheld_months
    where of_source = judged.source_id and month between judged.period_start and judged.period_end + {{ follow_up }}
        and of_area = case when judged.area_level = 'nation' then '00' else left(judged.area_code, 2) end))::int
{% endmacro %}
