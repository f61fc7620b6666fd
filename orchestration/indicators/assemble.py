"""From the indicators' views to `published.indicator_values` and the tables published beside it.

What depends on the definition and not on the facts is added here, once for all indicators: confidence intervals, the
change against the reference period, breaks, quality grade, the id of the deliveries behind a value. Nothing is
withheld here: that is the gate's and disclosure control's matter.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from orchestration.indicators import nations, reference_tables
from orchestration.indicators.definition import PREVIOUS_YEAR, Definition
from orchestration.indicators.intervals import add_intervals

if TYPE_CHECKING:
    import duckdb

    from orchestration.indicators.reference_tables import SourceCounts
    from orchestration.sources.catalogue import Catalogue

STATUSES = (
    "normal",
    "missing_at_source",
    "not_reported",
    "not_applicable",
    "suppressed_small_n",
    "suppressed_secondary",
    "excluded",
    "withheld",
)
KEY = "indicator_id, definition_version, area_code, area_level, period, sex, age_group"
# A percentage of a handful is noise: a value on fewer cases than this is grade C, and no percent is given from or to it
# (methods M9 asks for 20 in the reference period; Statistics Sweden's usual limit for a base is 30).
LEAST_BASE = 30
# On either side of a change these leave the difference and take the percent: what is compared is not the same, not
# final, or not believed.
NO_PERCENT = ("partial_coverage", "provisional", "preliminary", "suspect")
# A slice of whole percents without counts, from this many values on, was rounded by its owner.
LEAST_ROUNDED = 8


class AssemblyError(Exception):
    """Views and definitions do not fit together: names the indicator and what to do."""


def assemble(
    con: duckdb.DuckDBPyConnection,
    definitions: Sequence[Definition],
    *,
    catalogue: Catalogue,
    source_counts: Mapping[str, SourceCounts] | None = None,
    corrections: Iterable[Mapping[str, Any]] = (),
    data_origin: str,
) -> None:
    """Write tables `indicator_values, indicators, sources, corrections, lineage` in schema `published`.

    con: the warehouse, open for writing, with schemas `marts` and `indicators` built by dbt.
    data_origin: `real` or `synthetic`, the home's.

    Raises:
        AssemblyError: a definition without a view, or a view that breaks its shape.
    """
    if not definitions:
        raise AssemblyError("no indicator is defined; write one in dbt_project/indicators/<id>.yml")
    con.execute("create schema if not exists published")
    _check_views(con, definitions)
    _collect(con, definitions)
    _check_values(con, definitions)
    nations.cover(con, definitions)
    nations.doubt(con, definitions)
    add_intervals(con, definitions)
    _declare(con, definitions)
    con.execute(_FINAL.format(key=KEY, origin=data_origin.replace("'", "''")))
    reference_tables.write_indicators(con, definitions)
    reference_tables.write_sources(con, catalogue, source_counts or {}, data_origin)
    reference_tables.write_corrections(con, corrections)
    reference_tables.write_lineage(con)
    for table in ("_collected", "_intervals", "_definitions", "_breaks", "_sets"):
        con.execute(f"drop table if exists {table}")


def _check_views(con: duckdb.DuckDBPyConnection, definitions: Sequence[Definition]) -> None:
    """Every definition has its view; a view without a definition is not published and is removed."""
    views = {
        name
        for (name,) in con.execute(
            "select table_name from information_schema.tables where table_schema = 'indicators' and table_type = 'VIEW'"
        ).fetchall()
    }
    for definition in definitions:
        if definition.model_name not in views:
            raise AssemblyError(
                f"{definition.indicator_id}: the warehouse has no view indicators.{definition.model_name}; write "
                f"dbt_project/models/indicators/{definition.model_name}.sql and run dbt build"
            )
    # dbt never drops the view of a model that is gone; left standing, it would look like an indicator of today.
    for name in sorted(views - {d.model_name for d in definitions}):
        con.execute(f'drop view indicators."{name}"')


def _collect(con: duckdb.DuckDBPyConnection, definitions: Sequence[Definition]) -> None:
    """All views under one another; where one key stands twice with different values, neither is believed."""
    selects = "\nunion all\n".join(
        f"select '{d.indicator_id}' as indicator_id, {d.definition_version} as definition_version, area_code, "
        "area_level, period, period_type, sex, age_group, value, numerator, denominator, unit, value_status, "
        "coalesce(value_flags, '') as value_flags, coverage_n, coverage_expected, deliveries, ci_low, ci_high "
        f"from indicators.{d.model_name}"
        for d in definitions
    )
    con.execute(f"create or replace temp table _collected as {selects}")
    con.execute(
        f"""
        update _collected set value = null, value_status = 'excluded'
        where ({KEY}) in (
          select ({KEY}) from _collected group by {KEY}
          having count(*) > 1 and count(distinct coalesce(value::varchar, value_status)) > 1
        )
        """
    )
    con.execute(
        f"""
        create or replace temp table _collected as
        select * from _collected
        qualify row_number() over (
          partition by {KEY} order by period_type, numerator nulls last, denominator nulls last, deliveries::varchar
        ) = 1
        """
    )
    con.execute(_LINEAGES)


def _check_values(con: duckdb.DuckDBPyConnection, definitions: Sequence[Definition]) -> None:
    """What a view must keep: a known status, a value exactly where it is `normal`, the definition's unit."""
    statuses = ", ".join(f"'{s}'" for s in STATUSES)
    rules = {
        f"value_status not in ({statuses})": "value_status is none of the contract's",
        "(value is null) = (value_status = 'normal')": "a value stands exactly where value_status is normal",
        "area_code is null or period is null or sex is null or age_group is null": "a part of the key is null",
    }
    for condition, rule in rules.items():
        row = con.execute(
            "select indicator_id, area_code, period, value_status, count(*) over () from _collected "
            f"where {condition} or ({condition}) is null order by all limit 1"
        ).fetchone()
        if row:
            raise AssemblyError(
                f"{row[0]}: {rule}; first at area {row[1]}, period {row[2]}, value_status {row[3]}, {row[4]} in all. "
                f"Correct dbt_project/models/indicators/ind_{row[0]}.sql"
            )
    units = {d.indicator_id: d.unit for d in definitions}
    for indicator_id, unit in con.execute("select distinct indicator_id, unit from _collected").fetchall():
        if unit != units[indicator_id]:
            raise AssemblyError(
                f"{indicator_id}: the view's unit is {unit}, the definition's {units[indicator_id]}; make them one"
            )


