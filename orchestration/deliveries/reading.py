"""A delivery to cells, by the reader of its family. Readers know families, never an owner's file."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from orchestration.deliveries.counters import count
from orchestration.deliveries.parquet import write_cells
from orchestration.deliveries.readers import delimited, documents, jsonstat, tabular, workbook
from orchestration.deliveries.readers.records import Records, as_iso
from orchestration.deliveries.readers.text import decode
from orchestration.deliveries.recognition import Recognised, recognise
from orchestration.sources.model import (
    Delimited,
    Document,
    JsonStat,
    KoladaList,
    KoladaValues,
    Layout,
    Source,
    Workbook,
)

__all__ = ["Reading", "Recognised", "count_records", "read_to_cells", "recognise"]

# In so many of the first records an owner would have said, in whichever column, that the data are synthetic.
SAID_ROWS = 50


@dataclass(frozen=True)
class Reading:
    """What was read. `coverage` lists the (scope_key, period_key) pairs that this delivery replaces when current."""

    records: int
    extracted_at: str | None
    coverage: list[tuple[str, str]]
    unmapped_columns: list[str]
    origin: str | None


def read_to_cells(path: Path, file_name: str, delivery_sha256: str, recognised: Recognised, target: Path) -> Reading:
    """Read the delivery and write its cells to `target`, whole or not at all. Raises `FileRefused`."""
    records = _read(path, file_name, recognised)
    layout, source = recognised.layout, recognised.source
    if layout.extracted_at.file_name and records.extracted_at is None:
        found = re.search(layout.extracted_at.file_name, file_name)
        records.extracted_at = as_iso(found.group(1)) if found else None
    scopes, periods = _scopes(source, layout, records)
    write_cells(records, delivery_sha256, file_name, scopes, periods, target)
    return Reading(
        records=len(records),
        extracted_at=records.extracted_at,
        coverage=sorted(set(zip(scopes, periods, strict=True))),
        unmapped_columns=records.unmapped_columns,
        origin=records.origin,
    )


def count_records(path: Path, recognised: Recognised) -> int:
    """Records by a counter that does not use the readers."""
    return count(path, recognised.layout, recognised.encoding)


def _read(path: Path, file_name: str, recognised: Recognised) -> Records:
    layout = recognised.layout
    match layout:
        case Workbook():
            return tabular.read_table(layout, workbook.rows_of(path), file_name)
        case Delimited():
            text, _ = decode(path.read_bytes(), [recognised.encoding or "utf-8"])
            rows = delimited.rows_of(text, layout.delimiter)
            delimited.check_ending(text, rows, layout)
            records = tabular.read_table(layout, rows, file_name)
            # The owner's own words on the data, in whichever column: real exports never call themselves synthetic.
            said = {t or "" for column in records.columns.values() for t in column[:SAID_ROWS]}
            records.said = " ".join([records.said, *sorted(said)])
            return records
        case JsonStat():
            return jsonstat.read_dataset(_document(path), layout)
        case KoladaValues():
            return documents.read_values(_document(path), layout)
        case KoladaList():
            return documents.read_list(_document(path), layout)
        case Document():
            raise ValueError(f"{layout.layout_id} is kept, not read")


def _document(path: Path) -> Any:
    return documents.parse(decode(path.read_bytes())[0])


def _scopes(source: Source, layout: Layout, records: Records) -> tuple[list[str], list[str]]:
    """For each record what a newer delivery would replace it by: scope key and period key (docs/architecture.md)."""
    base = f"{source.source_id}/{layout.layout_id}"
    n = len(records)
    if source.scope == "source" or (source.scope == "query" and not layout.selection):
        return [base] * n, ["*"] * n
    chosen = [[(t or "").strip() for t in records.columns[name]] for name in layout.selection]
    if source.scope == "query":
        asked = "\x1e".join("\x1f".join(sorted(set(texts))) for texts in chosen)
        return [f"{base}/{hashlib.sha256(asked.encode()).hexdigest()[:16]}"] * n, ["*"] * n
    scopes = ["/".join([base, *texts]) for texts in zip(*chosen, strict=True)] if chosen else [base] * n
    told = (
        [[(t or "").strip() for t in records.columns[name]] for name in layout.period.columns] if layout.period else []
    )
    periods = [" ".join(texts) for texts in zip(*told, strict=True)] if told else ["*"] * n
    return scopes, periods
