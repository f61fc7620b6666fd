-- Readmissions by hand: what a person who knows DuckDB and the four methods would write for this one question, from
-- accepted stays (table `stay`, and `delivered` with each region's last day) to counts by method, residence, sex and
-- month of index discharge. No lineage, no reasons of exclusion, no window of months.
create or replace temp table numbered as
with looked as (
  select
    *,
    max(until) over earlier as ended,
    max(case when sent_out then discharged end) over earlier as sent_on,
    -- The next coded arrival, this stay's own included: it draws along what begins on the same day or the day before.
    min(case when sent_in then admitted end) over (
      partition by person order by admitted, until, stay_id rows between current row and unbounded following) as next_in
  from stay
  window earlier as (
    partition by person order by admitted, until, stay_id rows between unbounded preceding and 1 preceding)
),
begun as (
  select
    *,
    coalesce(admitted < ended or next_in <= ended + 1 or sent_on >= admitted - 1, false) as linked,
    coalesce(admitted = ended, false) as same_day
  from looked
)
select
  *,
  count(*) filter (where not linked) over own as spell,
  count(*) filter (where not linked and not same_day) over own as episode
from begun
window own as (partition by person order by admitted, until, stay_id rows unbounded preceding);

create or replace temp macro units(kind) as table
with grouped as (
  select
    person, min(admitted) as admitted, max(until) as until, bool_or(died) as died,
    min_by({code: code, planned: planned}, (admitted, until, stay_id)) as began,
    max_by({region: region, municipality: municipality, provider: provider_region, sex: sex, born: born,
      reserve: reserve, stay_id: stay_id}, (until, admitted, stay_id)) as ended
  from numbered
  group by person, case kind when 'spell' then spell else episode end
)
select
  *, ended.stay_id as stay_id, until + 30 <= d.last_day as followed, until + 29 <= d.last_day as followed_29,
  coalesce(left(began.code, 3) in ('I50', 'E10', 'E11', 'E12', 'E13', 'E14', 'J44', 'J45', 'J46', 'J12', 'J13', 'J14',
    'J15', 'J16', 'J17', 'J18'), false) as in_set
from grouped
left join delivered as d on d.provider = ended.provider;

create or replace temp table returns as
select 'socialstyrelsen' as method, person, ended, until,
  not died and not ended.reserve and in_set and followed
    and date_diff('year', ended.born, until)
      - case when strftime(ended.born, '%m%d') > strftime(until, '%m%d') then 1 else 0 end >= 65 as is_index,
  coalesce(min(case when in_set and not began.planned then admitted end) over later_1 - until <= 30, false) as returned
from units('episode')
window later_1 as (
  partition by person order by admitted, until, stay_id rows between 1 following and unbounded following)
union all
select 'cihi_like', person, ended, until, not died and not ended.reserve and followed,
  coalesce(min(case when not began.planned then admitted end) over later_2 - until <= 30, false)
from units('episode')
window later_2 as (
  partition by person order by admitted, until, stay_id rows between 1 following and unbounded following)
union all
select 'nhs', person, ended, until, not died and not ended.reserve and followed_29,
  coalesce(min(case when not began.planned then admitted end) over later_3 - until <= 29, false)
from units('spell')
window later_3 as (
  partition by person order by admitted, until, stay_id rows between 1 following and unbounded following)
union all
select 'all_cause', i.person, i.ended, i.until, not i.died and not i.ended.reserve and i.followed,
  coalesce(r.admitted - i.until <= 30 and not r.planned, false)
from units('spell') as i
asof left join (
  select person, admitted, min_by(began.planned, (until, stay_id)) as planned from units('spell') group by all
) as r on r.person = i.person and r.admitted > i.until;

create or replace table counted as
select
  method, ended.region as region, ended.municipality as municipality, ended.sex as sex,
  date_trunc('month', until) as month, count(*) as n, count(*) filter (where returned) as k
from returns
where is_index and until < date '9999-12-31'
group by all;
