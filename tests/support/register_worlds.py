"""Many random register worlds in one warehouse, so that one run of the models is judged on all of them at once.

Writes `intermediate.int_stays__stays` and `intermediate.int_stays__delivered` as tables, where the models find them; reads
back `intermediate.int_readmissions__index` and lays it row by row beside the brute force of `tests/oracle`. A world is a
site of its own, and its number stands in each person key.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from tests.oracle.readmissions import PRESETS, Delivered, Index, Method, judge
from tests.oracle.stays import Stay
from tests.oracle.worlds import World

_STAYS = pa.schema(
    [(name, pa.string()) for name in ("source_id", "site", "provider_code", "provider_region", "stay_id", "person_key")]
    + [("followable", pa.bool_()), ("birth_date", pa.date32()), ("death_date", pa.date32())]
    + [(name, pa.string()) for name in ("sex", "residence_region", "residence_municipality")]
    + [("admission_date", pa.date32()), ("discharge_date", pa.date32())]
    + [(name, pa.bool_()) for name in ("transferred_in", "transferred_out", "deceased", "planned")]
    + [("main_diagnosis", pa.string()), ("discharge_month", pa.date32())]
)  # fmt: skip
_DELIVERED = pa.schema(
    [(name, pa.string()) for name in ("source_id", "site", "provider_region")]
    + [(name, pa.date32()) for name in ("month", "last_date")]
)

#: One row of the result: its key, and what is said of it.
Key = tuple[str, str, str, str]
Said = tuple[date, date | None, bool, str | None, bool | None, date | None, int | None]

INDEX_COLUMNS = (
    "method_code", "site", "person_key", "stay_id", "index_admission", "index_discharge", "eligible", "exclusion_reason",
    "readmitted", "readmission_admission", "days",
)  # fmt: skip


def write_worlds(warehouse: Path, worlds: Sequence[World]) -> int:
    """Write both relations; returns the number of stays."""
    with duckdb.connect(str(warehouse)) as con:
        return insert_worlds(con, worlds)


def insert_worlds(con: duckdb.DuckDBPyConnection, worlds: Sequence[World]) -> int:
    """The same through an open connection."""
    stays = [s for w in worlds for s in w.stays]
    delivered: dict[tuple[str, str | None], date] = {}
    for w in worlds:
        delivered |= w.delivered
    return _insert(con, stays, delivered, first=date(2022, 1, 1))


def write_stays(warehouse: Path, stays: Iterable[Stay], delivered: Delivered, *, first: date) -> int:
    """The same for stays of any make; months delivered run from `first` to the region's last date."""
    with duckdb.connect(str(warehouse)) as con:
        return _insert(con, list(stays), delivered, first=first)


def _insert(con: duckdb.DuckDBPyConnection, stays: list[Stay], delivered: Delivered, *, first: date) -> int:
    coded = {s.site for s in stays if s.main_diagnosis is not None}
    rows = [_stay_row(s, "patient_register" if s.site in coded else "omop") for s in stays]
    months = [row for (site, region), last in delivered.items() for row in _months(site, region, first, last, coded)]
    con.execute("create schema if not exists intermediate")
    con.execute(
        "create or replace table intermediate.int_stays__silent (source_id varchar, site varchar, "
        "provider_region varchar, provider_code varchar, month date, is_main boolean)"
    )
    for name, schema, made in (("int_stays__stays", _STAYS, rows), ("int_stays__delivered", _DELIVERED, months)):
        columns = list(zip(*made, strict=True))
        table = pa.table([pa.array(c, f.type) for c, f in zip(columns, schema, strict=True)], schema=schema)
        con.register("_made", table)
        con.execute(f"create or replace table intermediate.{name} as select * from _made")
        con.unregister("_made")
    return len(rows)


def _stay_row(s: Stay, source_id: str) -> tuple[Any, ...]:
    left = s.discharge_date
    return (
        source_id, s.site, s.provider_region, s.provider_region, s.stay_id, s.person_key,
        s.followable, s.birth_date, s.death_date, s.sex, s.residence_region, s.residence_municipality,
        s.admission_date, left, s.transferred_in, s.transferred_out, s.deceased, s.planned, s.main_diagnosis,
        left and left.replace(day=1),
    )  # fmt: skip


def _months(
    site: str, region: str | None, first: date, last: date, coded: set[str]
) -> Iterator[tuple[str, str, str | None, date, date]]:
    month = first.replace(day=1)
    while month <= last:
        following = (month + timedelta(days=32)).replace(day=1)
        source = "patient_register" if site in coded else "omop"
        yield source, site, region, month, min(last, following - timedelta(days=1))
        month = following


def expected(worlds: Iterable[World], methods: Iterable[Method] = PRESETS) -> dict[Key, Said]:
    """What the oracle says of every world."""
    methods = tuple(methods)
    return {k: v for w in worlds for k, v in map(_said, judge(w.stays, w.delivered, methods))}


def _said(row: Index) -> tuple[Key, Said]:
    key = (row.method_code, row.site, row.person_key, row.stay_id)
    return key, (
        row.index_admission, row.index_discharge, row.eligible, row.exclusion_reason, row.readmitted,
        row.readmission_admission, row.days,
    )  # fmt: skip


def read_index(warehouse: Path) -> dict[Key, Said]:
    """What the models say. Raises `AssertionError` where one index stands twice under a method."""
    with duckdb.connect(str(warehouse), read_only=True) as con:
        rows = con.execute(f"select {', '.join(INDEX_COLUMNS)} from intermediate.int_readmissions__index").fetchall()
    found: dict[Key, Said] = {row[:4]: row[4:] for row in rows}
    assert len(found) == len(rows), f"{len(rows) - len(found)} index stays stand twice"
    return found


#: A group of index stays: method, site, month of discharge (None for open ones), reason of exclusion; and its counts.
Counts = dict[tuple[str, str, date | None, str | None], tuple[int, int]]


def counted(judged: dict[Key, Said]) -> Counts:
    """Index stays and readmissions of the oracle's rows, by month: what `int_readmissions__monthly` must say."""
    counts: Counts = {}
    for (method, site, _, _), (_, discharge, _, reason, readmitted, _, _) in judged.items():
        group = (method, site, discharge and discharge.replace(day=1), reason)
        stays, returns = counts.get(group, (0, 0))
        counts[group] = (stays + 1, returns + bool(readmitted))
    return counts


def read_counts(warehouse: Path) -> Counts:
    """The same of the models."""
    with duckdb.connect(str(warehouse), read_only=True) as con:
        rows = con.execute(
            """select method_code, site, nullif(index_month, date '9999-12-01'), exclusion_reason,
                 sum(stay_count)::bigint, sum(readmission_count)::bigint
               from intermediate.int_readmissions__monthly group by all"""
        ).fetchall()
    return {tuple(row[:4]): tuple(row[4:]) for row in rows}


def disagreements(judged: dict[Key, Said], models: dict[Key, Said]) -> list[str]:
    """One line per row on which the two differ, or that one of them lacks."""
    lines = []
    for key in sorted(judged.keys() | models.keys()):
        oracle, model = judged.get(key), models.get(key)
        if oracle != model:
            lines.append(f"{' '.join(key)}: oracle {_words(oracle)}; models {_words(model)}")
    return lines


def _words(said: Said | None) -> str:
    return "has no such index" if said is None else " ".join("-" if v is None else str(v) for v in said)


def story(world: World, person_key: str) -> str:
    """One person's stays, for reading a disagreement."""
    return "\n".join(str(s) for s in sorted(world.stays, key=lambda s: s.order) if s.person_key == person_key)
