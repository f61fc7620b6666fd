"""From cells to readmissions in hand-written DuckDB SQL: `stays_by_hand.sql`, then `readmissions_by_hand.sql`."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pandas as pd

from orchestration.warehouse.connection import STORAGE

SQL = [Path(__file__).with_name(name) for name in ("stays_by_hand.sql", "readmissions_by_hand.sql")]


def counts(folder: Path) -> pd.DataFrame:
    """Index units `n` and readmissions `k` by method, residence, sex and month, from where `cells.txt` says."""
    cells = (folder / "cells.txt").read_text(encoding="utf-8")
    with duckdb.connect(str(folder / "stays_by_hand.duckdb"), config=dict(STORAGE)) as connection:
        for name, files in (("cell", "stays_20*/*"), ("diagnosis", "diagnoses/*")):
            connection.execute(
                f"""create or replace temp view {name} as
                from read_parquet('{cells}/{files}.parquet', union_by_name = true, filename = true)"""
            )
        for name in ("current", "area"):
            connection.execute(f"create or replace temp view {name} as from read_parquet('{folder / name}.parquet')")
        for sql in SQL:
            connection.execute(sql.read_text(encoding="utf-8"))
        return connection.execute("from counted").df()
