"""From cells to readmissions in hand-written DuckDB SQL: `stays_by_hand.sql`, then `readmissions_by_hand.sql`."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from benchmarks.contenders.in_duckdb import counted


def counts(folder: Path) -> pd.DataFrame:
    """Index units `n` and readmissions `k` by method, residence, sex and month, from where `cells.txt` says."""
    return counted(
        folder,
        ["stays_by_hand", "readmissions_by_hand"],
        ["current", "area", "silent"],
        cell="read_parquet('{cells}/stays_20*/*.parquet', union_by_name = true, filename = true)",
        diagnosis="read_parquet('{cells}/diagnoses/*.parquet', union_by_name = true, filename = true)",
    )