def _declare(con: duckdb.DuckDBPyConnection, definitions: Sequence[Definition]) -> None:
    """The parts of the definitions that the final query joins: grade, direction, reference, breaks."""
    con.execute(
        "create or replace temp table _definitions (indicator_id varchar, quality_grade varchar, aggregation varchar, "
        "direction_sign integer, reference_period varchar, ci_method varchar, ci_level decimal(5, 4), "
        "rounded boolean, counts boolean)"
    )
    con.executemany(
        "insert into _definitions values (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [
            (
                d.indicator_id,
                d.quality_grade,
                d.aggregation,
                d.direction_sign,
                d.reference_period,
                d.ci_method,
                d.ci_level,
                d.rounded_to is not None,
                "fct_costs" not in d.facts,
            )
            for d in definitions
        ],
    )
    con.execute("create or replace temp table _breaks (indicator_id varchar, break_period varchar, break_area varchar)")
    breaks = [(d.indicator_id, b.period, area) for d in definitions for b in d.breaks for area in (b.areas or (None,))]
    if breaks:
        con.executemany("insert into _breaks values (?, ?, ?)", breaks)


# A national value rests on hundreds of deliveries, and few sets of them differ: each set is worked on once, and a value
# carries its id from here on.
_LINEAGES = """
create or replace temp table _listed as
select deliveries, 'L' || left(md5(array_to_string(list_sort(list_distinct(deliveries)), '|')), 16) as lineage_id
from (select distinct deliveries from _collected);
create or replace temp table _sets as
select distinct lineage_id, unnest(deliveries) as delivery_sha256 from _listed;
create or replace temp table _collected as
select c.* exclude (deliveries), l.lineage_id
from _collected as c join _listed as l on l.deliveries is not distinct from c.deliveries;
drop table _listed
"""

