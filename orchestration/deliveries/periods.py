"""The periods that a delivery's records are of, as the contract writes them."""

from __future__ import annotations

from pathlib import Path

from orchestration.sources.model import Layout
from orchestration.warehouse.cells import cells_relation
from orchestration.warehouse.lexical import period_columns


def periods_in(layout: Layout, cells: Path) -> list[str]:
    """Every period among the cells (`2017`, `2024-05`), in order. Texts in no declared format are left out.

    A layout whose months lie in its file's name has the months of its records.
    """
    import duckdb

    if layout.window is not None:
        told, where = "period_key", "regexp_full_match(period_key, '\\d{4}-\\d{2}')"
    elif layout.period is not None:
        told, where = period_columns(layout.period)["period"], "true"
    else:
        return []
    with duckdb.connect() as connection:
        query = f"select distinct {told} as period from {cells_relation(layout, [cells])} where {where} order by 1"
        return [period for (period,) in connection.execute(query).fetchall() if period is not None]
