{# The values about to be published. The nation is judged against its regions for shares and amounts per head only; a
value that is hidden may show nothing derived from it; `partial_unsaid` is 1 where a nation rests on fewer areas than
expected without saying so. Costs are compared with their neighbours from 1 000 kronor per inhabitant on: below, regions
move whole services between accounts (Uppsala's home health care, 68 to 8 kronor in 2016). #}
{% from '_rules.sql' import chance_of_count, judged %}
{% set per_head = "unit = 'percent' or starts_with(unit, 'per_') or contains(unit, 'per_inhabitant')" %}
{% set extra %}
    case when unit = 'percent' then value end as percent_value,
    case when value is not null and ci_low is not null and ci_high is not null
        then greatest(0, ci_low - value - 0.1, value - ci_high - 0.1) end as outside_interval,
    case when value is null then (coalesce(numerator, ci_low, ci_high, change_abs, change_pct, change_pct_better)
        is not null)::int end as derived_of_hidden,
    case when area_level = 'nation' and value is not null and coverage_n < coverage_expected
        then (not list_contains(string_split(value_flags, '|'), 'partial_coverage'))::int end as partial_unsaid,
    coverage_n - coverage_expected as coverage_excess,
    abs(change_abs - (value - reference_value)) as change_gap,
    case when unit = 'percent' or area_level in ('nation', 'region', 'county') then abs(change_pct) end as change_size
{% endset %}
{{ judged('published.indicator_values', ['indicator_id', 'definition_version', 'age_group'], 'indicator_id',
    "case when " ~ per_head ~ " or unit = 'days' then value end", "case when unit = 'days' then 60 when contains(unit, 'per_inhabitant') then 1000 else 20 end",
    ['indicator_id'], ['indicator_id'], order='period',
    per_person="unit in ('per_1000', 'per_100000')", rate=per_head ~ " or unit = 'days'",
    count="unit in ('persons', 'count')", of_nation=per_head ~ " or unit = 'days'",
    memory_floor="case when contains(unit, 'per_inhabitant') then 1000 else 0 end", few="coalesce(denominator, 1000) < 100", chance=chance_of_count, extra=extra) }}
