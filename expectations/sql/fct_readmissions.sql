{# Readmissions. A small municipality may truly have 0 or 100 percent in a month; what is judged as impossible is the
percent of regions and the nation on at least 100 index stays (or an unknown number). #}
{% from '_rules.sql' import chance_of_count, judged, month_withheld, share_gap, withheld_months %}
{% set extra %}
    case when unit = 'percent' then value end as percent_value,
    case when measure = 'readmission_percent' and (regional or area_level = 'nation')
        and coalesce(denominator, 100) >= 100 then value end as percent_of_large_area,
    case when measure in ('index_stay_count', 'readmission_count') then value end as stays,
    case when measure = 'index_stay_count' then ratio_to_neighbours end as index_stays_ratio,
    case when measure = 'readmission_percent' then ratio_to_neighbours end as percent_ratio,
    case when value is not null and ci_low is not null then greatest(0, ci_low - value - 0.1, value - ci_high - 0.1)
    end as outside_interval,
    case when measure = 'readmission_percent' then {{ share_gap }} end as share_gap
{% endset %}
with judged as (
{{ judged('marts.fct_readmissions',
    ['age_group', 'method_code', 'diagnosis_set', 'follow_up_days', 'attribution', 'measure', 'source_id'],
    'source_id', 'value', "case when measure = 'index_stay_count' then 200 else 10 end",
    ['source_id', 'measure', 'method_code'], ['source_id', 'measure'],
    rate="measure = 'readmission_percent'", count="measure <> 'readmission_percent'",
    of_nation="measure = 'readmission_percent'", remember="measure = 'readmission_percent'",
    few='coalesce(denominator, 1000) < 100', chance=chance_of_count, extra=extra) }}
),
{{ withheld_months() }}
select judged.*, {{ month_withheld('coalesce(judged.follow_up_days, 0)') }} as month_withheld from judged
