"""Plain SQL for the readmission index, written only to prove that the harness of worlds sees right and wrong.

Not the product's models and not their pattern: it joins every unit with every later one. A new unit begins where no link
crosses from any earlier stay to this one or a later: neither an overlap, nor a transfer out before, nor one in after.
"""

from __future__ import annotations

from pathlib import Path

import duckdb

from tests.oracle.readmissions import Method

_UNITS = """
with ordered as (
  select *, coalesce(discharge_date, date '9999-12-31') as ends,
    max(coalesce(discharge_date, date '9999-12-31')) over before_it as reach,
    max(case when transferred_out then discharge_date end) over before_it as transfer_reach,
    min(case when transferred_in then admission_date end) over from_it as next_transfer_in
  from intermediate.int_stays__stays
  window
    before_it as (partition by site, person_key order by admission_date, coalesce(discharge_date, date '9999-12-31'), stay_id
      rows between unbounded preceding and 1 preceding),
    from_it as (partition by site, person_key order by admission_date, coalesce(discharge_date, date '9999-12-31'), stay_id
      rows between current row and unbounded following)
),
numbered as (
  select *, sum(case when admission_date {touching} reach
      {transfers} then 0 else 1 end)
    over (partition by site, person_key order by admission_date, ends, stay_id) as unit
  from ordered
),
units as (
  select site, person_key, unit, min(admission_date) as admission, max(ends) as ends,
    arg_max(stay_id, (ends, admission_date, stay_id)) as last_stay,
    coalesce(arg_max(provider_region, (ends, admission_date, stay_id)), '-') as region,
    arg_min(coalesce(main_diagnosis, ''), (admission_date, ends, stay_id)) as diagnosis,
    arg_min(coalesce(planned, false), (admission_date, ends, stay_id)) as is_planned,
    bool_or(deceased or coalesce(death_date <= ends, false)) as died, bool_and(followable) as followable,
    any_value(birth_date) as birth_date
  from numbered group by site, person_key, unit
)
"""
_TRANSFERS = (
    "or date_diff('day', transfer_reach, admission_date) <= 1 or date_diff('day', reach, next_transfer_in) <= 1"
)

_INDEX = """
{units},
delivered as (
  select site, provider_region as region, max(last_date) as data_end from intermediate.int_stays__delivered group by all
),
reasoned as (
  select units.*, case
    when ends = date '9999-12-31' then 'open'
    when died then 'died'
    when not followable then 'reserve_number'
    when {age_min} > year(ends) - year(birth_date) - (case when strftime(ends, '%m%d') >= strftime(birth_date, '%m%d') then 0 else 1 end) then 'age'
    when {needs_diagnoses} and site not in (select site from intermediate.int_stays__stays where main_diagnosis is not null) then 'no_diagnoses'
    when {index_set_given} and not regexp_matches(diagnosis, '^({index_set})') then 'diagnosis'
    when {run_out} and ends + {window_last} > coalesce(data_end, date '0001-01-01') then 'incomplete_follow_up'
  end as reason
  from units left join delivered using (site, region)
),
returned as (
  select i.site, i.person_key, i.unit,
    arg_min(r, (r.admission, r.ends, r.last_stay)) filter (where {first_decides} or {counts}) as r
  from units as i join units as r on r.site = i.site and r.person_key = i.person_key
    and (r.admission, r.ends, r.last_stay) > (i.admission, i.ends, i.last_stay)
    and date_diff('day', i.ends, r.admission) >= {window_first} and date_diff('day', i.ends, r.admission) {last_day} {window_last}
  group by all
)
select '{method_code}' as method_code, site, person_key, last_stay as stay_id, admission as index_admission,
  nullif(ends, date '9999-12-31') as index_discharge, reason is null as eligible, reason as exclusion_reason,
  case when reason is null then coalesce({counts}, false) end as readmitted,
  case when reason is null and {counts} then r.admission end as readmission_admission,
  case when reason is null and {counts} then date_diff('day', ends, r.admission)::integer end as days
from reasoned left join returned using (site, person_key, unit)
"""


def run_by_windows(warehouse: Path, methods: tuple[Method, ...]) -> None:
    """Write `intermediate.int_readmissions__index` for these methods."""
    with duckdb.connect(str(warehouse)) as con:
        selects = " union all ".join(f"({_select(m)})" for m in methods)
        con.execute(f"create or replace table intermediate.int_readmissions__index as {selects}")


def _select(method: Method) -> str:
    coded = method.joins.transfer_days is not None
    counts = ["r is not null"]
    if method.planned_rule != "all":
        counts.append("not r.is_planned")
    if method.return_diagnoses:
        counts.append(f"regexp_matches(r.diagnosis, '^({'|'.join(method.return_diagnoses)})')")
    return _INDEX.format(
        units=_UNITS.format(touching="<=" if method.joins.same_day else "<", transfers=_TRANSFERS if coded else ""),
        age_min=method.age_min or 0,
        needs_diagnoses=str(method.needs_diagnoses).lower(),
        index_set_given=str(method.index_diagnoses is not None).lower(),
        index_set="|".join(method.index_diagnoses or ()),
        run_out=str(method.run_out).lower(),
        window_first=method.window_first,
        window_last=method.window_last,
        last_day="<=" if method.last_day_counts else "<",
        first_decides=str(method.planned_rule == "first_decides").lower(),
        counts="(" + " and ".join(counts) + ")",
        method_code=method.method_code,
    )
