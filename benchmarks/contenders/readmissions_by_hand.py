"""Readmissions in hand-written DuckDB SQL, `readmissions_by_hand.sql`: the lower bound."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from benchmarks.contenders.in_duckdb import counted


def counts(folder: Path) -> pd.DataFrame:
    """Index units `n` and readmissions `k` by method, residence, sex and month, from `stay.parquet`."""
    return counted(folder, ["readmissions_by_hand"], ["stay", "delivered", "silent"])
