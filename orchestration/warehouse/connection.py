"""Opening the warehouse: one DuckDB file, one writer, one connection at a time in a process (docs/decisions/0004)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from orchestration.settings import memory_limit
from orchestration.sql import quoted

if TYPE_CHECKING:
    import duckdb

#: A warehouse is read by the DuckDB that wrote it, or made anew. The newest forms of storage write text a quarter
#: quicker. dbt has the same in its profile: two connections of a process must not differ.
STORAGE = {"storage_compatibility_version": "latest"}


@contextmanager
def open_warehouse(path: Path, *, read_only: bool = False) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open, hand out, and always close: dbt and Great Expectations open the same file next."""
    import duckdb

    connection = duckdb.connect(str(path), read_only=read_only, config={} if read_only else dict(STORAGE))
    try:
        connection.execute("set timezone = 'Europe/Stockholm'; set enable_progress_bar = false")
        connection.execute(f"set memory_limit = {quoted(memory_limit())}")
        yield connection
    finally:
        connection.close()
        if not read_only:
            path.chmod(0o600)
