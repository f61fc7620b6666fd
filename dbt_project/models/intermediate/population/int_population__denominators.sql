-- Population at the end of a year by two-digit or municipal code: the denominator of what is measured per inhabitant.
-- A region (region) and its county (län) have the same people, so the code alone joins them. Where several deliveries
-- tell the same year, the snapshot of 31 December comes before a yearly series, the newest source last.
select area_code, year(period_end) as year, value as population, deliveries, noise, value_flags
from {{ ref('int_population__counts') }}
where sex = 'total' and age_group = 'total' and value_status = 'normal'
  and period_end = make_date(year(period_end), 12, 31)
qualify row_number() over (
  partition by area_code, year(period_end) order by period_type, source_id desc, area_level
) = 1
