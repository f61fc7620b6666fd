-- From cells to accepted stays by hand: what a person who trusts the files would write. Texts are cast, the newest file of a
-- provider's month counts (table `current`), what is no date or no area (table `area`) is dropped, and so is an id that
-- stands twice with other content; of equal records one counts, and a stay that one file has open and another ended has
-- ended. Why a record was dropped, and where it stood, is not kept.
create or replace table stay as
with told as (
  select c.*, c.provider_code || '/' || c.stay_id as id,
    try_strptime(birth_date, '%Y%m%d')::date as born, try_strptime(admission_date, '%Y%m%d')::date as admitted,
    try_strptime(nullif(discharge_date, ''), '%Y%m%d')::date as discharged
  from cell as c
  semi join current as now
    on now.delivery_sha256 = parse_filename(c.filename, true) and now.scope_key = c.scope_key and now.period_key = c.period_key
  where coalesce(residence_municipality, '') = '' or residence_municipality in (from area)
),
twice as (
  select id from told group by id, discharged is null having count(*) > 1
),
once as (
  select * exclude (line) from told where id not in (from twice)
  union all
  from (select distinct * exclude (line) from told where id in (from twice))
  qualify count(*) over (partition by id, discharged is null) = 1
),
diagnosed as (
  select d.provider_code, d.reporting, d.stay_id, d.code
  from diagnosis as d
  semi join current as now
    on now.delivery_sha256 = parse_filename(d.filename, true) and now.scope_key = d.scope_key and now.period_key = d.period_key
  where d.position = '1'
)
select
  t.id as stay_id, t.person_id as person, t.person_id_kind = 'reserve' as reserve,
  left(t.provider_code, 2) as provider_region, nullif(t.residence_county, '') as region,
  nullif(t.residence_municipality, '') as municipality, case t.sex when '1' then 'men' when '2' then 'women' end as sex,
  t.born, t.admitted, t.discharged, coalesce(t.discharged, date '9999-12-31') as until,
  coalesce(t.admission_mode = '1', false) as sent_in, coalesce(t.discharge_mode = '1', false) as sent_out,
  coalesce(t.discharge_mode = '4', false) as died, coalesce(t.planned = '1', false) as planned, d.code
from once as t
left join diagnosed as d on d.provider_code = t.provider_code and d.reporting = t.reporting and d.stay_id = t.stay_id
where t.born <= t.admitted and (t.discharged >= t.admitted or coalesce(t.discharge_date, '') = '')
  and not (t.discharged is null and t.id in (select id from once where discharged is not null));

create or replace table delivered as
select left(split_part(scope_key, '/', 3), 2) as provider, max(last_day((period_key || '-01')::date)) as last_day
from current
where layout_id like 'stays_%' and regexp_full_match(period_key, '\d{4}-\d{2}')
group by all;
