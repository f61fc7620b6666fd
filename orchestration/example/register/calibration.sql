-- Slutenvårdsperioder ur filerna: each month as the provider's last delivery tells it; stays joined on the same day,
-- nested, overlapping, or by a coded transfer with at most one day between. Defective rows are left out.
create table current_months as
select provider, month, max_by(file, (reporting, first)) as file
from files, unnest(generate_series(first, last, interval 1 month)) as covered(month)
group by provider, month;

create table last_deliveries as
select provider, max_by(file, (reporting, first)) as file from files group by provider;

create table stays as
with typed as (
  select
    filename as file, stay_id, person, county, sex, mode_in, planned, mode_out,
    cast(try_strptime(born, '%Y%m%d') as date) as born,
    cast(try_strptime(admitted, '%Y%m%d') as date) as admitted,
    cast(try_strptime(discharged, '%Y%m%d') as date) as discharged
  from told
),
counted as (
  select distinct t.*, f.provider
  from typed as t
  join files as f on f.file = t.file
  left join current_months as c
    on c.provider = f.provider and c.month = date_trunc('month', t.discharged) and c.file = t.file
  left join last_deliveries as l on l.file = t.file
  where t.admitted is not null and coalesce(t.discharged, t.admitted) >= t.admitted
    and (c.file is not null or (t.discharged is null and l.file is not null))
)
select s.*, d.code
from counted as s
left join (select * from diagnoses_short union all select * from diagnoses_long) as d
  on d.filename = s.file and d.stay_id = s.stay_id
where not (s.stay_id >= '99000000' and length(s.stay_id) = 8);

drop table told;

create table data_end as
select max(last_day(last)) as day from files;

create table episodes as
with ordered as (
  select
    *,
    coalesce(discharged, date '2999-12-31') as until,
    max(coalesce(discharged, date '2999-12-31')) over earlier as ended,
    max(case when mode_out = '1' then discharged end) over earlier as sent_on
  from stays
  window earlier as (
    partition by person order by admitted, coalesce(discharged, date '2999-12-31') desc, stay_id
    rows between unbounded preceding and 1 preceding)
),
begun as (
  select *, case
    when ended is null or admitted > ended + 1 then 1
    when admitted = ended + 1 and not (coalesce(mode_in, '') = '1' or coalesce(sent_on = ended, false)) then 1
    else 0 end as begins
  from ordered
),
numbered as (
  select *, sum(begins) over (
    partition by person order by admitted, until desc, stay_id rows unbounded preceding) as episode
  from begun
)
select
  person, episode, min(admitted) as admitted, nullif(max(until), date '2999-12-31') as discharged,
  min_by(code, (admitted, stay_id)) as code, min_by(planned, (admitted, stay_id)) as planned,
  min_by(county, (admitted, stay_id)) as region, any_value(sex) as sex, any_value(born) as born,
  bool_or(coalesce(mode_out, '') = '4') as died
from numbered
group by person, episode;

create table followed as
select *, code[:3] not in ('J12', 'J13', 'J14', 'J15', 'J16', 'J17', 'J18') as is_avoidable
from episodes
where code[:3] in ('I50', 'E10', 'E11', 'E12', 'E13', 'E14', 'J44', 'J45', 'J46',
                   'J12', 'J13', 'J14', 'J15', 'J16', 'J17', 'J18');

create table readmissions as
with indexes as (
  select
    f.*, lead(admitted) over (partition by person order by admitted) - discharged as gap,
    lead(planned) over (partition by person order by admitted) as planned_next
  from followed as f
)
select
  coalesce(region, '00') as area, cast(year(discharged) as integer) as year,
  count(*) filter (where gap between 1 and 30 and planned_next = '2') as readmissions, count(*) as indexes
from indexes
where not died and person not like '%R%' and discharged + 30 <= (select day from data_end)
  and date_diff('year', born, discharged)
    - case when strftime(born, '%m%d') > strftime(discharged, '%m%d') then 1 else 0 end >= 65
group by grouping sets ((region, year(discharged)), (year(discharged)));

create macro avoidable(one_sex) as table
with events as (
  select
    region, sex, cast(year(discharged) as integer) as year, person,
    least((date_diff('year', born, admitted)
      - case when strftime(born, '%m%d') > strftime(admitted, '%m%d') then 1 else 0 end) // 5, 18) as band
  from followed
  where is_avoidable and discharged is not null and (one_sex is null or sex = one_sex)
),
grouped as (
  select coalesce(region, '00') as area, year, band, count(*) as events
  from events where band >= 4 group by grouping sets ((region, year, band), (year, band))
),
several as (
  select area, year, sum(many * many) / sum(many) as phi
  from (
    select coalesce(region, '00') as area, year, person, count(*) as many
    from events where band >= 4 group by grouping sets ((region, year, person), (year, person))
  ) group by area, year
),
denominators as (
  select coalesce(region, '00') as area, year, band, sum(people) as people
  from people where band >= 4 and (one_sex is null or sex = one_sex) group by grouping sets ((region, year, band), (year, band))
)
select
  d.area, d.year, cast(sum(coalesce(g.events, 0)) as bigint) as events, cast(sum(d.people) as bigint) as people,
  1e5 * sum(s.weight * coalesce(g.events, 0) / d.people) / sum(s.weight) as rate,
  1e5 * sqrt(any_value(p.phi) * sum(s.weight * s.weight * coalesce(g.events, 0) / d.people / d.people)) / sum(s.weight)
    as error
from denominators as d
join standard as s on s.band = d.band
join several as p on p.area = d.area and p.year = d.year
left join grouped as g on g.area = d.area and g.year = d.year and g.band = d.band
group by d.area, d.year;
