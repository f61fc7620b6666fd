"""From cells to waits in hand-written DuckDB SQL: `contacts_by_hand.sql`, then `waits_by_hand.sql`."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pandas as pd

from orchestration.warehouse.connection import STORAGE

SQL = [Path(__file__).with_name(name) for name in ("contacts_by_hand.sql", "waits_by_hand.sql")]


def counts(folder: Path) -> pd.DataFrame:
    """Waits as `waits_by_hand.counts` has them, from where `cells.txt` says."""
    cells = (folder / "cells.txt").read_text(encoding="utf-8")
    with duckdb.connect(str(folder / "contacts_by_hand.duckdb"), config=dict(STORAGE)) as connection:
        connection.execute(
            f"create or replace temp view cell as from read_parquet('{cells}/contacts/*.parquet', filename = true)"
        )
        for name in ("current", "area", "rules", "sets"):
            connection.execute(f"create or replace temp view {name} as from read_parquet('{folder / name}.parquet')")
        for sql in SQL:
            connection.execute(sql.read_text(encoding="utf-8"))
        return connection.execute("from counted").df()
