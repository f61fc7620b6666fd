"""A delivery to cells, by the reader of its family. Readers know families, never an owner's file."""

from __future__ import annotations

import re
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from orchestration.deliveries import scopes
from orchestration.deliveries.counters import count
from orchestration.deliveries.identity import captured
from orchestration.deliveries.parquet import write_cells
from orchestration.deliveries.pseudonyms import needed_key, pseudonymised
from orchestration.deliveries.readers import bulk, delimited, documents, heading, jsonstat, tabular, workbook
from orchestration.deliveries.readers.records import Records, as_iso, newest, says_synthetic
from orchestration.deliveries.readers.text import beginning, decode
from orchestration.deliveries.recognition import HEAD_BYTES, Recognised, recognise
from orchestration.deliveries.refusal import FileRefused
from orchestration.deliveries.undeclared import check_undeclared, is_judged, qualifying
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
# A file with more records than this outside the months that its name says is of other months.
OUTSIDE_SHARE = 0.05


@dataclass(frozen=True)
class Reading:
    """What was read. `coverage`: (scope_key, period_key) that this delivery replaces, and its records there."""

    records: int
    extracted_at: str | None
    coverage: dict[scopes.Pair, int]
    unmapped_columns: list[str]
    origin: str | None


def read_to_cells(path: Path, file_name: str, delivery_sha256: str, recognised: Recognised, target: Path) -> Reading:
    """Read the delivery and write its cells to `target`, whole or not at all. Raises `FileRefused`."""
    layout = recognised.layout
    if isinstance(layout, Delimited) and (plain := bulk.as_plain(path, layout, recognised.encoding)):
        with suppress(bulk.BulkFailed):
            return _read_in_bulk(path, file_name, delivery_sha256, recognised.source, layout, plain, target)
    records = _read(path, file_name, recognised)
    records.tidy(layout)
    check_undeclared(recognised.source, layout, records.undeclared)
    pseudonymised(layout, records)
    window = scopes.window_in_name(layout, file_name)
    scope_keys, period_keys = scopes.of_records(recognised.source, layout, window, records)
    pairs = Counter(zip(scope_keys, period_keys, strict=True))
    _check_window(window, pairs)
    empty = ""
    if not len(records) and isinstance(layout, Delimited) and layout.empty == "lawful":
        empty = scopes.scope_in_name(recognised.source, layout, captured(layout, file_name))
    write_cells(records, delivery_sha256, file_name, scope_keys, period_keys, target)
    return Reading(
        records=len(records),
        extracted_at=records.extracted_at or _date_in_name(layout, file_name),
        coverage=scopes.coverage(layout, window, pairs, empty),
        unmapped_columns=records.unmapped_columns,
        origin=records.origin,
    )


def _read_in_bulk(
    path: Path,
    file_name: str,
    delivery_sha256: str,
    source: Source,
    layout: Delimited,
    plain: bulk.Plain,
    target: Path,
) -> Reading:
    """The same for a large plain file, without a record in memory. Raises `FileRefused`, `BulkFailed`."""
    head = heading.find_head(layout, delimited.head_of(beginning(path, "utf-8", HEAD_BYTES), layout.delimiter))
    if head is None or not scopes.has_sql(source, layout):
        raise bulk.BulkFailed("its scope follows from all its records together")
    plan = tabular.make_plan(layout, head, file_name)
    if is_judged(source, layout) and (
        qualifying(layout, {heading: ["?"] for heading in plan.unmapped}) or "" in head.headings
    ):
        raise bulk.BulkFailed("its undeclared columns are judged by their values")
    window = scopes.window_in_name(layout, file_name)
    bulk.check_ending(path, layout)
    found = bulk.write(
        path, layout, plan, (delivery_sha256, file_name),
        lambda text: scopes.in_sql(source, layout, window, text),
        width=len(head.headings), key=needed_key(layout), untidy=plain.untidy, said_rows=SAID_ROWS, target=target,
        check=lambda found: _check_window(window, found.pairs),
    )  # fmt: skip
    return Reading(
        records=found.records,
        extracted_at=newest(found.dates) or _date_in_name(layout, file_name),
        coverage=scopes.coverage(layout, window, found.pairs),
        unmapped_columns=plan.unmapped,
        origin="synthetic" if says_synthetic(found.said) else None,
    )


def _date_in_name(layout: Layout, file_name: str) -> str | None:
    found = re.search(layout.extracted_at.file_name, file_name) if layout.extracted_at.file_name else None
    return as_iso(found.group(1)) if found else None


def _check_window(window: scopes.Window | None, pairs: Counter[tuple[str, str]]) -> None:
    """Raise `FileRefused` (F_PERIOD) when the records are of other months than the name says."""
    if window is None:
        return
    outside = sum(n for (_, period), n in pairs.items() if period == window.outside)
    if outside > OUTSIDE_SHARE * pairs.total():
        raise FileRefused(
            "F_PERIOD",
            f"{outside} of {pairs.total()} records lie outside {window.months[0]} to {window.months[-1]}, which the "
            f"name says ({window.sending}): ask the sender for the right file or the right name",
        )


def count_records(path: Path, recognised: Recognised) -> int:
    """Records by a counter that does not use the readers. Raises `FileRefused` (F_LAYOUT) where it cannot read them."""
    if recognised.layout.family in ("jsonstat", "kolada_values", "kolada_list"):
        with documents.as_declared():
            return count(path, recognised.layout, recognised.encoding)
    try:
        return count(path, recognised.layout, recognised.encoding, recognised.sheet)
    except ValueError as error:
        raise FileRefused(
            "F_LAYOUT", f"two readers do not agree on the workbook ({error}); ask for it as .xlsx"
        ) from error


def _read(path: Path, file_name: str, recognised: Recognised) -> Records:
    layout = recognised.layout
    match layout:
        case Workbook():
            return tabular.read_table(layout, workbook.rows_of(path, recognised.sheet), file_name)
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
            with documents.as_declared():
                return jsonstat.read_dataset(_document(path), layout)
        case KoladaValues():
            with documents.as_declared():
                return documents.read_values(_document(path), layout)
        case KoladaList():
            with documents.as_declared():
                return documents.read_list(_document(path), layout)
        case Document():
            raise ValueError(f"{layout.layout_id} is kept, not read")


def _document(path: Path) -> Any:
    return documents.parse(decode(path.read_bytes())[0])
