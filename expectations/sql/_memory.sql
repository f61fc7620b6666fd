{#
The rules with shape and memory: a value against its own history and against its peers. They read `base` of `judged`,
whose `remembered_value` is the value where the rules apply, and end in `memory`, one row per `row_id`. Logarithms make
2 times the same at every level. A slice is one measure, sex and period over its regions; its `level` is their median,
from 8 regions on. A value less the level moves only as its peers do not. Values of few kinds (less than 6 in a slice,
such as 0.01 and 0.02) have no shape.

cell_jump         how many robust standard deviations a value lies from its own neighbours, the peers' common move taken
                  away: 1.4826 times the median move of the measure, or of the series itself from 6 moves on, at least
                  0.02, the chance of its count, and half a step of its rounding. 0 below a move of 1.25 times. Which
                  of four neighbours counts is as for `ratio_to_neighbours`.
level_jump        the same for the level of a whole slice, measured in the measure's own yearly moves. 0 below 1.4 times.
equal_to_earlier  the share of a slice's regions that repeat the period before, the one before that, or the same month a
                  year ago, above what the measure repeats in its other periods.
one_factor        1 where all regions moved by one factor, though in no other period they move so evenly.
order_kept        correlation of the ranks of a slice's regions with those of their medians in the ten periods on either
                  side; null where the other periods do not keep their order themselves (median below 0.6).
swapped           1 where two regions each hold what the other one is known for.
zero_of_values    1 where a value is 0 and neither its own other periods nor its peers are; few cases may truly be none.
sexes_swapped     1 where women lie above men though below in all other periods, or the other way about, by at least
                  half as much: in the median of the regions, or in one region with three other periods.
#}
{% macro same(a, b, key) %}{% for column in key %}{{ ' and ' if not loop.first }}{{ a }}.{{ column }} is not distinct from {{ b }}.{{ column }}{% endfor %}{% endmacro %}

{# Of the distances to two neighbours before and two after: the one that most of them reach, or, for a shift that stays,
the lesser of the two before. #}
{% macro reached(d1, d2, d3, d4) -%}
greatest(
    list_sort([{{ d1 }}, {{ d2 }}, {{ d3 }}, {{ d4 }}], 'ASC', 'NULLS LAST')[
        ((({{ d1 }} is not null)::int + ({{ d2 }} is not null)::int + ({{ d3 }} is not null)::int + ({{ d4 }} is not null)::int) + 1) // 2],
    case when {{ d1 }} is not null and {{ d2 }} is not null then least({{ d1 }}, {{ d2 }}) end)
{%- endmacro %}

{% macro memory(key, order, has_sex) -%}
{% set dims = key | join(', ') %}
{% set pair = key | reject('equalto', 'sex') | list %}
kept_values as (
    select *, ln(nullif(greatest(remembered_value, 0), 0)::double) as x,
        case when area_level in ('nation', 'region', 'county') then 'region' else area_level end as peer_level,
        case when bool_and(remembered_value = trunc(remembered_value)) over measure then 1
            when bool_and(remembered_value * 10 = trunc(remembered_value * 10)) over measure then 0.1
            when bool_and(remembered_value * 100 = trunc(remembered_value * 100)) over measure then 0.01 else 0 end as grain
    from base where remembered_value is not null
    window measure as (partition by {{ dims }})
),
zeros as (
    select row_id, (remembered_value = 0 and not few and low_quarter > 1 and own > 0 + (periods_apart < 8)::int
        and case when periods_apart >= 8 then zeros - zeros_now <= (periods_apart // 50)
                 else zeros = 1 and peers >= 15 end)::int as zero_of_values
    from (
        select row_id, few, remembered_value,
            count(*) over peers as peers, count(*) over peers - count(*) over now as periods_apart,
            count(*) filter (where remembered_value = 0) over peers as zeros,
            count(*) filter (where remembered_value = 0) over now as zeros_now,
            quantile_cont(remembered_value, 0.25) over peers as low_quarter,
            case when count(*) over peers = count(*) over now then 2
                else count(*) filter (where remembered_value > 0) over own end as own
        from kept_values
        window peers as (partition by {{ dims }}, peer_level), now as (partition by {{ dims }}, peer_level, {{ order }}),
            own as (partition by {{ dims }}, area_level, area_code)
    ) as counted
),
levels as (
    select {{ dims }}, {{ order }} as level_order, median(x) as level
    from kept_values where regional and x is not null
    group by all having count(*) >= 8 and count(distinct remembered_value) >= 6
),
with_levels as (select distinct {{ dims }}, true as has_level from levels),
placed as (
    select v.*, l.level, case when l.level is not null then v.x - l.level when w.has_level is null then v.x end as y
    from kept_values as v
    left join levels as l on l.level_order = v.{{ order }} and {{ same('l', 'v', key) }}
    left join with_levels as w on {{ same('w', 'v', key) }}
    where v.x is not null
),
moved as (
    select *,
        abs(y - lag(y) over series) as m1, abs(y - lag(y, 2) over series) as m2,
        abs(y - lead(y) over series) as m3, abs(y - lead(y, 2) over series) as m4,
        remembered_value = lag(remembered_value) over series as e1,
        remembered_value = lag(remembered_value, 2) over series as e2,
        case when period_type = 'month' then remembered_value = lag(remembered_value, 12) over series end as e12,
        x - lag(x) over series as step,
        median(y) over beside as usual, count(y) over beside as usual_of
    from placed where y is not null
    window series as (partition by {{ dims }}, area_level, area_code order by {{ order }}),
        beside as (partition by {{ dims }}, area_level, area_code order by {{ order }}
            rows between 10 preceding and 10 following exclude current row)
),
scales as (
    select {{ dims }}, coalesce(1.4826 * median(m1) filter (where regional and level is not null),
        1.4826 * median(m1), 0.1) as scale
    from moved group by all
),
own_scales as (
    select {{ dims }}, area_level, area_code, 1.4826 * median(m1) as own_scale
    from moved group by all having count(m1) >= 6
),
scored as (
    select m.*, greatest(0.02, s.scale, coalesce(o.own_scale, 0), coalesce(m.chance, 0)) as scale,
        {{ reached('m1', 'm2', 'm3', 'm4') }} as move, exp(x + least(0, usual - y)) as lesser
    from moved as m
    join scales as s on {{ same('s', 'm', key) }}
    left join own_scales as o on o.area_level = m.area_level and o.area_code = m.area_code and {{ same('o', 'm', key) }}
),
outlying as (
    select * from scored
    where regional and level is not null and usual_of >= 2 and exp(x) >= memory_floor
        and abs(y - usual) > greatest(4 * scale, 2 * grain / lesser, ln(1.1))
),
swaps as (
    select distinct a.row_id
    from outlying as a
    join outlying as b on a.area_code <> b.area_code and a.area_level = b.area_level and a.{{ order }} = b.{{ order }}
        and {{ same('a', 'b', key) }}
    where abs(a.y - b.usual) + abs(b.y - a.usual) < 0.25 * (abs(a.y - a.usual) + abs(b.y - b.usual))
),
slices as (
    select {{ dims }}, {{ order }} as slice_order, any_value(level) as level, max(memory_floor) as floor,
        greatest(avg(e1::int), avg(e2::int), avg(e12::int)) as equal_share, count(e1) as pairs,
        quantile_cont(abs(step - common_step), 0.9) as spread,
        case when count(*) filter (where usual_of >= 2) >= 10 then corr(own_rank, usual_rank) end as order_kept
    from (
        select *, median(step) over slice as common_step, rank() over (slice order by y) as own_rank,
            case when usual_of >= 2 then rank() over (slice order by usual) end as usual_rank
        from scored where regional and level is not null
        window slice as (partition by {{ dims }}, area_level, {{ order }})
    ) as ranked
    group by all
),
remembered as (
    select *,
        abs(level - lag(level) over slices_in_order) as l1, abs(level - lag(level, 2) over slices_in_order) as l2,
        abs(level - lead(level) over slices_in_order) as l3, abs(level - lead(level, 2) over slices_in_order) as l4,
        median(order_kept) over others as usual_order, max(equal_share) over others as usual_equal,
        min(spread) over others as least_spread, count(spread) over others as spreads
    from slices
    window slices_in_order as (partition by {{ dims }} order by slice_order),
        others as (partition by {{ dims }} order by slice_order
            rows between unbounded preceding and unbounded following exclude current row)
),
{# The least of a level's distances: one wrong level of four spoils two of three moves, but no other one's least. #}
level_scales as (
    select {{ dims }}, case when count(*) >= 3 then greatest(0.03, 3 * median(least(l1, l2, l3, l4))) else 0.1 end as level_scale
    from remembered group by all
),
slice_rules as (
    select r.*, s.level_scale, {{ reached('l1', 'l2', 'l3', 'l4') }} as level_move
    from remembered as r join level_scales as s on {{ same('s', 'r', key) }}
),
{% if has_sex %}
gaps as (
    select {{ pair | join(', ') }}, area_level, area_code, {{ order }} as gap_order, bool_or(regional) as regional,
        max(x) filter (where sex = 'women') - max(x) filter (where sex = 'men') as gap
    from kept_values where sex in ('women', 'men') and not few group by all having gap is not null
),
gap_levels as (
    select {{ pair | join(', ') }}, gap_order, median(gap) as gap from gaps where regional group by all having count(*) >= 8
),
flips as (
    select *, coalesce(earlier >= 2 and ((lowest > 0.01 and gap < -0.5 * lowest) or (highest < -0.01 and gap > -0.5 * highest)), false) as flipped
    from (
        select *, min(gap) over others as lowest, max(gap) over others as highest, count(gap) over others as earlier
        from gap_levels
        window others as (partition by {{ pair | join(', ') }} order by gap_order
            rows between unbounded preceding and unbounded following exclude current row)
    ) as beside
),
own_flips as (
    select *, coalesce(earlier >= 3 and ((lowest > 0.06 and gap < -0.5 * usual) or (highest < -0.06 and gap > -0.5 * usual)), false) as flipped
    from (
        select *, min(gap) over others as lowest, max(gap) over others as highest, median(gap) over others as usual,
            count(gap) over others as earlier
        from gaps
        window others as (partition by {{ pair | join(', ') }}, area_level, area_code order by gap_order
            rows between unbounded preceding and unbounded following exclude current row)
    ) as beside
),
{% endif %}
memory as (
    select k.row_id, z.zero_of_values,
        case when s.move > ln(1.25) and s.lesser * exp(s.move) >= k.memory_floor
            then s.move / greatest(s.scale, s.grain / 2 / s.lesser) when s.move is not null then 0 end as cell_jump,
        case when s.usual_of >= 2 then (w.row_id is not null)::int end as swapped,
        case when r.level_move > ln(1.4) and exp(r.level + r.level_move) >= r.floor then r.level_move / r.level_scale
            when r.level_move is not null then 0 end as level_jump,
        case when r.pairs >= 8 then r.equal_share - coalesce(r.usual_equal, 0) end as equal_to_earlier,
        case when r.pairs >= 8 and r.spreads >= 2 then (r.spread < 0.1 * r.least_spread)::int end as one_factor,
        case when r.usual_order >= 0.6 then r.order_kept end as order_kept,
{% if has_sex %}
        case when k.sex in ('women', 'men') then greatest(f.flipped, o.flipped)::int end as sexes_swapped
{% else %}
        null::int as sexes_swapped
{% endif %}
    from kept_values as k
    left join zeros as z using (row_id)
    left join scored as s using (row_id)
    left join swaps as w using (row_id)
    left join slice_rules as r on k.regional and r.slice_order = k.{{ order }} and {{ same('r', 'k', key) }}
{% if has_sex %}
    left join flips as f on k.regional and f.gap_order = k.{{ order }} and {{ same('f', 'k', pair) }}
    left join own_flips as o on o.gap_order = k.{{ order }} and o.area_level = k.area_level and o.area_code = k.area_code
        and {{ same('o', 'k', pair) }}
{% endif %}
)
{%- endmacro %}
