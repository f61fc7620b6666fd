"""What a release will hold: the warehouse's tables, less what the gate withholds, plus what is carried forward."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from orchestration.ledger.verdict import Verdict
from orchestration.releases.contract import FACTS, INDICATOR_VALUES, LINEAGE, TABLES, WITHHELD, Table
from orchestration.releases.fingerprint import data_fingerprint
from orchestration.releases.gate import REASONS, Decision, FactSlice, IndicatorSlice, decide

if TYPE_CHECKING:
    import duckdb

    from orchestration.indicators.definition import Definition


class ContractBroken(Exception):
    """A table that is about to be published has not the contract's columns: names table and columns."""


@dataclass(frozen=True)
class Previous:
    """The latest release, if there is one: carried values and the first release of a withholding come from it."""

    release_id: str
    folder: Path

    @property
    def data(self) -> Path:
        return self.folder / "data"

    @classmethod
    def latest(cls, releases: Path) -> Previous | None:
        pointer = releases / "latest.json"
        if not pointer.exists():
            return None
        name = json.loads(pointer.read_text())["release"]
        return cls(name, releases / name)


def check_tables(con: duckdb.DuckDBPyConnection) -> None:
    """Every published table stands in the warehouse with the contract's columns. Raises `ContractBroken`."""
    for table in TABLES:
        if table is WITHHELD:
            continue
        schema, name = table.relation.split(".")
        found = {
            row[0]
            for row in con.execute(
                "select column_name from information_schema.columns where table_schema = ? and table_name = ?",
                [schema, name],
            ).fetchall()
        }
        if not found:
            raise ContractBroken(f"{table.relation} is not in the warehouse; run the whole nightly")
        missing, extra = set(table.names) - found, found - set(table.names)
        if missing or extra:
            raise ContractBroken(f"{table.relation}: missing {sorted(missing)}, not in the contract {sorted(extra)}")


def decisions(
    con: duckdb.DuckDBPyConnection,
    verdicts: Iterable[Verdict],
    definitions: Iterable[Definition],
    previous: Previous | None,
) -> list[Decision]:
    """The gate's decision on every slice that stands in the warehouse, or stood in the previous release.

    A slice that is gone is the owner's withdrawal where the whole table passes. Where the table failed as a whole
    (emptied, never judged) it is decided on as if it stood there, and so keeps its previous values.
    """
    judged = list(verdicts)
    fingerprints = {t.name: data_fingerprint(con, t.relation) for t in (*FACTS, INDICATOR_VALUES)}
    facts = [FactSlice(t.name, *key) for t in FACTS for key in _slices(con, t, t.relation)]
    stopped = {
        table.name for table in FACTS if decide([FactSlice(table.name, "", "")], [], judged, fingerprints)[0].withheld
    }
    gone = [
        FactSlice(t.name, *key) for t in FACTS if t.name in stopped for key in _slices(con, t, _released(t, previous))
    ]
    facts += [piece for piece in gone if piece not in set(facts)]
    by_id = {d.indicator_id: d for d in definitions}

    def indicators(relation: str | None) -> list[IndicatorSlice]:
        return [
            IndicatorSlice(name, version, period, tuple(by_id[name].facts), tuple(by_id[name].source_ids))
            for name, version, period in _slices(con, INDICATOR_VALUES, relation)
            if name in by_id
        ]

    values = indicators(INDICATOR_VALUES.relation)
    here = {(v.indicator_id, v.period) for v in values}
    values += [
        v
        for v in indicators(_released(INDICATOR_VALUES, previous))
        if (v.indicator_id, v.period) not in here and stopped.intersection(v.facts)
    ]
    return decide(facts, values, judged, fingerprints)


def _slices(con: duckdb.DuckDBPyConnection, table: Table, relation: str | None) -> list[tuple]:
    """What a table is published by: (source, period) of a fact, (id, version, period) of the indicators."""
    if relation is None:
        return []
    key = "indicator_id, definition_version, period" if table is INDICATOR_VALUES else "source_id, period"
    return con.execute(f"select distinct {key} from {relation} order by all").fetchall()


def _released(table: Table, previous: Previous | None) -> str | None:
    """A table of the previous release, as SQL."""
    file = previous.data / f"{table.name}.parquet" if previous else None
    return f"read_parquet('{file}')" if file and file.exists() else None


