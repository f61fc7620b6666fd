{# Waits. Numbers of contacts really rise and fall by fifty times from month to month in telephone data, so only shares
and days are compared with their neighbours. Half-years are separate two-week samples, a series of their own. Of what is
counted from contacts, only shares and days of 50 contacts or more are compared, and regions kept are providers' regions
with assessments: few contacts of another kind, and residents of other regions, come and go. #}
{% from '_rules.sql' import judged %}
{% set contact = 'area_code, area_level, period, period_type, service_code, contact_type, phase, guarantee_rule,
        guarantee_version, exclusion_set, attribution, sex, age_group, source_id' %}
{% set extra %}
    case when unit = 'percent' then value end as percent_value,
    case when measure in ('median_days', 'p90_days') then value end as days,
    case when measure in ('within_count', 'total_count', 'waiting_count') then value end as contacts
{% endset %}
with judged as (
{{ judged('marts.fct_wait_times',
    ['service_code', 'contact_type', 'phase', 'guarantee_rule', 'guarantee_version', 'exclusion_set', 'attribution',
     'age_group', 'wait_interval', 'measure', 'source_id'],
    'source_id', "case when measure in ('within_percent', 'median_days', 'p90_days')
        and (source_id <> 'wait_contacts' or denominator >= 50) then value end",
    "case when measure = 'within_percent' then 20 else 60 end",
    ['source_id', 'service_code', 'contact_type', 'phase', 'attribution', 'measure'], ['source_id', 'measure'],
    rate="measure in ('within_percent', 'median_days')", count="measure in ('within_count', 'total_count', 'waiting_count')",
    of_nation="measure in ('within_percent', 'median_days')", extra=extra) }}
)
select judged.* replace (
        case when source_id <> 'wait_contacts' or (attribution, contact_type, measure) = ('provider', 'assessment', 'total_count')
            then regions_kept end as regions_kept),
    case when measure = 'within_count'
        then greatest(0, value - max(value) filter (where measure = 'total_count') over contact) end as within_beyond_total,
    case when measure = 'p90_days'
        then greatest(0, max(value) filter (where measure = 'median_days') over contact - value) end as p90_below_median
from judged
window contact as (partition by {{ contact }})
