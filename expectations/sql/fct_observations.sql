{# Everything else accepted: surveys, visits, care days, drugs. The unit says what a value may be: `percent` is a share
(0-100), `per_...` a rate, `persons` a count; a deviation or a change in percent must carry another unit. Only care days
and the like, rates per person of the whole population, come for women and men of nearly the same number. #}
{% from '_rules.sql' import judged, month_withheld, of_weighted, weighted_parts, withheld_months %}
{% set rate = "unit = 'percent' or starts_with(unit, 'per_') or contains(unit, 'per_inhabitant')" %}
{% set extra %}
    case when unit = 'percent' then value end as percent_value,
    case when starts_with(unit, 'per_') or unit = 'persons' then value end as amount
{% endset %}
with judged as (
{{ judged('marts.fct_observations', ['topic_code', 'age_group', 'measure', 'unit', 'source_id'],
    'source_id', "case when " ~ rate ~ " then value end",
    "case when contains(unit, 'per_inhabitant') then 1000 else 20 end",
    ['source_id', 'topic_code', 'measure'], ['source_id', 'topic_code', 'measure'],
    per_person="unit in ('per_1000', 'per_100000')", rate=rate,
    count="unit = 'persons'", of_nation=rate, extra=extra) }}
),
{# A count of listed people over the share of them gives how many live there: compared with the population. #}
listed as (
    select area_code, area_level, period, sex, age_group, source_id,
        max(value) filter (where topic_code = 'named_doctor_count') / nullif(max(value) filter (where topic_code = 'named_doctor_share'), 0) * 100 as implied
    from marts.fct_observations
    where topic_code in ('named_doctor_count', 'named_doctor_share') and area_level in ('region', 'county')
    group by all
),
{% set weighted_key = ['topic_code', 'sex', 'age_group', 'measure', 'source_id'] %}
{{ weighted_parts('marts.fct_observations', weighted_key) }},
{{ withheld_months() }},
latest as (select area_code, arg_max(people, people_year) as people from people group by area_code)
select judged.*,
    {{ month_withheld() }} as month_withheld,
    case when topic_code in ('named_doctor_count', 'named_doctor_share') then listed.implied / latest.people end as implied_people,
    case when area_level = 'nation' then 100 * abs(judged.value / nullif(of_parts, 0) - 1) end as nation_off_parts
from judged
left join listed using (area_code, area_level, period, sex, age_group, source_id)
left join latest using (area_code)
left join weighted on {{ of_weighted(weighted_key) }}
