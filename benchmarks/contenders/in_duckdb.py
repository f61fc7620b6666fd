"""How contenders in hand-written DuckDB SQL run: a database of their own, views on files, and scripts to `counted`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import duckdb
import pandas as pd

from orchestration.warehouse.connection import STORAGE


def counted(folder: Path, scripts: Sequence[str], files: Sequence[str], **views: str) -> pd.DataFrame:
    """Table `counted` after the scripts of these names, over views on `<folder>/<file>.parquet`.

    `views`: further ones by their SQL, in which `{cells}` is the folder of cells that `<folder>/cells.txt` names.
    """
    with duckdb.connect(str(folder / f"{scripts[0]}.duckdb"), config=dict(STORAGE)) as connection:
        for name in files:
            connection.execute(f"create or replace temp view {name} as from read_parquet('{folder / name}.parquet')")
        for name, sql in views.items():
            cells = (folder / "cells.txt").read_text(encoding="utf-8")
            connection.execute(f"create or replace temp view {name} as from {sql.format(cells=cells)}")
        for script in scripts:
            connection.execute(Path(__file__).with_name(f"{script}.sql").read_text(encoding="utf-8"))
        return connection.execute("from counted").df()
