"""An indicator's value taken apart: the fact rows that its model selects, and its formula computed again from them.

Which rows: the model's own condition, as its view in the warehouse holds it. Which formula: the macro that the model
ends with. The arithmetic stands here once more, in Python, so that a wrong macro is found.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from orchestration.explain.links import percent, plain_sum
from orchestration.explain.records import BY_NAME
from orchestration.settings import DBT_PROJECT
from orchestration.sql import named_rows

if TYPE_CHECKING:
    import duckdb

    from orchestration.indicators.definition import Definition

ENDINGS = (
    "as_published", "pooled_rows", "without_nation", "ratio_of_sums", "sum_of_parts", "share_of_whole",
    "constant_panel",
)  # fmt: skip
_OVER_REGIONS = ("ratio_of_sums", "constant_panel")


@dataclass
class Parts:
    """The fact rows behind one value, by rowid; `part` are those that a share's numerator is made of."""

    fact: str
    ending: str
    rows: list[dict[str, Any]]
    ages_from: int | None = None
    part: set[int] = field(default_factory=set)
    left_out: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Computed:
    """A value computed again; `coverage` only where the value is made over regions."""

    value: Any
    coverage: int | None = None


def ending_of(definition: Definition) -> str:
    """The macro that says how areas become a nation: the last one of the model. Raises `LookupError` for another."""
    found = re.findall(r"\{\{\s*(\w+)\(", _model(definition))
    if not found or found[-1] not in ENDINGS:
        raise LookupError(
            f"{definition.model_name}.sql ends with {found[-1] if found else 'no macro'}, which `explain` cannot "
            "compute; add its arithmetic to orchestration/explain/indicators.py"
        )
    return found[-1]


def parts_of(con: duckdb.DuckDBPyConnection, definition: Definition, value: dict[str, Any]) -> Parts:
    """The fact rows that a row of `published.indicator_values` is made from."""
    (fact,) = definition.facts[:1]
    ending = ending_of(definition)
    parts = Parts(fact, ending, [])
    ages = re.search(r"people_from_age\((\d+)\)", _model(definition))
    if ages:
        parts.ages_from = int(ages[1])
        chosen = (
            "(select * from marts.fct_population where source_id = 'scb_population' and period_type = 'year' "
            "and noise = 'none' and value_status = 'normal')"
        )
    else:
        chosen = f"({_first_selection(con, definition)})"
    key = " and ".join(f"f.{c} is not distinct from c.{c}" for c in BY_NAME[fact].key)
    areas = "c.area_code = $2 and c.area_level = $3"
    if value["area_level"] == "nation" and ending in _OVER_REGIONS:
        areas = "c.area_level in ('region', 'county') and $2 = '00' and $3 = 'nation'"
        if ending == "constant_panel":
            areas += f" and c.area_code in ({_panel(chosen)})"
    # Costs and staff have no sex, and people by age have ages of their own.
    sex = "coalesce(try_cast(c.sex as varchar), 'total') = $4" if fact != "fct_costs" else "$4 = 'total'"
    told = con.execute(
        f"""select f.rowid, f.*, {_share_part(definition) or "false"} as is_part
        from {chosen} as c join marts.{fact} as f on {key}
        where (c.period = $1 or (c.period_type = 'month' and left(c.period, 4) = $1)) and {areas} and {sex}
        order by f.rowid""",
        [value["period"], value["area_code"], value["area_level"], value["sex"]],
    )
    for row in named_rows(told):
        if row.pop("is_part"):
            parts.part.add(row["rowid"])
        parts.rows.append(row)
    return parts


def computed(parts: Parts, value: dict[str, Any]) -> Computed:
    """The value computed again from its parts, by the formula that the model ends with."""
    rows = parts.rows
    if parts.ending in ("as_published", "pooled_rows", "without_nation"):
        return Computed(rows[0]["value"] if rows else None)
    if parts.ending == "sum_of_parts":
        statuses = {r["value_status"] for r in rows}
        sound = "normal" in statuses and statuses <= {"normal", "not_applicable"}
        return Computed(plain_sum([r["value"] for r in rows]) if sound else None)
    if parts.ending == "share_of_whole":
        part = next((r["value"] for r in rows if r["rowid"] in parts.part), None)
        whole = next((r["value"] for r in rows if r["rowid"] not in parts.part), None)
        return Computed(percent([part, whole]))
    counts = _people(parts) if parts.ages_from is not None else _counts(rows)
    over_regions = value["area_level"] == "nation"
    usable = {area: c for area, c in counts.items() if c is not None and c[1] > 0}
    if not over_regions and not usable:
        return Computed(rows[0]["value"] if len(rows) == 1 else None)
    if over_regions:
        parts.left_out = {"without both counts, or suspect": len(counts) - len(usable)} if usable != counts else {}
    summed = [sum((c[i] for c in usable.values()), Decimal(0)) for i in (0, 1)]
    return Computed(percent(summed) if usable else None, len(usable) if over_regions else None)


