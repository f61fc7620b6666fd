"""Where a masked cell stands: fact, source, period, area, what it measures, checks, and the line it was delivered on.

For whoever mends it, inside the home. Public tables name the slice only.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from orchestration.home import Home

if TYPE_CHECKING:
    import duckdb

    from orchestration.releases.contract import Table

SHOWN = 50
_PLACE = ("source_id", "period", "area_level", "area_code")


def masked_cells(home: Home, limit: int = SHOWN) -> dict[str, Any]:
    """The cells that checks withhold now, those with a line first; `total` is how many there are."""
    from orchestration.releases.contract import FACTS
    from orchestration.warehouse.connection import open_warehouse

    if not home.warehouse.exists():
        return {"total": 0, "cells": []}
    with open_warehouse(home.warehouse, read_only=True) as con:
        there = {n for (n,) in con.execute(
            "select table_name from information_schema.tables where table_schema = 'judged'").fetchall()}  # fmt: skip
        cells = [c for table in FACTS if f"masked_{table.name}" in there for c in _cells(con, table)]
    cells.sort(key=lambda c: (c["file"] is None, c["fact"], c["source_id"], c["period"], c["area_code"], c["of"]))
    return {"total": len(cells), "cells": cells[:limit] if limit else cells}


def _cells(con: duckdb.DuckDBPyConnection, table: Table) -> list[dict[str, Any]]:
    measured = [c for c in table.key if c not in (*_PLACE, "period_type")]
    same = " and ".join(f"f.{c} is not distinct from m.{c}" for c in table.key)
    rows = con.execute(
        f"""select {", ".join(f"m.{c}" for c in _PLACE)}, concat_ws(', ', {", ".join(f"m.{c}" for c in measured)}),
              m.checks, f.value
            from judged.masked_{table.name} as m left join {table.relation} as f on {same} order by all"""
    ).fetchall()
    found = []
    for source, period, level, area, of, checks, value in rows:
        file, line = _line(con, source, (area, level, period), value) or (None, None)
        found.append({
            "fact": table.name, "source_id": source, "period": period, "area_level": level, "area_code": area,
            "of": of, "checks": checks.split("|"), "file": file, "line": line,
        })  # fmt: skip
    return found


def _line(
    con: duckdb.DuckDBPyConnection, source: str, place: tuple[str, str, str], value: Any
) -> tuple[str, int] | None:
    """The one accepted record of the source with this value in this place; None for a sum, which has no line."""
    layouts = con.execute(
        "select table_name from information_schema.columns where table_schema = 'staging' "
        "and starts_with(table_name, ?) group by 1 "
        "having list_has_all(list(column_name), ['value_value', 'area_code', 'area_level', 'period', 'file', 'line'])",
        [f"stg_{source}__"],
    ).fetchall()
    found = [
        row
        for (layout,) in layouts
        for row in con.execute(
            f"""select file, line from staging."{layout}" where record_status = 'accepted'
                and area_code = ? and area_level = ? and period = ? and value_value = ? limit 2""",
            [*place, value],
        ).fetchall()
    ]
    return (str(found[0][0]), int(found[0][1])) if len(found) == 1 else None


def print_masked(answer: dict[str, Any]) -> None:
    """One line per cell, without its value."""
    from orchestration.operations.answers import say

    say(f"{answer['total']} cells are withheld by themselves")
    for c in answer["cells"]:
        where = f"; {c['file']} line {c['line']}" if c["file"] else ""
        say(f"  {c['fact']} {c['source_id']} {c['period']}, area {c['area_code']} ({c['area_level']}), {c['of']}: "
            f"{', '.join(c['checks'])}{where}")  # fmt: skip
    if (more := answer["total"] - len(answer["cells"])) > 0:
        say(f"  and {more} more; --limit 0 shows all")
