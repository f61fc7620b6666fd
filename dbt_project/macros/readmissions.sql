{#
  Every unit of every person as an index under each method of `seed_readmission_methods` (methods M12). Day = admission of
  the return minus discharge of the index, both bounds of the window inclusive. Follow-up is complete where the data of the
  region of the provider reach the window's end, and neither that region nor the one of residence has a month in the window
  that its main providers have not sent (int_stays__silent).

  `index_where` and `return_where` narrow the units that are judged and those that may be returns: conditions on the units'
  own columns, for a run that builds some months only. A return lies at most `furthest_return()` days after its index.
#}
{% macro furthest_return() -%}
30
{%- endmacro %}

{# Age in whole years on a day; who is born on 29 February has their birthday on 1 March in other years (choice). #}
{% macro whole_years(birth, day) -%}
(year({{ day }}) - year({{ birth }})
  - case when month({{ day }}) * 100 + day({{ day }}) >= month({{ birth }}) * 100 + day({{ birth }}) then 0 else 1 end)
{%- endmacro %}

{#
  The units of both kinds with their first main diagnosis. `near`: the person's next admission is soon enough for a
  return, or is not known.
#}
{% macro readmission_units(where) -%}
{%- for kind in ('spells', 'episodes') %}
  select
    '{{ kind }}' as unit, u.source_id, u.site, u.person_key, u.stay_id, u.admission_date, u.until, u.died, u.death_date,
    u.planned, u.residence_region, u.residence_municipality, u.provider_region, u.sex,
    u.birth_date, u.followable, u.main_diagnosis,
    coalesce(u.next_admission <= u.until + {{ furthest_return() }}, true) as near
  from {{ ref('int_episodes__' ~ kind) }} as u
  where {{ where }}
  {{ 'union all' if not loop.last }}
{%- endfor %}
{%- endmacro %}

{% macro readmission_index(index_where='true', return_where='true') %}
{#- Units of some months are few and read more than once; those of all months are many, and better read again. -#}
{%- set kept = 'not materialized' if index_where == 'true' else 'materialized' -%}
with index_found as {{ kept }} (
  {{- readmission_units(index_where) }}
),

-- Seven in eight begin too long after any discharge to be a return.
return_found as {{ kept }} (
  {{- readmission_units('coalesce(u.soon_after, true) and ' ~ return_where) }}
),

codes as (
  select main_diagnosis as code from index_found where main_diagnosis is not null
  union
  select main_diagnosis from return_found where main_diagnosis is not null
),

-- The diagnosis sets that a first main diagnosis belongs to.
coded as (
  select codes.code, list(distinct sets.diagnosis_set) as diagnosis_sets
  from codes
  join {{ ref('seed_diagnosis_sets') }} as sets on starts_with(codes.code, sets.code_prefix)
  group by codes.code
),

methods as (
  select * from {{ ref('seed_readmission_methods') }}
),

-- A site that codes no diagnosis at all answers `all_cause` alone.
coding_sites as (
  select distinct site from {{ ref('int_stays__stays') }} where main_diagnosis is not null
),

data_end as (
  select site, provider_region, max(last_date) as data_end
  from {{ ref('int_stays__delivered') }}
  group by site, provider_region
),

-- From each month of discharge, the first month after it or itself that a region's providers have not covered.
unheard as (
  select site, provider_region as region, cast(month - to_months(earlier) as date) as index_month, min(month) as silent_from
  from {{ ref('int_stays__silent') }}
  cross join (values (0), (1), (2)) as months (earlier)
  where is_main
  group by all
),

index_units as not materialized (
  select u.*, coalesce(c.diagnosis_sets, []) as diagnosis_sets,
    least(treated.silent_from, living.silent_from) as silent_from
  from index_found as u
  left join coded as c on c.code = u.main_diagnosis
  left join unheard as treated
    on treated.site = u.site and treated.region = u.provider_region and treated.index_month = date_trunc('month', u.until)
  left join unheard as living
    on living.site = u.site and living.region = u.residence_region and living.index_month = date_trunc('month', u.until)
),

return_units as (
  select u.*, coalesce(c.diagnosis_sets, []) as diagnosis_sets
  from return_found as u
  left join coded as c on c.code = u.main_diagnosis
),

pairs as (
  select
    i.unit, i.site, i.person_key, i.stay_id,
    cast(r.admission_date - i.until as integer) as days,
    r.admission_date as return_admission, r.until as return_until, r.stay_id as return_stay_id, r.planned,
    r.diagnosis_sets
  from index_units as i
  join return_units as r
    on r.unit = i.unit and r.site = i.site and r.person_key = i.person_key
    and r.admission_date between i.until and i.until + {{ furthest_return() }}
    -- Not itself, nor what began before it: both may lie within one day.
    and (r.admission_date > i.admission_date or (r.until, r.stay_id) > (i.until, i.stay_id))
  where i.near and i.until < date '9999-12-31'
),

qualifying as (
  select
    m.method_code, m.planned_rule, p.site, p.person_key, p.stay_id, p.return_admission, p.return_until, p.return_stay_id,
    p.days,
    (m.planned_rule = 'all' or not coalesce(p.planned, m.unreported_planned = 'planned'))
      and (m.return_set is null or list_contains(p.diagnosis_sets, m.return_set)) as counts
  from pairs as p
  join methods as m on m.unit = p.unit and p.days between m.window_first and m.window_last
),

-- Under `first_decides` the first return is the one that counts, or none does: so one that does not count tells as well.
returns as (
  select
    method_code, site, person_key, stay_id,
    min(return_admission) filter (where counts) as readmission_admission,
    min(days) filter (where counts) as days,
    case when planned_rule = 'first_decides' then 1 else count(*) filter (where counts) end as return_count
  from qualifying
  where counts or planned_rule = 'first_decides'
  group by method_code, planned_rule, site, person_key, stay_id
  having bool_or(counts) and coalesce(arg_min(counts, (return_admission, return_until, return_stay_id))
    filter (where planned_rule = 'first_decides'), true)
),

judged as not materialized (
  select
    m.method_code, m.returns_counted, m.year_of, u.* exclude (silent_from),
    case
      when u.until = date '9999-12-31' then 'open'
      when u.died then 'died'
      when not u.followable then 'reserve_number'
      when m.age_min is not null and coalesce({{ whole_years('u.birth_date',
        "case when m.age_moment = 'discharge' then u.until else u.admission_date end") }} < m.age_min, true) then 'age'
      when m.needs_diagnoses and u.site not in (select site from coding_sites) then 'no_diagnoses'
      when m.index_set is not null and not list_contains(u.diagnosis_sets, m.index_set) then 'diagnosis'
      when m.run_out and (u.until + m.window_last > coalesce(e.data_end, date '0001-01-01')
        or coalesce(u.until + m.window_last >= u.silent_from, false)) then 'incomplete_follow_up'
    end as given_reason,
    -- Without a return: else the index has its answer.
    m.death_in_window = 'excluded' and coalesce(u.death_date <= u.until + m.window_last, false) as death_excludes
  from index_units as u
  join methods as m on m.unit = u.unit
  left join data_end as e on e.site = u.site and e.provider_region is not distinct from u.provider_region
),

-- Seven in eight have no admission of the person near enough, and are not looked up.
followed as (
  select j.*, r.readmission_admission, r.days, r.return_count
  from judged as j
  left join returns as r
    on r.method_code = j.method_code and r.site = j.site and r.person_key = j.person_key and r.stay_id = j.stay_id
  where j.near

  union all

  select *, null, null, null
  from judged
  where not near
),

decided as (
  select *, case when death_excludes and days is null then coalesce(given_reason, 'died') else given_reason end
    as exclusion_reason
  from followed
)

select
  method_code,
  source_id,
  site,
  person_key,
  stay_id,
  admission_date as index_admission,
  case when until < date '9999-12-31' then until end as index_discharge,
  exclusion_reason is null as eligible,
  exclusion_reason,
  case when exclusion_reason is null then days is not null end as readmitted,
  case when exclusion_reason is null then readmission_admission end as readmission_admission,
  case when exclusion_reason is null then days end as days,
  case
    when exclusion_reason is not null then null
    when return_count is null then 0
    when returns_counted = 'all' then return_count
    else 1
  end as readmission_count,
  year_of,
  residence_region,
  residence_municipality,
  provider_region,
  sex
from decided
{% endmacro %}

{# By region and nation: whether a year of the register is covered in part, or may still be corrected. Each method says it. #}
{% macro register_coverage() -%}
(
  select distinct area_code, year, year_partial as partial, year_provisional as provisional
  from {{ ref('int_readmissions__yearly') }}
  where source_id = 'patient_register' and method_code = 'cihi_like' and sex = 'total' and area_level <> 'municipality'
)
{%- endmacro %}
