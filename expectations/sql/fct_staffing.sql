{# Staffing. Rates per 100 000 are of licensed people in all industries unless the row says otherwise. Whether a sex's rate is
per 100 000 of that sex or of everybody is the source's, so only shares and numbers are compared between the sexes. #}
{% from '_rules.sql' import judged %}
{% set extra %}
    case when unit = 'percent' then value end as percent_value,
    case when measure = 'per_100000' then value end as rate_per_100000,
    case when measure in ('head_count', 'fte') then value end as staff
{% endset %}
{{ judged('marts.fct_staffing',
    ['sector', 'ownership', 'industry', 'profession_code', 'includes_agency', 'denominator_kind', 'measure', 'source_id'],
    'source_id', 'value', 20, ['source_id', 'measure', 'profession_code'], ['source_id', 'measure'],
    rate="measure = 'share_percent'", count="measure in ('head_count', 'fte')",
    of_nation="measure in ('per_100000', 'share_percent')", extra=extra) }}
