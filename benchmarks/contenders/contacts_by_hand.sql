-- From cells to accepted contacts by hand: what a person who trusts the files would write. Texts are cast, the newest file of
-- a region's month counts (table `current`), a row whose dates, codes, month or area (table `area`) deny each other is
-- dropped, and so is an id that stands twice with other content; of equal rows one counts. Why a row was dropped, and where
-- it stood, is not kept.
create or replace table contact as
with told as (
  select c.* exclude (month), (c.month || '-01')::date as month,
    try_strptime(nullif(contact_sought_date, ''), '%Y-%m-%d')::date as sought,
    try_strptime(nullif(referral_date, ''), '%Y-%m-%d')::date as referral,
    try_strptime(nullif(decision_date, ''), '%Y-%m-%d')::date as decision,
    try_strptime(nullif(booked_date, ''), '%Y-%m-%d')::date as booked,
    try_strptime(nullif(performed_date, ''), '%Y-%m-%d')::date as performed
  from cell as c
  semi join current as now on now.delivery_sha256 = parse_filename(c.filename, true)
),
twice as (
  select region, month, contact_id from told group by all having count(*) > 1
),
once as (
  select * exclude (line) from told where (region, month, contact_id) not in (from twice)
  union all
  from (select distinct * exclude (line) from told where (region, month, contact_id) in (from twice))
  qualify count(*) over (partition by region, month, contact_id) = 1
)
select
  month, phase, status, profession, try_cast(age as integer) as age, provider_region,
  nullif(residence_region, '') as residence_region, case sex when '1' then 'men' when '2' then 'women' end as sex,
  coalesce(nullif(deviation_code, ''), 'none') as deviation, sought, referral, decision, performed,
  guarantee_applies = '1' as guarantee_applies, acute = '1' as acute
from once
where provider_region = region and (status = 'performed') = (performed is not null)
  and coalesce(performed between month and last_day(month), true)
  and coalesce(greatest(sought, referral, decision) <= last_day(month), true)
  and coalesce(greatest(sought, referral, decision) <= performed, true)
  and (sought is null) = (contact_sought_date = '') and (referral is null) = (referral_date = '')
  and (decision is null) = (decision_date = '') and (booked is null) = (booked_date = '')
  and (performed is null) = (performed_date = '')
  and phase in ('assessment', 'first_visit', 'investigation', 'treatment') and status in ('waiting', 'performed')
  and sex in ('1', '2') and guarantee_applies in ('0', '1') and acute in ('0', '1')
  and (residence_region = '' or residence_region in (from area))
  and deviation_code in ('', 'PvV', 'MoV', 'SoV') and regexp_full_match(age, '\d|[1-9]\d|1[0-2]\d');
