{# Population. From 2025 the statistics office adds noise to every count (Cell Key Method): parts miss their total by up
to 8 in the delivered table. `change_in_region` is the change of a region's whole population in percent from the
period before, at most a year ago. Where a municipality moved county the change is known, and is listed as
`boundary_change` instead: Heby moved on 1 January 2007, which a series that puts December on the next year's division
shows in 2006. #}
{% from '_rules.sql' import judged %}
{% set extra %}
    case when noise = 'none' then abs(sex_gap) end as sex_gap_exact,
    case when noise = 'ckm' then abs(sex_gap) end as sex_gap_noisy,
    value - trunc(value) as fraction,
    area_code in ('03', '19') and left(period, 4) in ('2006', '2007') as boundary_moved
{% endset %}
with judged as (
{{ judged('marts.fct_population', ['age_group', 'measure', 'source_id'], 'source_id', 'value', 1000,
    ['source_id', 'measure'], ['source_id', 'measure'], count='true', remember="age_group = 'total'", extra=extra) }}
),
ages as (
    select source_id, area_code, area_level, period_type, period, sex,
        case when arg_max(open_age, open_age) = max(age) + 1 and count(age) >= 50
            then abs(max(value) filter (where age_group = 'total') - sum(value) filter (where age is not null)
                - arg_max(value, open_age)) end as age_gap
    from (
        select *, try_cast(age_group as integer) as age,
            case when right(age_group, 1) = '+' then try_cast(rtrim(age_group, '+') as integer) end as open_age
        from marts.fct_population where noise = 'none'
    ) as aged
    group by all
),
wholes as (
    select source_id, area_code, area_level, period_type, period, period_start, boundary_moved,
        coalesce(max(value) filter (where sex = 'total' and age_group = 'total'),
                 sum(value) filter (where sex <> 'total' and age_group <> 'total'),
                 sum(value) filter (where sex = 'total'), sum(value)) as people
    from judged where regional group by all
),
changes as (
    select *, case when period_start <= lag(period_start) over earlier + interval 13 months
        then 100 * (people / nullif(lag(people) over earlier, 0) - 1)::double end as change
    from wholes
    window earlier as (partition by source_id, area_code, area_level, period_type order by period_start)
)
select judged.*,
    case when age_group = 'total' and noise = 'none' then ages.age_gap end as age_gap,
    case when not changes.boundary_moved then changes.change end as change_in_region,
    case when changes.boundary_moved then changes.change end as boundary_change,
    case when area_level <> 'nation' then null
        when regions_beside = 21 then abs(value - regions_sum) when counties_beside = 21 then abs(value - counties_sum)
    end / (case when noise = 'ckm' then 10 * 22 else 1 end) as nation_gap
from (
    select * exclude (regions_beside, regions_sum),
        sum(value) filter (where area_level = 'region') over areas as regions_sum,
        count(value) filter (where area_level = 'region') over areas as regions_beside,
        sum(value) filter (where area_level = 'county') over areas as counties_sum,
        count(value) filter (where area_level = 'county') over areas as counties_beside
    from judged
    window areas as (partition by source_id, measure, sex, age_group, noise, period_type, period)
) as judged
left join ages using (source_id, area_code, area_level, period_type, period, sex)
left join changes using (source_id, area_code, area_level, period_type, period)
