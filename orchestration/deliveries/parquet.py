"""Cells on disk: one Parquet file per delivery, text as it stood in the file, each record with its place.

Row groups bound the memory of whoever reads; the compression is fixed so that the same records give the same bytes.
Which delivery and file the cells are of stands once, in the file's metadata. Where records are lines, no line is
stored: a record's line is its ordinal in the file of cells and the height of the heading (`warehouse/cells.py`).
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from orchestration.deliveries.readers.records import Records

ROW_GROUP = 122_880
COMPRESSION_LEVEL = 1


def write_cells(
    records: Records, delivery_sha256: str, file_name: str, scopes: list[str], periods: list[str], target: Path
) -> None:
    """Write a delivery's cells whole, or leave what stood there. Columns as in docs/architecture.md."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    columns = {
        "line": pa.array(records.line, pa.int64()),
        "column_name": pa.array(records.column_name, pa.string()),
        "scope_key": pa.array(scopes, pa.string()),
        "period_key": pa.array(periods, pa.string()),
        "fields_fault": pa.array(records.fields_fault, pa.string()),
    }
    columns |= {name: pa.array(texts, pa.string()) for name, texts in records.columns.items()}
    table = pa.table(columns).replace_schema_metadata(said_of(delivery_sha256, file_name))
    with whole(target) as temporary:
        pq.write_table(
            table, temporary, compression="zstd", compression_level=COMPRESSION_LEVEL, row_group_size=ROW_GROUP
        )


def said_of(delivery_sha256: str, file_name: str) -> dict[str, str]:
    """The metadata of a file of cells: the delivery and the name it was read under."""
    return {"delivery_sha256": delivery_sha256, "file": file_name}


@contextmanager
def whole(target: Path) -> Iterator[Path]:
    """A hidden file beside the target to write to, which takes its place when all is written and durable."""
    target.parent.mkdir(parents=True, exist_ok=True)
    temporary = target.with_name(f".{target.name}-{secrets.token_hex(4)}")
    try:
        yield temporary
        with temporary.open("rb") as file:
            os.fsync(file.fileno())
        temporary.replace(target)
    finally:
        temporary.unlink(missing_ok=True)
