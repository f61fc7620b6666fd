"""Writing one table as Parquet and CSV, the same rows in the same order, the same bytes every time.

CSV: UTF-8 without byte order mark, comma, LF, heading, RFC 4180 quotes, decimal point, no exponent, no trailing zeros,
empty is null. Parquet: zstd, one row group per million rows.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from orchestration.releases.contract import Table

if TYPE_CHECKING:
    import duckdb

ROW_GROUP = 1_000_000


def write_table(con: duckdb.DuckDBPyConnection, table: Table, relation: str, folder: Path) -> list[Path]:
    """Write `<name>.parquet` and `<name>.csv` of `relation`, ordered by the table's key. Returns both paths."""
    order = ", ".join(f"{column} nulls first" for column in table.key)
    listed = ", ".join(f"{name}::{kind} as {name}" for name, kind in table.columns)
    parquet, text = folder / f"{table.name}.parquet", folder / f"{table.name}.csv"
    con.execute(
        f"copy (select {listed} from {relation} order by {order}) to {_path(parquet)} "
        f"(format parquet, compression zstd, row_group_size {ROW_GROUP})"
    )
    written = ", ".join(f"{_as_text(name, kind)} as {name}" for name, kind in table.columns)
    con.execute(
        f"copy (select {written} from read_parquet({_path(parquet)})) to {_path(text)} "
        "(format csv, header true, delimiter ',', quote '\"', escape '\"', nullstr '')"
    )
    return [parquet, text]


def _as_text(name: str, kind: str) -> str:
    """SQL for a column as it stands in CSV; null where it is to be empty."""
    if kind.startswith("DECIMAL"):
        return f"rtrim(rtrim({name}::varchar, '0'), '.')"
    if kind == "VARCHAR":
        return f"nullif({name}, '')"
    if kind == "TIMESTAMP WITH TIME ZONE":
        return f"strftime({name} at time zone 'UTC', '%Y-%m-%dT%H:%M:%SZ')"
    return f"{name}::varchar"


def _path(path: Path) -> str:
    return "'" + str(path).replace("'", "''") + "'"
