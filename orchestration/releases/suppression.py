"""Disclosure control on the tables of a release, facts and indicators, before anything is written.

An indicator's `disclosure_rule` holds for its own rows and for the facts of its sources. What one table hides, every
other hides; what the previous release hid, stays hidden. A hidden row keeps its key, unit and status, nothing else.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from orchestration.releases import contact_waits
from orchestration.releases.contract import FACTS, INDICATOR_VALUES, Table
from orchestration.releases.disclosure import SECONDARY, SMALL, Cell, Sums, sums_on, suppress, threshold_of
from orchestration.releases.periods import bounds
from orchestration.sql import named_rows

if TYPE_CHECKING:
    import duckdb

    from orchestration.indicators.definition import Definition

# Everything from which a hidden count could be had back.
REVEALING = (
    "value", "numerator", "denominator", "ci_low", "ci_high", "ci_level", "ci_method", "reference_period",
    "reference_value", "change_abs", "change_pct", "change_pct_better",
)  # fmt: skip
COUNT_UNITS = ("persons", "patients", "count", "contacts", "stays")
# A row that no count stands behind cannot be judged by a threshold on counts.
UNJUDGED = "withheld"


@dataclass
class _Piece:
    """The rows of one table under one threshold: the cells behind them, and which rows show which cell."""

    table: Table
    threshold: int
    cells: dict[tuple, Cell] = field(default_factory=dict)
    shown_by: dict[tuple, list[int]] = field(default_factory=lambda: defaultdict(list))
    unjudged: list[int] = field(default_factory=list)
    earlier: set[tuple] = field(default_factory=set)
    hidden: dict[tuple, str] = field(default_factory=dict)


def suppress_tables(
    con: duckdb.DuckDBPyConnection, definitions: Iterable[Definition], released: dict[str, str]
) -> dict[str, int]:
    """Hide what must be hidden in the tables `release_<table>`; return the number of hidden rows by table.

    released: the previous release's tables, as SQL, by name; empty before the first release.
    """
    definitions = tuple(definitions)
    pieces = [
        p for p in (_piece(con, *target, released) for target in _targets(definitions)) if p.shown_by or p.unjudged
    ]
    if not pieces:
        return {}
    areas = named_rows(con.execute("select * from release_areas"))
    known: set[tuple] = set()
    while True:
        for piece in pieces:
            piece.hidden = _hide(piece, areas, known)
        found = {_same_count(p.cells[key]) for p in pieces for key in p.hidden}
        if found <= known:
            break
        known |= found
    written = {p.table.name: _write(con, p) for p in pieces}
    resting = [d for d in definitions if contact_waits.SOURCE in d.source_ids and threshold_of(d.disclosure_rule)]
    if resting:
        strictest = max(threshold_of(d.disclosure_rule) or 0 for d in resting)
        _hide_panels(con, resting)
        hidden = contact_waits.hide_contact_waits(con, strictest, [d.indicator_id for d in resting], released)
        written[contact_waits.FACT] = written.get(contact_waits.FACT, 0) + hidden
    return written


def _hide_panels(con: duckdb.DuckDBPyConnection, definitions: Sequence[Definition]) -> None:
    """A panel's nation beside the whole nation tells of the regions outside: hidden where one of those is hidden."""
    emptied = ", ".join(f"{c} = null" for c in REVEALING if c in INDICATOR_VALUES.names)
    for panel in (d for d in definitions if d.aggregation == "constant_panel"):
        con.execute(
            f"""update release_indicator_values set value_status = '{SECONDARY}', {emptied}
            where indicator_id = ? and area_level = 'nation' and value_status = 'normal' and (period, sex) in (
              select (period, sex) from release_indicator_values
              where indicator_id in (select unnest(?::varchar[])) and area_level <> 'nation'
                and value_status in ('{SMALL}', '{SECONDARY}'))""",
            [panel.indicator_id, list(panel.companions)],
        )


def exposed(con: duckdb.DuckDBPyConnection, table: Table, relation: str) -> int:
    """Rows that say that they are hidden and still show something to compute the count from; 0 in a sound table."""
    shown = " or ".join(f"{c} is not null" for c in REVEALING if c in table.names)
    row = con.execute(f"select count(*) from {relation} where value_status in ('{SMALL}', '{SECONDARY}') and ({shown})")
    return (row.fetchone() or (0,))[0]


def _targets(definitions: Iterable[Definition]) -> list[tuple[Table, str, list[str], int]]:
    """(table, condition on its rows, its parameters, threshold); the strictest rule of a source holds for its facts."""
    facts: dict[tuple[str, str], int] = {}
    targets: list[tuple[Table, str, list[str], int]] = []
    for d in sorted(definitions, key=lambda d: d.indicator_id):
        threshold = threshold_of(d.disclosure_rule)
        if threshold is None:
            continue
        targets.append((INDICATOR_VALUES, "indicator_id = ?", [d.indicator_id], threshold))
        # Waits counted from contacts are too many for the exact method, and nested (contact_waits).
        counted = (contact_waits.FACT, contact_waits.SOURCE)
        for key in ((fact, source) for fact in d.facts for source in d.source_ids if (fact, source) != counted):
            facts[key] = max(threshold, facts.get(key, 0))
    by_name = {t.name: t for t in FACTS}
    targets += [(by_name[f], "source_id = ?", [s], threshold) for (f, s), threshold in sorted(facts.items())]
    return targets


