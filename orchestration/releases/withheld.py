"""The table `withheld`: what the gate stopped or somebody let through, since when, from where values are carried."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from orchestration.releases.contract import WITHHELD
from orchestration.releases.gate import REASONS, Decision

if TYPE_CHECKING:
    import duckdb

Row = dict[str, Any]
# Published over a failed check that somebody let through: in the list, and in the data.
ACCEPTED = "accepted"


def rows_of(
    stopped: list[Decision],
    carried: set[tuple[str, str, str]],
    release_id: str,
    previous_id: str | None,
    earlier: list[Row],
) -> list[Row]:
    """One row per slice withheld or accepted; `earlier` are the previous release's. No value and no count stands here.

    What already was withheld keeps its first release and the release its values came from, so that a night with the
    same data gives the same list.
    """
    before = {_identity(row): row for row in earlier}
    return [_row(d, carried, release_id, previous_id, before) for d in stopped]


def _row(
    d: Decision, carried: set[tuple[str, str, str]], release_id: str, previous_id: str | None, before: dict[tuple, Row]
) -> Row:
    kept = not d.accepted and (d.name, d.source_id or "", d.period) in carried
    kept = kept or (d.partly and d.reason_code in ("vanished", "moved"))
    reason_sv, reason_en = REASONS[d.reason_code or "check_failed"]
    row: Row = {
        "scope": d.scope,
        "name": d.name,
        "definition_version": d.definition_version,
        "source_id": d.source_id,
        "area_level": None,
        "period": d.period,
        "action": ACCEPTED if d.accepted else "carried_forward" if kept else "withheld",
        "carried_from_release": previous_id if kept else None,
        "reason_code": d.reason_code,
        "reason_sv": f"{reason_sv} {d.note}".rstrip(),
        "reason_en": f"{reason_en} {d.note}".rstrip(),
        "checks": "|".join(d.checks),
        "since_release": release_id,
    }
    earlier = before.get(_identity(row))
    if earlier and (earlier["action"] == ACCEPTED) == d.accepted:
        row["since_release"] = earlier["since_release"] or previous_id
        if kept:
            row["carried_from_release"] = earlier["carried_from_release"] or previous_id
    return row


def earlier_rows(con: duckdb.DuckDBPyConnection, released: str | None) -> list[Row]:
    """The previous release's list; empty before the first release."""
    if released is None:
        return []
    return [dict(zip(WITHHELD.names, r, strict=True)) for r in con.execute(
        f"select {', '.join(WITHHELD.names)} from {released}").fetchall()]  # fmt: skip


def lay_out(con: duckdb.DuckDBPyConnection, rows: list[Row]) -> None:
    """Make the temporary table `release_withheld`."""
    columns = ", ".join(f"{name} {kind}" for name, kind in WITHHELD.columns)
    con.execute(f"create or replace temp table release_withheld ({columns})")
    if rows:
        marks = ", ".join("?" * len(WITHHELD.names))
        con.executemany(
            f"insert into release_withheld values ({marks})", [[r[n] for n in WITHHELD.names] for r in rows]
        )


def _identity(row: Row) -> tuple:
    return tuple(row[name] for name in ("scope", "name", "definition_version", "source_id", "period"))
