-- Population (folkmängd) as delivered, with the totals that a delivery leaves out summed from its parts.
-- The county file (2000-2015) gives women and men by single year of age and no totals: sums over sex, age and
-- counties are exact, since noise (Cell Key Method) is added from reference year 2025 only (methods M15). For noisy
-- series nothing is summed: take the published total, do not add.
-- `division_day`: the day whose division of areas the figure is given by. Of December it is the next 1 January ("Folkmängden
-- för december redovisas enligt den indelning ... som gällde från den 1 januari året efter referensåret", SCB, note of
-- TAB6471), in the county file the year's own (Heby moves in 2007). The first figure on a new division is a `break`.
with delivered as (
  select {{ shared_key() }}, sex_code as sex, {{ age_group('age') }} as age_group,
    case when period_start >= date '2025-01-01' then 'ckm' else 'none' end as noise,
    value_value as value, value_status, source_id, delivery_sha256, false as derived, override_flag as flags
  from {{ accepted(ref('stg_scb_population__json_stat')) }}

  union all

  select {{ shared_key() }}, sex_code, 'total', 'none', value_value, value_status, source_id, delivery_sha256, false,
    override_flag
  from {{ accepted(ref('stg_scb_population__county_municipality')) }}

  union all

  select {{ shared_key() }}, gender_code, coalesce(attributes->>'age_group', 'total'),
    coalesce(attributes->>'noise', case when period_start >= date '2025-01-01' then 'ckm' else 'none' end),
    value_value, value_status, source_id, delivery_sha256, false, override_flag
  from {{ accepted(ref('stg_kolada__data')) }}
  where fact = 'fct_population'
),

county_parts as (
  select {{ shared_key() }}, sex_code as sex, age as age_group, value_value as value, source_id, delivery_sha256,
    coalesce(override_flag, '') as flags
  from {{ accepted(ref('stg_scb_population__county_age_sex')) }}
  where value_status = 'normal'
),

-- A sum is given only where every part stands: both sexes and as many ages as the fullest county of that year.
county_complete as (
  select area_code, period
  from county_parts
  group by area_code, period
  qualify count(*) = max(count(*)) over (partition by period)
    and count(distinct sex) = 2
),

county_sums as (
  select p.area_code, p.area_level, p.period, p.period_type, p.period_start, p.period_end,
    coalesce(p.sex, 'total') as sex, coalesce(p.age_group, 'total') as age_group, p.value, p.source_id, p.deliveries,
    p.sex is null or p.age_group is null as derived, p.flags
  from (
    select {{ shared_key() }}, sex, age_group, sum(value) as value, source_id,
      list(distinct delivery_sha256) as deliveries, string_agg(distinct nullif(flags, ''), '|') as flags
    from county_parts
    semi join county_complete using (area_code, period)
    group by grouping sets (
      ({{ shared_key() }}, source_id, sex, age_group), ({{ shared_key() }}, source_id, sex),
      ({{ shared_key() }}, source_id, age_group), ({{ shared_key() }}, source_id)
    )
  ) as p

  union all

  select {{ shared_key() }}, sex, age_group, value, source_id, [delivery_sha256], false, flags
  from county_parts
  anti join county_complete using (area_code, period)
),

-- The nation, and the nation without Gotland (09): only where all 21 counties are complete.
national as (
  select nation.area_code, nation.area_level, c.period, c.period_type, c.period_start, c.period_end,
    c.sex, c.age_group, sum(c.value) as value, c.source_id, list(distinct d.delivery_sha256) as deliveries,
    string_agg(distinct nullif(c.flags, ''), '|') as flags
  from county_sums as c
  cross join unnest(c.deliveries) as d (delivery_sha256)
  cross join (values ('00', 'nation'), ('00X09', 'nation_part')) as nation (area_code, area_level)
  where not (nation.area_code = '00X09' and c.area_code = '09')
    and c.period in (select period from county_complete group by period having count(*) = 21)
  group by nation.area_code, nation.area_level, c.period, c.period_type, c.period_start, c.period_end,
    c.sex, c.age_group, c.source_id
),

gathered as (
  select {{ shared_key() }}, sex, age_group, noise, value, value_status, source_id, [delivery_sha256] as deliveries, derived,
    flags, period_end + 1 as division_day
  from delivered
  union all
  select {{ shared_key() }}, sex, age_group, 'none', cast(value as decimal(28, 12)), 'normal', source_id, deliveries, derived,
    flags, period_start
  from county_sums
  union all
  select {{ shared_key() }}, sex, age_group, 'none', cast(value as decimal(28, 12)), 'normal', source_id, deliveries, true,
    flags, period_start
  from national
)

select g.* exclude (flags, division_day),
  {{ record_flags(["case when moves.area_code is not null then 'break' end"], read='g.flags') }} as value_flags
from gathered as g
left join {{ ref('seed_boundary_changes') }} as moves
  on moves.area_code = g.area_code and moves.area_level = g.area_level and moves.moved_on = g.division_day
