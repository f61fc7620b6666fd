"""Readmissions in hand-written DuckDB SQL, `readmissions_by_hand.sql`: the lower bound."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pandas as pd

from orchestration.warehouse.connection import STORAGE

SQL = Path(__file__).with_suffix(".sql")


def counts(folder: Path) -> pd.DataFrame:
    """Index units `n` and readmissions `k` by method, residence, sex and month, from `stay.parquet`."""
    with duckdb.connect(str(folder / "by_hand.duckdb"), config=dict(STORAGE)) as connection:
        for name in ("stay", "delivered"):
            connection.execute(f"create or replace temp view {name} as from read_parquet('{folder / name}.parquet')")
        connection.execute(SQL.read_text(encoding="utf-8"))
        return connection.execute("from counted").df()
