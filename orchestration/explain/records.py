"""Which records of a source a fact row is: found again by the declaration, not by the models that made the fact.

A record fits a fact row when it lies in the same area and period of the same source and delivery, feeds that fact, and
says nothing else than the row in any of the row's own columns: by its series' attributes, its code columns, its topic.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from orchestration.releases.contract import FACTS
from orchestration.sources.model import Layout
from orchestration.warehouse.reconcile import staging_table

if TYPE_CHECKING:
    import duckdb

    from orchestration.sources.catalogue import Catalogue

BY_NAME = {table.name: table for table in FACTS}
# Where the record's column is called otherwise than the fact's.
_CODES = {
    "sex": ("sex_code", "gender_code"),
    "drug_scope": ("account_code",),
    "phase": ("contact_status_code",),
    "age_group": ("age_code",),
}
_TOPICS = {
    "fct_costs": "service_code",
    "fct_staffing": "profession_code",
    "fct_observations": "topic_code",
}
_PLACE = ("area_code", "area_level", "period")
# The measure whose value is another number of the record than its value.
_OTHER_NUMBER = {"index_stay_count": "denominator"}
_BESIDE = ("numerator", "denominator", "ci_low", "ci_high")


@dataclass(frozen=True)
class Record:
    """One record of a delivery: the place of its cell, and the number columns that the fact row takes from it."""

    delivery_sha256: str
    source_id: str
    layout_id: str
    line: int
    column_name: str | None
    numbers: tuple[str, ...]


def age_group(column: str) -> str:
    """SQL giving an age as facts write it (contract, section 2): `total` for all ages, ASCII hyphen."""
    plain = f"replace({column}, chr(173), '-')"
    return (
        f"case when {plain} in ('0-85+', 'tot', 'TotSA', 'total') then 'total' "
        f"when {column} = '100+10' then '100+' else {plain} end"
    )


def fits(fact: str, layout: Layout, columns: set[str]) -> str:
    """SQL: whether record `s` of a layout's staging table with these columns is fact row `f`."""
    conditions = ["s.record_status = 'accepted'", "s.mapped", f"s.fact = '{fact}'"]
    conditions += [f"s.{c} = f.{c}" for c in ("source_id", "delivery_sha256", *_PLACE)]
    own = [c for c in BY_NAME[fact].key if c not in (*_PLACE, "period_type", "measure", "source_id")]
    for column in own:
        said = _said(fact, column, layout, columns)
        if said:
            conditions.append(f"coalesce(s.attributes->>'{column}', {said}) is not distinct from f.{column}::varchar")
        else:
            conditions.append(f"coalesce(s.attributes->>'{column}' = f.{column}::varchar, true)")
    conditions.append(f"(s.unit = f.unit or f.measure in ({', '.join(map(repr, _OTHER_NUMBER))}))")
    return " and ".join(conditions)


def _said(fact: str, column: str, layout: Layout, columns: set[str]) -> str | None:
    """SQL giving what a record says in a fact's column; None where it says nothing."""
    if _TOPICS.get(fact) == column:
        # A drug group's ATC code is part of the topic.
        drug = "s.topic_code || '_' || lower(regexp_extract(s.drug, '^(\\S+)', 1))"
        return drug if "drug" in columns else "s.topic_code"
    if column == "age_group" and "age" in layout.key and "age_code" not in columns:
        return age_group("s.age")
    for name in _CODES.get(column, (f"{column}_code",)):
        if name in columns:
            return f"s.{name}"
    return {"sex": "'total'", "age_group": "'total'"}.get(column)


def layouts_of(catalogue: Catalogue, fact: str, source_id: str) -> list[Layout]:
    """The layouts of a source with series that feed a fact."""
    return [layout for layout in catalogue[source_id].layouts if any(s.fact == fact for s in layout.series)]


def columns_of(con: duckdb.DuckDBPyConnection, source_id: str, layout_id: str) -> set[str]:
    """Names of a staging table's columns."""
    return {row[0] for row in con.execute(f"describe {staging_table(source_id, layout_id)}").fetchall()}


def records_of(
    con: duckdb.DuckDBPyConnection, catalogue: Catalogue, fact: str, rows: list[dict[str, Any]]
) -> dict[int, list[Record]]:
    """The records that fit each of these rows of one fact, by the row's rowid in the warehouse."""
    found: dict[int, list[Record]] = {row["rowid"]: [] for row in rows}
    for source_id in sorted({row["source_id"] for row in rows}):
        ids = [row["rowid"] for row in rows if row["source_id"] == source_id]
        for layout in layouts_of(catalogue, fact, source_id):
            columns = columns_of(con, source_id, layout.layout_id)
            told = con.execute(
                f"""select f.rowid, f.measure, s.delivery_sha256, s.line, s.column_name,
                  {", ".join(f"f.{c} is not null" if c in BY_NAME[fact].names else "false" for c in _BESIDE)}
                from marts.{fact} as f join {staging_table(source_id, layout.layout_id)} as s
                  on {fits(fact, layout, columns)}
                where f.rowid in (select unnest(?::bigint[]))
                order by s.delivery_sha256, s.line, s.column_name""",
                [ids],
            ).fetchall()
            numbers = {c.name for c in layout.columns if c.type == "number"}
            for rowid, measure, sha256, line, column_name, *beside in told:
                wanted = _numbers(measure, [c for c, there in zip(_BESIDE, beside, strict=True) if there], numbers)
                found[rowid].append(Record(sha256, source_id, layout.layout_id, line, column_name, wanted))
    return found


def _numbers(measure: str, beside: list[str], declared: set[str]) -> tuple[str, ...]:
    if measure in _OTHER_NUMBER:
        return (_OTHER_NUMBER[measure],)
    return ("value", *(c for c in beside if c in declared))
