"""The fingerprint of a table's rows: equal rows give an equal fingerprint, in whatever order they stand."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orchestration.releases.contract import INDICATOR_VALUES, Table
from orchestration.sql import quoted

if TYPE_CHECKING:
    import duckdb


def data_fingerprint(con: duckdb.DuckDBPyConnection, table: str) -> str:
    """Of schema-qualified `table`: number of rows, and sum and xor of the rows' 64-bit hashes with its columns' names.

    It ties a verdict to the rows that were judged. It guards against mistakes, not against forgery: releases have
    SHA-256 for that.
    """
    columns = [row[0] for row in con.execute(f"describe {table}").fetchall()]
    listed = ", ".join(f'coalesce("{c}"::varchar, chr(1))' for c in columns)
    row = con.execute(
        f"select count(*), sum(hash({listed})::hugeint), bit_xor(hash({listed})), md5(?) from {table}",
        [",".join(columns)],
    ).fetchone()
    rows, total, parity, names = row or (0, 0, 0, "")
    return f"{rows}-{total or 0:x}-{parity or 0:x}-{names[:8]}"


def slice_fingerprint(con: duckdb.DuckDBPyConnection, table: Table, piece: tuple[str, str] | None) -> str:
    """Of the rows of one slice: (source, period) of a fact, (indicator, period) of the indicators; None: all rows."""
    if piece is None:
        return data_fingerprint(con, table.relation)
    column = "indicator_id" if table is INDICATOR_VALUES else "source_id"
    con.execute(
        f"create or replace temp view _slice as select * from {table.relation} "
        f"where {column} = {quoted(piece[0])} and period = {quoted(piece[1])}"
    )
    return data_fingerprint(con, "_slice")
