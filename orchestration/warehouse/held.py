"""Cells as they lie on disk: what is, or was, current for a scope and a period, read without opening the warehouse.

Person ids are read here as pseudonyms and leave no trace: what callers take out are months and counts.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from orchestration.sources.model import Layout
from orchestration.sql import quoted
from orchestration.warehouse.windows import OPEN, is_month

if TYPE_CHECKING:
    import duckdb


@dataclass(frozen=True, order=True)
class Held:
    """A delivery that is, or was, current for a scope and a period, and the hash of what read it."""

    source_id: str
    layout_id: str
    scope_key: str
    period_key: str
    delivery_sha256: str
    reader_hash: str = ""

    @property
    def sender(self) -> str:
        """The scope without its layout: what the same sender's other files share."""
        return "/".join([self.source_id, *self.scope_key.split("/")[2:]])

    @property
    def month(self) -> str:
        """The month of its records; `open` for those that have none."""
        return self.period_key if is_month(self.period_key) else OPEN


@contextmanager
def scratch() -> Iterator[duckdb.DuckDBPyConnection]:
    """A database in memory: the warehouse is not opened, and nothing stays."""
    import duckdb

    with duckdb.connect(config={"temp_directory": ""}) as connection:
        connection.execute("set enable_progress_bar = false; set preserve_insertion_order = false")
        yield connection


def file_of(cells: Path, held: Held) -> Path:
    return cells / held.source_id / held.layout_id / f"{held.delivery_sha256}.parquet"


def load(connection: duckdb.DuckDBPyConnection, name: str, sides: Iterable[tuple[int, Held]], same: set[Held]) -> None:
    """Write the sides to a table: -1 before, 1 after; `same` are those that stand on both."""
    import pyarrow as pa

    rows = [(side, h.layout_id, h.delivery_sha256, h.scope_key, h.period_key, h in same) for side, h in sides]
    names = ("side", "layout_id", "delivery_sha256", "scope_key", "period_key", "same")
    types = (pa.int32(), pa.string(), pa.string(), pa.string(), pa.string(), pa.bool_())
    table = pa.table({n: pa.array([r[i] for r in rows], t) for i, (n, t) in enumerate(zip(names, types, strict=True))})
    connection.register("_sides", table)
    connection.execute(f"create or replace table {name} as select * from _sides")
    connection.unregister("_sides")


def cells_of(layout: Layout, held: Iterable[Held], cells: Path, sides: str = "held") -> str:
    """SQL: the layout's cells of what is held, with side, scope and period; and whether both sides hold the same."""
    files = ", ".join(quoted(str(path)) for path in sorted({file_of(cells, h) for h in held}))
    return f"""(
      select h.side, h.same, h.scope_key, h.period_key, c.* exclude (scope_key, period_key, filename)
      from read_parquet([{files}], filename = true, union_by_name = true) as c
      join {sides} as h on h.layout_id = {quoted(layout.layout_id)}
        and h.delivery_sha256 = parse_filename(c.filename, true)
        and h.scope_key = c.scope_key and h.period_key = c.period_key)"""


def compared(layout: Layout) -> list[str]:
    """Columns that make a record what it is: all but the name of its sending."""
    sending = layout.window.column if layout.window else None
    return [*(name for name in layout.cell_names if name != sending), "fields_fault"]
