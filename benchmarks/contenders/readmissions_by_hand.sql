-- Readmissions by hand: what a person who knows DuckDB and the four methods would write for this one question, from
-- accepted stays (table `stay`, and `delivered` with each region's last day) to counts by method, residence, sex and
-- month of index discharge. No lineage, no reasons of exclusion, no window of months.
create or replace temp table unheard as
select region, cast(month - to_months(earlier) as date) as index_month, min(month) as silent_from
from silent cross join (values (0), (1), (2)) as months (earlier)
group by all;

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

-- A person's stays as units of one kind, with what they are judged by; made once for each kind.
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
  grouped.* exclude (died, began), ended.stay_id as stay_id, began.planned as planned,
  not died and not ended.reserve as counts, 
  until + 30 <= d.last_day and coalesce(until + 30 < least(treated.silent_from, living.silent_from), true) as followed,
  until + 29 <= d.last_day and coalesce(until + 29 < least(treated.silent_from, living.silent_from), true)
    as followed_29,
  coalesce(left(began.code, 3) in ('I50', 'E10', 'E11', 'E12', 'E13', 'E14', 'J44', 'J45', 'J46', 'J12', 'J13', 'J14',
    'J15', 'J16', 'J17', 'J18'), false) as in_set
from grouped
left join delivered as d on d.provider = ended.provider
left join unheard as treated on treated.region = ended.provider and treated.index_month = date_trunc('month', until)
left join unheard as living on living.region = ended.region and living.index_month = date_trunc('month', until);

create or replace temp table episodes as from units('episode');
create or replace temp table spells as from units('spell');

create or replace temp table returns as
select
  ended, until,
  counts and in_set and followed
    and date_diff('year', ended.born, until)
      - case when strftime(ended.born, '%m%d') > strftime(until, '%m%d') then 1 else 0 end >= 65 as socialstyrelsen,
  counts and followed as cihi_like, false as nhs, false as all_cause,
  coalesce(min(case when in_set and not planned then admitted end) over later - until <= 30, false) as in_set_returned,
  coalesce(min(case when not planned then admitted end) over later - until <= 30, false) as returned,
  false as next_returned
from episodes
window later as (
  partition by person order by admitted, until, stay_id rows between 1 following and unbounded following)
union all
select
  i.ended, i.until, false, false, i.counts and i.followed_29, i.counts and i.followed,
  false, i.returned, coalesce(r.admitted - i.until <= 30 and not r.planned, false)
from (
  select *, coalesce(min(case when not planned then admitted end) over later - until <= 29, false) as returned
  from spells
  window later as (
    partition by person order by admitted, until, stay_id rows between 1 following and unbounded following)
) as i
asof left join (
  select person, admitted, min_by(planned, (until, stay_id)) as planned from spells group by all
) as r on r.person = i.person and r.admitted > i.until;

create or replace table counted as
with areas as (
  select
    ended.region as region, ended.municipality as municipality, ended.sex as sex, date_trunc('month', until) as month,
    count(*) filter (where socialstyrelsen) as n_1, count(*) filter (where socialstyrelsen and in_set_returned) as k_1,
    count(*) filter (where cihi_like) as n_2, count(*) filter (where cihi_like and returned) as k_2,
    count(*) filter (where nhs) as n_3, count(*) filter (where nhs and returned) as k_3,
    count(*) filter (where all_cause) as n_4, count(*) filter (where all_cause and next_returned) as k_4
  from returns
  where until < date '9999-12-31'
  group by all
)
select method, region, municipality, sex, month, n, k
from areas, (values
  ('socialstyrelsen', n_1, k_1), ('cihi_like', n_2, k_2), ('nhs', n_3, k_3), ('all_cause', n_4, k_4)) as own(method, n, k)
where n > 0;