def _piece(
    con: duckdb.DuckDBPyConnection, table: Table, where: str, given: list[str], threshold: int, released: dict[str, str]
) -> _Piece:
    """Read the rows of a target; those that show one count (a share and its number) become one cell."""
    piece = _Piece(table, threshold)
    wanted = [*table.names, "rowid"]
    # By key: of several ways to protect a cell the same one is found, however the rows happen to lie.
    order = ", ".join([*table.key, "rowid"])
    rows = con.execute(f"select {', '.join(wanted)} from release_{table.name} where {where} order by {order}", given)
    own: list[tuple[tuple, int]] = []
    followed: dict[tuple, set[tuple]] = defaultdict(set)
    counted: dict[tuple, tuple] = {}
    for line in rows.fetchall():
        row = dict(zip(wanted, line, strict=True))
        if row["value"] is None:
            continue
        key = tuple(str(row[k]) for k in table.key if k != "measure")
        kind, count = _count(row)
        if count is None:
            own.append((key, row["rowid"]))
            continue
        name = (*key, kind)
        counted[tuple(str(row[k]) for k in table.key)] = name
        followed[key].add(name)
        piece.shown_by[name].append(row["rowid"])
        piece.cells[name] = _cell(table, row, name, kind, count)
    for key, rowid in own:
        for name in followed[key]:
            piece.shown_by[name].append(rowid)
        if not followed[key]:
            piece.unjudged.append(rowid)
    for row in _masked(con, table, where, given):
        # A later release may show it, and what is shown beside it now is then known: judged as if it stood here.
        kind, count = _count(row)
        if count is not None:
            key = tuple(str(row[k]) for k in table.key if k != "measure")
            name = (*key, kind)
            counted[tuple(str(row[k]) for k in table.key)] = name
            piece.cells[name] = _cell(table, row, name, kind, count)
    if table.name in released:
        # A hidden row tells of its own count alone: beside a hidden number of readmissions the index stays may stand.
        found = con.execute(
            f"select {', '.join(table.key)} from {released[table.name]} where {where} "
            f"and value_status in ('{SMALL}', '{SECONDARY}')",
            given,
        ).fetchall()
        piece.earlier = {counted[key] for line in found if (key := tuple(str(v) for v in line)) in counted}
    return piece


def _cell(table: Table, row: dict[str, Any], name: tuple, kind: str, count: float) -> Cell:
    base = None if row.get("denominator") is None or kind != "numerator" else float(row["denominator"])
    apart = tuple(str(row[k]) for k in table.key if k not in ("area_code", "area_level", "sex", "measure"))
    area = (row["area_code"], row["area_level"])
    return Cell(name, (*apart, kind, row["period"]), area, row.get("sex", "total"), count, base)


def _masked(con: duckdb.DuckDBPyConnection, table: Table, where: str, given: list[str]) -> list[dict[str, Any]]:
    """The rows of a fact that a check withholds, with the values that the release does not show."""
    there = con.execute(
        "select 1 from information_schema.tables where table_schema = 'judged' and table_name = ?",
        [f"masked_{table.name}"],
    ).fetchone()
    if table not in FACTS or not there:
        return []
    same = " and ".join(f"f.{c} is not distinct from m.{c}" for c in table.key)
    return named_rows(
        con.execute(
            f"select f.* from {table.relation} as f semi join judged.masked_{table.name} as m on {same} "
            f"where value is not null and {where} order by {', '.join(f'f.{c}' for c in table.key)}",
            given,
        )
    )


def _count(row: dict[str, Any]) -> tuple[str, float | None]:
    """What a row counts: its numerator, or its value where that is a number of persons or events."""
    if row.get("numerator") is not None:
        return "numerator", float(row["numerator"])
    measure = row.get("measure", "")
    if measure.endswith("_count") or row["unit"] in COUNT_UNITS:
        return measure or "value", float(row["value"])
    return "", None


def _hide(piece: _Piece, areas: list[dict[str, Any]], known: set[tuple]) -> dict[tuple, str]:
    """The piece's hidden cells, given the counts that any table hides."""

    @lru_cache
    def sums(period: str) -> Sums:
        return sums_on(areas, bounds(period)[1])

    by_period: dict[str, list[Cell]] = defaultdict(list)
    for cell in piece.cells.values():
        by_period[cell.table[-1]].append(cell)  # type: ignore[index]
    hidden: dict[tuple, str] = {}
    for period, cells in sorted(by_period.items()):
        forced = piece.earlier | {c.key for c in cells if _same_count(c) in known}
        hidden |= suppress(cells, piece.threshold, sums(period), forced)  # type: ignore[arg-type]
    return hidden


def _same_count(cell: Cell) -> tuple:
    """By which one count is known again in another table."""
    return (cell.area, cell.sex, cell.table[-1], cell.count)  # type: ignore[index]


def _write(con: duckdb.DuckDBPyConnection, piece: _Piece) -> int:
    status = dict.fromkeys(piece.unjudged, UNJUDGED)
    for name, why in piece.hidden.items():
        for rowid in piece.shown_by[name]:
            status[rowid] = SMALL if SMALL in (why, status.get(rowid)) else why
    if status:
        con.execute("create or replace temp table _hidden (row_id bigint, value_status varchar)")
        con.executemany("insert into _hidden values (?, ?)", sorted(status.items()))
        emptied = ", ".join(f"{c} = null" for c in REVEALING if c in piece.table.names)
        con.execute(
            f"update release_{piece.table.name} as t set value_status = h.value_status, {emptied} "
            "from _hidden as h where t.rowid = h.row_id"
        )
    return len(status)
