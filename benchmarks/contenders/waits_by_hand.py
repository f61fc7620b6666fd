"""Waits in hand-written DuckDB SQL, `waits_by_hand.sql`: the lower bound."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from benchmarks.contenders.in_duckdb import counted


def counts(folder: Path) -> pd.DataFrame:
    """Waits `n`, those within the bound `met`, `median` and `p90` by everything that is told apart."""
    return counted(folder, ["waits_by_hand"], ["contact", "rules", "sets"])
