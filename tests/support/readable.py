"""Reading any content through the product's readers, and looking at what became of it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.parquet as parquet
import pytest

from orchestration.deliveries import reading
from orchestration.deliveries.refusal import FileRefused
from orchestration.sources.catalogue import Catalogue
from orchestration.sources.model import Source
from orchestration.warehouse.cells import cells_relation

SHA = "a" * 64


@dataclass(frozen=True)
class Read:
    """A delivery that was recognised, read and counted. `rows` are its cells, one dictionary per record."""

    recognised: reading.Recognised
    reading: reading.Reading
    counted: int
    rows: list[dict[str, Any]]
    cells: bytes

    @property
    def name(self) -> str:
        return f"{self.recognised.source.source_id}/{self.recognised.layout.layout_id}"

    def texts(self, *columns: str) -> list[tuple[str | None, ...]]:
        return [tuple(row[c] for c in columns) for row in self.rows]

    def declared(self) -> list[dict[str, str | None]]:
        """The declared columns of every record, without its place."""
        names = [c.name for c in self.recognised.layout.columns]
        return [{n: row[n] for n in names} for row in self.rows]


def read(folder: Path, content: str | bytes, catalogue: Catalogue, name: str = "delivery") -> Read:
    """Write the content as a file, and read it. Raises `FileRefused`."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "raw"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    recognised = reading.recognise(path, name, catalogue)
    target = folder / "cells.parquet"
    got = reading.read_to_cells(path, name, SHA, recognised, target)
    rows = rows_of_cells(target, recognised.layout)
    return Read(recognised, got, reading.count_records(path, recognised), rows, target.read_bytes())


def rows_of_cells(target: Path, layout: Any) -> list[dict[str, Any]]:
    """Records as the warehouse sees them, each with its delivery and name as the file of cells says."""
    said = parquet.read_metadata(target).metadata
    place = {"delivery_sha256": said[b"delivery_sha256"].decode(), "file": said[b"file"].decode()}
    answer = duckdb.connect().execute(f"select * from {cells_relation(layout, [target])}")
    names = [column[0] for column in answer.description]
    return [dict(zip(names, row, strict=True)) | place for row in answer.fetchall()]


def refusal(folder: Path, content: str | bytes, catalogue: Catalogue, name: str = "delivery") -> FileRefused:
    with pytest.raises(FileRefused) as caught:
        read(folder, content, catalogue, name)
    return caught.value


def catalogue_of(*layouts: Any, scope: str = "source") -> Catalogue:
    """One source with these layouts."""
    source = Source(
        source_id="made", name_sv="m", name_en="m", owner="o", licence="l", citation="c", rhythm="yearly",
        scope=scope, layouts=list(layouts),
    )  # fmt: skip
    return Catalogue((source,), {"made": "hash"})
