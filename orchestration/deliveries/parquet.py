"""Cells on disk: one Parquet file per delivery, text as it stood in the file, each record with its place."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from orchestration.deliveries.readers.records import Records

# Row groups bound the memory of whoever reads; the compression is fixed so that the same records give the same bytes.
ROW_GROUP = 250_000


def write_cells(
    records: Records, delivery_sha256: str, file_name: str, scopes: list[str], periods: list[str], target: Path
) -> None:
    """Write a delivery's cells whole, or leave what stood there. Columns as in docs/architecture.md."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    n = len(records)
    columns = {
        "delivery_sha256": pa.DictionaryArray.from_arrays([0] * n, [delivery_sha256]).cast(pa.string()),
        "file": pa.DictionaryArray.from_arrays([0] * n, [file_name]).cast(pa.string()),
        "line": pa.array(records.line, pa.int64()),
        "column_name": pa.array(records.column_name, pa.string()),
        "scope_key": pa.array(scopes, pa.string()),
        "period_key": pa.array(periods, pa.string()),
        "fields_fault": pa.array(records.fields_fault, pa.string()),
    }
    columns |= {name: pa.array(texts, pa.string()) for name, texts in records.columns.items()}
    target.parent.mkdir(parents=True, exist_ok=True)
    temporary = target.with_name(f".{target.name}-{secrets.token_hex(4)}")
    try:
        pq.write_table(pa.table(columns), temporary, compression="zstd", row_group_size=ROW_GROUP)
        with temporary.open("rb") as file:
            os.fsync(file.fileno())
        temporary.replace(target)
    finally:
        temporary.unlink(missing_ok=True)
