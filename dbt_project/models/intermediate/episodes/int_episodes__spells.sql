-- Spells: a person's stays joined where they overlap, or by a coded transfer with at most one day between (methods M12,
-- presets all_cause and nhs). A transfer is coded by the stay that ends (to another clinic) or the one that begins (from
-- another clinic), and links with every stay that ended on that day or the day before; links are transitive. A spell
-- begins where no link crosses from any earlier stay to this one or a later.
--
-- Each spell knows its episode of care (slutenvårdsperiod), in which a return on the day of discharge is joined too, so
-- that episodes are a grouping of spells. What it takes to group them is null of a spell that is an episode alone. Nothing
-- is deleted: open ends, deaths and reserve numbers are flags.
--
-- Month: that of the episode's last discharge, so that an episode lies whole in one partition; open ones have theirs. A
-- window looks up the stays of those who have a stay in it: all that ended in the year before it, and all earlier ones
-- of those who were in hospital on four days of that year, its first one of them. Of the others no earlier stay is linked
-- with one of the window, since links leave no day without a stay. So a new month reads little of the years before it;
-- earlier stays are found by the person's key alone (whose site does not matter to what is found), which costs DuckDB
-- less than half of a search by both.
{{ config(
  materialized='incremental', incremental_strategy='replace_window', on_schema_change='fail', tags=['monthly'],
  meta={'window': {'column': 'episode_month', 'look_ahead_days': 1}}
) }}
{%- set by_order = 'partition by site, person_key order by admission_date, until, stay_id' %}
{%- set days_before = [] %}
{%- for months in (12, 9, 6, 3) %}
{%- do days_before.append('(' ~ window_start() ~ ' - interval ' ~ months ~ ' month)') %}
{%- endfor %}
{%- set look_back = days_before[0] %}
with
{%- if all_months() %}
looked_up as (
  select * from {{ ref('int_stays__stays') }}
),
{%- else %}
recent as (
  select *
  from {{ ref('int_stays__stays') }}
  where (discharge_date >= {{ look_back }} or discharge_date is null) and (site, person_key) in (
    select site, person_key
    from {{ ref('int_stays__stays') }}
    where {{ in_window('coalesce(discharge_month, ' ~ open_month() ~ ')') }}
  )
),

looked_up as (
  select * from recent
  union all
  select *
  from {{ ref('int_stays__stays') }}
  where discharge_date < {{ look_back }} and person_key in (
    select person_key
    from recent
    group by site, person_key
    having
      {%- for day in days_before %}
      bool_or({{ day }} between admission_date and coalesce(discharge_date, date '9999-12-31')){{ ' and' if not loop.last }}
      {%- endfor %}
  )
),
{%- endif %}

stays as (
  select *, coalesce(discharge_date, date '9999-12-31') as until from looked_up
),

reached as (
  select
    *,
    max(until) over earlier as reach,
    max(case when transferred_out then discharge_date end) over earlier as transfer_reach,
    min(case when transferred_in then admission_date end) over later as next_transfer_in
  from stays
  window
    earlier as ({{ by_order }} rows between unbounded preceding and 1 preceding),
    later as ({{ by_order }} rows between current row and unbounded following)
),

linked as (
  select
    *,
    coalesce(admission_date < reach or transfer_reach >= admission_date - 1 or next_transfer_in <= reach + 1, false)
      as joins_spell,
    coalesce(admission_date = reach, false) as joins_same_day
  from reached
),

numbered as (
  select
    *,
    count(*) filter (where not joins_spell) over own as spell,
    count(*) filter (where not joins_spell and not joins_same_day) over own as episode,
    -- Of a spell's last stay this is the next spell, and its first stay begins soon after an earlier one or not: readmissions
    -- need not look for returns of a spell without one near, nor at one that cannot be a return.
    coalesce(lead(admission_date) over own, date '9999-12-31') as next_admission,
    coalesce(admission_date <= reach + {{ furthest_return() }}, false) as soon_after,
    -- Nineteen stays in twenty are an episode of their own, and need no grouping.
    not joins_spell and not joins_same_day
      and coalesce(not lead(joins_spell) over own and not lead(joins_same_day) over own, true) as alone
  from linked
  window own as ({{ by_order }} rows unbounded preceding)
),

grouped as (
  select
    site,
    person_key,
    episode,
    any_value(source_id) as source_id,
    min(admission_date) as admission_date,
    max(until) as until,
    bool_or(deceased) as deceased,
    min(death_date) as death_date,
    count(*) as stay_count,
    max(next_admission) as next_admission,
    min_by(struct_pack(until := until, stay_id := stay_id, planned := planned, code := main_diagnosis,
      soon_after := soon_after), (admission_date, until, stay_id)) as first_stay,
    max_by(struct_pack(admission := admission_date, stay_id := stay_id, region := residence_region,
      municipality := residence_municipality, provider_region := provider_region, sex := sex, birth_date := birth_date,
      followable := followable), (until, admission_date, stay_id)) as last_stay
  from numbered
  where not alone
  group by site, person_key, episode, spell
),

spells as (
  select
    source_id, site, person_key, stay_id, admission_date, until, deceased, death_date, 1 as stay_count,
    null as first_until, null as first_stay_id, planned, main_diagnosis, null as last_admission,
    residence_region, residence_municipality, provider_region, sex, birth_date, followable,
    null as episode_admission, null as episode_until, 1 as episode_spell_count, next_admission, soon_after
  from numbered
  where alone

  union all

  select
    source_id, site, person_key, last_stay.stay_id, admission_date, until, deceased, death_date, stay_count,
    first_stay.until, first_stay.stay_id, first_stay.planned, first_stay.code, last_stay.admission,
    last_stay.region, last_stay.municipality, last_stay.provider_region, last_stay.sex, last_stay.birth_date,
    last_stay.followable,
    min(admission_date) over own, max(until) over own, count(*) over own, next_admission, first_stay.soon_after
  from grouped
  window own as (partition by site, person_key, episode)
),

placed as (
  select
    * exclude (deceased),
    deceased or coalesce(death_date <= until, false) as died,
    case when coalesce(episode_until, until) = date '9999-12-31' then {{ open_month() }}
      else cast(date_trunc('month', coalesce(episode_until, until)) as date) end as episode_month
  from spells
)

select * from placed
{%- if not all_months() %}
where {{ in_window('episode_month') }}
{%- endif %}