# Periods of one type sort as text, and a year sorts before its months: `2024` <= `2024-05`. Across a break, between
# partial or unfinished values, from few cases and of rounded values the difference stands but no percentage (methods
# M9).
_FINAL = f"""
create or replace table published.indicator_values as
with valued as (
  select c.*, d.quality_grade as grade, d.aggregation, d.direction_sign, d.ci_method as method, d.ci_level as level,
    case when d.reference_period = '{PREVIOUS_YEAR}'
      then lpad(cast(cast(left(c.period, 4) as integer) - 1 as varchar), 4, '0') || substr(c.period, 5)
      else d.reference_period end as reference_sought,
    (select max(b.break_period) from _breaks as b where b.indicator_id = c.indicator_id and b.break_period <= c.period
      and (b.break_area is null or b.break_area = c.area_code)) as last_break,
    list_contains(string_split(c.value_flags, '|'), 'break') as break_in_fact,
    c.value_status = 'normal' as shown,
    d.counts and coalesce(least(c.numerator, c.denominator) < {LEAST_BASE}, false) as few,
    coalesce(c.coverage_n < c.coverage_expected, false)
      or list_has_any(string_split(c.value_flags, '|'), {list(NO_PERCENT)}) as unfinished,
    d.rounded or (c.unit = 'percent' and bool_and(c.value = trunc(c.value) and c.numerator is null) over slice
      and count(c.value) over slice >= {LEAST_ROUNDED}) as rounded
  from _collected as c join _definitions as d using (indicator_id)
  window slice as (partition by c.indicator_id, c.period, c.sex, c.age_group)
),
compared as (
  select v.*,
    r.value as reference_value,
    coalesce(v.last_break > r.period, false) or (v.break_in_fact and not r.break_in_fact) as crosses_break,
    not (v.unfinished or r.unfinished or v.few or r.few or v.rounded or r.rounded) as percent_lawful,
    array_to_string(list_sort(list_distinct(list_filter(string_split(v.value_flags, '|')
      || [case when v.last_break is not null then 'break' else '' end], x -> x <> ''))), '|') as flags
  from valued as v
  left join valued as r on r.indicator_id = v.indicator_id and r.definition_version = v.definition_version
    and r.area_code = v.area_code and r.area_level = v.area_level and r.sex = v.sex and r.age_group = v.age_group
    and r.period_type = v.period_type and r.period = v.reference_sought and r.period < v.period and r.shown and v.shown
),
changed as (
  select *,
    value - reference_value as change_abs,
    case when reference_value > 0 and not crosses_break and percent_lawful
      then cast(100 * cast(value - reference_value as double) / cast(reference_value as double) as decimal(28, 12)) end
      as change_pct
  from compared
)
select
  c.indicator_id, c.definition_version, c.area_code, c.area_level, c.period, c.period_type, c.sex, c.age_group,
  c.value,
  case when c.shown then c.numerator end as numerator,
  case when c.shown then c.denominator end as denominator,
  c.unit,
  cast(i.ci_low as decimal(28, 12)) as ci_low,
  cast(i.ci_high as decimal(28, 12)) as ci_high,
  case when i.ci_low is not null then c.level end as ci_level,
  case when i.ci_low is not null then c.method end as ci_method,
  c.value_status,
  c.flags as value_flags,
  case when (c.shown and c.few) or list_has_any(string_split(c.flags, '|'), ['partial_coverage', 'suspect']) then 'C'
    when c.grade = 'A' and list_has_any(string_split(c.flags, '|'), ['provisional', 'preliminary']) then 'B'
    else c.grade end as quality_grade,
  c.aggregation, c.coverage_n, c.coverage_expected,
  case when c.reference_value is not null then c.reference_sought end as reference_period,
  c.reference_value,
  cast(c.change_abs as decimal(28, 12)) as change_abs,
  c.change_pct,
  cast(c.change_pct * c.direction_sign as decimal(28, 12)) as change_pct_better,
  null::varchar as first_release,
  c.lineage_id,
  '{{origin}}' as data_origin
from changed as c
left join _intervals as i using (indicator_id, area_code, area_level, period, sex, age_group)
order by {{key}}
"""
