{# Everything else accepted: surveys, visits, care days, drugs. The unit says what a value may be: `percent` is a share
(0-100), `per_...` a rate, `persons` a count; a deviation or a change in percent must carry another unit. Only care days
and the like, rates per person of the whole population, come for women and men of nearly the same number. #}
{% from '_rules.sql' import judged %}
{% set rate = "unit = 'percent' or starts_with(unit, 'per_') or contains(unit, 'per_inhabitant')" %}
{% set extra %}
    case when unit = 'percent' then value end as percent_value,
    case when starts_with(unit, 'per_') or unit = 'persons' then value end as amount
{% endset %}
{{ judged('marts.fct_observations', ['topic_code', 'age_group', 'measure', 'unit', 'source_id'],
    'source_id', "case when " ~ rate ~ " then value end",
    "case when contains(unit, 'per_inhabitant') then 1000 else 20 end",
    ['source_id', 'topic_code', 'measure'], ['source_id', 'topic_code', 'measure'],
    per_person="unit in ('per_1000', 'per_100000')", rate=rate,
    count="unit = 'persons'", of_nation=rate, extra=extra) }}