Counts = dict[str, tuple[Decimal, Decimal] | None]


def _counts(rows: list[dict[str, Any]]) -> Counts:
    """Numerator and denominator by area, months added up; None where a row lacks them or is suspect."""
    found: Counts = {}
    for row in rows:
        usable = row["value_status"] == "normal" and row["numerator"] is not None and row["denominator"] is not None
        usable = usable and "suspect" not in row["value_flags"].split("|")
        before = found.get(row["area_code"], (Decimal(0), Decimal(0)))
        found[row["area_code"]] = (
            (before[0] + row["numerator"], before[1] + row["denominator"]) if usable and before is not None else None
        )
    return found


def _people(parts: Parts) -> Counts:
    """People from an age on and all people by area, where the single ages and the open group make up all people."""
    by_area: dict[str, dict[str, Decimal]] = defaultdict(dict)
    for row in parts.rows:
        by_area[row["area_code"]][row["age_group"]] = row["value"]
    found: Counts = {}
    for area, ages in by_area.items():
        single = {int(a): n for a, n in ages.items() if a.isdigit()}
        if not single or "total" not in ages:
            continue
        oldest = max(single) + 1
        single |= {oldest: ages[f"{oldest}+"]} if f"{oldest}+" in ages else {}
        old = sum((n for a, n in single.items() if a >= (parts.ages_from or 0)), Decimal(0))
        found[area] = (old, ages["total"]) if sum(single.values()) == ages["total"] else None
    return found


def _panel(chosen: str) -> str:
    """SQL for the codes of the regions that have sent every month from the first to the last that is told."""
    return f"""select split_part(d.scope_key, '/', 3)
      from (
        select strftime(min(period_start), '%Y-%m') as first_month, strftime(max(period_start), '%Y-%m') as last_month,
          date_diff('month', min(period_start), max(period_start)) + 1 as months
        from {chosen} where sex = 'total'
      ) as span
      join declared.deliveries as d on d.period_key between span.first_month and span.last_month
      where d.source_id = 'wait_contacts' and regexp_full_match(d.period_key, '\\d{{4}}-\\d{{2}}')
      group by all having count(distinct d.period_key) = any_value(span.months)"""


def _share_part(definition: Definition) -> str | None:
    found = re.search(r"share_of_whole\(\s*'facts',\s*\"([^\"]+)\"", _model(definition))
    return "(" + re.sub(r"\b(service_code)\b", r"c.\1", found[1]) + ")" if found else None


def _model(definition: Definition) -> str:
    path = DBT_PROJECT / "models" / "indicators" / f"{definition.model_name}.sql"
    return path.read_text(encoding="utf-8")


def _first_selection(con: duckdb.DuckDBPyConnection, definition: Definition) -> str:
    """The SELECT over the fact that the model's view begins with. Raises `LookupError` where it begins otherwise."""
    row = con.execute(
        "select sql from duckdb_views() where schema_name = 'indicators' and view_name = ?", [definition.model_name]
    ).fetchone()
    start = re.search(r"\bAS WITH \"?\w+\"? AS \(", row[0]) if row else None
    if row is None or start is None:
        raise LookupError(
            f"the warehouse has no view indicators.{definition.model_name} that begins with its facts; run the nightly"
        )
    depth, quote, first = 1, "", start.end()
    for place, sign in enumerate(row[0][first:], start=first):
        if quote:
            quote = "" if sign == quote else quote
        elif sign in "'\"":
            quote = sign
        elif sign in "()":
            depth += 1 if sign == "(" else -1
            if depth == 0:
                return str(row[0][first:place])
    raise LookupError(f"the view indicators.{definition.model_name} does not end; run the nightly")
