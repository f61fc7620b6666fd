{# Waits. Numbers of contacts really rise and fall by fifty times from month to month in telephone data, so only shares
and days are compared with their neighbours. Half-years are separate two-week samples, a series of their own. Of what is
counted from contacts, only shares and days of 50 contacts or more are compared, and regions kept are providers' regions
with assessments: few contacts of another kind, and residents of other regions, come and go. #}
{% from '_rules.sql' import chance_of_count, judged, month_withheld, share_gap, withheld_months %}
{% set contact = 'area_code, area_level, period, period_type, service_code, contact_type, phase, guarantee_rule,
        guarantee_version, exclusion_set, attribution, sex, age_group, source_id' %}
{% set extra %}
    case when unit = 'percent' then value end as percent_value,
    case when measure in ('median_days', 'p90_days') then value end as days,
    case when measure in ('within_count', 'total_count', 'waiting_count') then value end as contacts,
    case when measure = 'within_percent' then {{ share_gap }} end as share_gap
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
    of_nation="measure in ('within_percent', 'median_days')", few='coalesce(denominator, 1000) < 100',
    memory_floor="case when unit <> 'days' then 0 when source_id = 'wait_contacts' then 60 else 20 end", chance=chance_of_count, extra=extra) }}
)
, {{ withheld_months() }}, volumes as (
    select row_id, abs(volume - usual) as volume_apart,
        quantile_cont(abs(volume - usual), 0.75) over (partition by area_code, area_level, source_id, service_code, contact_type, phase, period_type, sex, age_group) as volume_spread
    from (
        select *, ln(denominator::double) as volume, median(ln(denominator::double)) over beside as usual, count(*) over beside as usual_of
        from judged where denominator > 0 and source_id <> 'wait_contacts' and measure = 'within_percent'
        window beside as (partition by area_code, area_level, source_id, service_code, contact_type, phase, guarantee_rule,
            guarantee_version, exclusion_set, attribution, period_type, sex, age_group
            order by period_start rows between 12 preceding and 12 following exclude current row)
    ) as counted
    where usual_of >= 4
)
select judged.* replace (
        case when source_id <> 'wait_contacts' or (attribution, contact_type, measure) = ('provider', 'assessment', 'total_count')
            then regions_kept end as regions_kept),
    case when measure = 'within_count'
        then greatest(0, value - max(value) filter (where measure = 'total_count') over contact) end as within_beyond_total,
    case when measure = 'p90_days'
        then greatest(0, max(value) filter (where measure = 'median_days') over contact - value) end as p90_below_median,
    case when measure = 'total_count' and phase = 'waiting'
        then value - sum(value) filter (where measure = 'waiting_count') over contact end as intervals_gap,
    case when volume_apart > ln(3) then volume_apart / greatest(volume_spread, 0.1) when volume_apart is not null then 0 end as volume_jump,
    {{ month_withheld() }} as month_withheld,
    (source_id = 'wait_contacts' and value is null)::int as counted_missing
from judged
left join volumes using (row_id)
window contact as (partition by {{ contact }})
