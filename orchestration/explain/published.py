"""What a release says of rows of the warehouse: the same value, none, a hidden one, or one carried forward.

A release decides what may be shown: a row that it hides is compared and not shown, and so is a row of a row-level
source that no release has been through disclosure control with.
"""

from __future__ import annotations

import csv
from pathlib import Path
from typing import TYPE_CHECKING, Any

from orchestration.releases.contract import INDICATOR_VALUES, Table
from orchestration.sql import quoted

if TYPE_CHECKING:
    import duckdb

    from orchestration.explain.facts import Node

HIDDEN = ("suppressed_small_n", "suppressed_secondary", "withheld")
_COLUMNS = ("value", "value_status", "value_flags", "numerator", "denominator", "ci_low", "ci_high")


class Published:
    """One release's tables, beside the open warehouse."""

    def __init__(self, con: duckdb.DuckDBPyConnection, releases: Path, release: str | None) -> None:
        self._con, self.release = con, release
        self._data = releases / release / "data" if release else None

    def relation(self, table: Table) -> str | None:
        """SQL of a table of the release; None where there is no release, or no such table in it."""
        file = self._data / f"{table.name}.parquet" if self._data else None
        return f"read_parquet({quoted(str(file))})" if file and file.exists() else None

    def rows(self, table: Table, rowids: list[int]) -> dict[int, dict[str, Any]]:
        """By rowid of rows in the warehouse: the release's row of the same key."""
        relation = self.relation(table)
        if relation is None:
            return {}
        same = " and ".join(f"p.{c} is not distinct from f.{c}" for c in table.key)
        names = [c for c in _COLUMNS if c in table.names]
        answer = self._con.execute(
            f"select f.rowid, {', '.join(f'p.{c}' for c in names)} from {table.relation} as f join {relation} as p "
            f"on {same} where f.rowid in (select unnest(?::bigint[]))",
            [rowids],
        )
        return {line[0]: dict(zip(names, line[1:], strict=True)) for line in answer.fetchall()}

    def entry(self, table: Table, row: dict[str, Any]) -> dict[str, Any] | None:
        """The release's withheld entry of the slice that a row lies in."""
        path = self._data / "withheld.csv" if self._data else None
        if path is None or not path.exists():
            return None
        name, source = (row["indicator_id"], "") if table is INDICATOR_VALUES else (table.name, str(row["source_id"]))
        with path.open(encoding="utf-8", newline="") as file:
            for entry in csv.DictReader(file):
                if (entry["name"], entry["source_id"], entry["period"]) == (name, source, row["period"]):
                    return {k: v or None for k, v in entry.items()}
        return None


def judge(nodes: list[Node], published: Published, latest: Published, table: Table, personal: set[str]) -> None:
    """Set for each of these rows of one fact what the release says of it, and whether it may be shown.

    What the latest release hides is hidden beside an earlier one as well: the warehouse's value stands in neither.
    """
    ids = [node.row["rowid"] for node in nodes]
    said = published.rows(table, ids)
    newest = said if latest.release == published.release else latest.rows(table, ids)
    for node in nodes:
        node.published = said.get(node.row["rowid"])
        told = [rows[node.row["rowid"]] for rows in (said, newest) if node.row["rowid"] in rows]
        node.hidden = any(hides(t, node.row) for t in told) or (len(told) < 2 and node.row["source_id"] in personal)


def hides(said: dict[str, Any], row: dict[str, Any]) -> bool:
    """Whether a release hides a value that the warehouse has."""
    return said["value_status"] in HIDDEN and said["value_status"] != row["value_status"]


def why_hidden(
    published: Published, table: Table, row: dict[str, Any], said: dict[str, Any] | None
) -> dict[str, Any] | None:
    """Why a release does not show a row as the warehouse holds it; None where it does."""
    entry = published.entry(table, row)
    if entry is not None:
        return entry
    if published.release is None:
        return {"reason_code": "not_released", "reason_en": "Nothing has been released."}
    if said is None:
        return {"reason_code": "not_in_release", "reason_en": f"Release {published.release} has no such row."}
    if hides(said, row):
        reason = "Disclosure control hides it: a small count, or one from which a small count would follow."
        return {"reason_code": said["value_status"], "reason_en": reason}
    return None
