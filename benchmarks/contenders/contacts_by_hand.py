"""From cells to waits in hand-written DuckDB SQL: `contacts_by_hand.sql`, then `waits_by_hand.sql`."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from benchmarks.contenders.in_duckdb import counted


def counts(folder: Path) -> pd.DataFrame:
    """Waits as `waits_by_hand.counts` has them, from where `cells.txt` says."""
    return counted(
        folder,
        ["contacts_by_hand", "waits_by_hand"],
        ["current", "area", "rules", "sets"],
        cell="read_parquet('{cells}/contacts/*.parquet', filename = true)",
    )