def lay_out(con: duckdb.DuckDBPyConnection, decided: list[Decision], previous: Previous | None) -> list[dict[str, Any]]:
    """Make one temporary view `release_<table>` per published table; return the rows of `withheld`.

    What is withheld keeps the previous release's rows of the same slice, flagged `carried_forward`; where there are
    none it is left out. Both are listed.
    """
    con.execute(
        "create or replace temp table _stopped (scope varchar, name varchar, source_id varchar, period varchar)"
    )
    stopped = [d for d in decided if d.withheld]
    if stopped:
        con.executemany(
            "insert into _stopped values (?, ?, ?, ?)",
            [(d.scope, d.name, d.source_id or "", d.period) for d in stopped],
        )
    rows = []
    for table in (*FACTS, INDICATOR_VALUES):
        carried = _lay_out_slices(con, table, previous)
        own = [d for d in stopped if d.name == table.name or (table is INDICATOR_VALUES and d.scope == "indicator")]
        rows += [_withheld_row(d, carried, previous) for d in own]
    for table in TABLES:
        if table not in (*FACTS, INDICATOR_VALUES, LINEAGE, WITHHELD):
            con.execute(f"create or replace temp view release_{table.name} as select * from {table.relation}")
    _lay_out_lineage(con, previous)
    rows = _with_since(rows, previous)
    _lay_out_withheld(con, rows)
    return rows


def _lay_out_slices(
    con: duckdb.DuckDBPyConnection, table: Table, previous: Previous | None
) -> set[tuple[str, str, str]]:
    """The table without its stopped slices, plus theirs from the previous release. Returns the slices carried."""
    indicator = table is INDICATOR_VALUES
    name, source = ("indicator_id", "''") if indicator else (f"'{table.name}'", "source_id")
    scope = "indicator" if indicator else "fact_slice"
    is_stopped = (
        f"exists (select 1 from _stopped s where s.scope = '{scope}' and s.name = {name} "
        f"and s.source_id = {source} and s.period = t.period)"
    )
    columns = ", ".join(table.names)
    con.execute(
        f"create or replace temp table release_{table.name} as "
        f"select {columns} from {table.relation} t where not {is_stopped}"
    )
    released = _released(table, previous)
    if released is None:
        return set()
    kept = "list_filter(string_split(value_flags, '|'), x -> x <> '')"
    flagged = f"array_to_string(list_sort(list_distinct({kept} || ['carried_forward'])), '|')"
    carried = f"select * replace ({flagged} as value_flags) from {released} t where {is_stopped}"
    con.execute(f"insert into release_{table.name} select {columns} from ({carried})")
    found = con.execute(f"select distinct {name}, {source}, period from {released} t where {is_stopped}")
    return {(row[0], row[1], row[2]) for row in found.fetchall()}


def _withheld_row(d: Decision, carried: set[tuple[str, str, str]], previous: Previous | None) -> dict[str, Any]:
    kept = (d.name, d.source_id or "", d.period) in carried
    reason_sv, reason_en = REASONS[d.reason_code or "check_failed"]
    return {
        "scope": d.scope,
        "name": d.name,
        "definition_version": d.definition_version,
        "source_id": d.source_id,
        "area_level": None,
        "period": d.period,
        "action": "carried_forward" if kept else "withheld",
        "carried_from_release": previous.release_id if kept and previous else None,
        "reason_code": d.reason_code,
        "reason_sv": reason_sv,
        "reason_en": reason_en,
        "checks": "|".join(d.checks),
        "since_release": None,
    }


def _with_since(rows: list[dict[str, Any]], previous: Previous | None) -> list[dict[str, Any]]:
    """What already was withheld keeps its first release, and where its carried values first came from."""
    earlier = {_identity(row): row for row in _previous_withheld(previous)}
    kept = []
    for row in rows:
        before = earlier.get(_identity(row))
        if before:
            row = {**row, "since_release": before["since_release"] or (previous.release_id if previous else None)}
            if row["action"] == "carried_forward":
                row["carried_from_release"] = before["carried_from_release"] or row["carried_from_release"]
        kept.append(row)
    return kept


def _previous_withheld(previous: Previous | None) -> list[dict[str, Any]]:
    import pyarrow.parquet as pq

    file = previous.data / "withheld.parquet" if previous else None
    return pq.read_table(file).to_pylist() if file and file.exists() else []


def _identity(row: dict[str, Any]) -> tuple:
    return tuple(row[name] for name in ("scope", "name", "definition_version", "source_id", "period"))


def _lay_out_lineage(con: duckdb.DuckDBPyConnection, previous: Previous | None) -> None:
    """Lineage of this build, and of what is carried forward."""
    used = " union ".join(f"select lineage_id from release_{t.name}" for t in (*FACTS, INDICATOR_VALUES))
    released = _released(LINEAGE, previous)
    older = f" union select lineage_id, delivery_sha256, role from {released}" if released else ""
    con.execute(
        "create or replace temp table release_lineage as select * from "
        f"(select lineage_id, delivery_sha256, role from published.lineage{older}) where lineage_id in ({used})"
    )


def _lay_out_withheld(con: duckdb.DuckDBPyConnection, rows: list[dict[str, Any]]) -> None:
    columns = ", ".join(f"{name} {kind}" for name, kind in WITHHELD.columns)
    con.execute(f"create or replace temp table release_withheld ({columns})")
    if rows:
        marks = ", ".join("?" * len(WITHHELD.names))
        con.executemany(
            f"insert into release_withheld values ({marks})", [[r[n] for n in WITHHELD.names] for r in rows]
        )
