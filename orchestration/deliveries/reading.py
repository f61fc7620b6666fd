"""Recognising a delivery by its content, and reading it into cells. Readers know families, never an owner's file."""

from __future__ import annotations

import hashlib
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from orchestration.deliveries.counters import count
from orchestration.deliveries.parquet import write_cells
from orchestration.deliveries.readers import delimited, documents, tabular, workbook
from orchestration.deliveries.readers.records import Records
from orchestration.deliveries.readers.text import decode
from orchestration.deliveries.refusal import FileRefused
from orchestration.sources.catalogue import Catalogue
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

# A file that shares this part of a layout's headings is meant as that layout: it is refused, not unrecognised.
NEAR = 0.6


@dataclass(frozen=True)
class Recognised:
    """The declared layout a file has, and the encoding it was read in (None for a workbook)."""

    source: Source
    layout: Layout
    encoding: str | None


@dataclass(frozen=True)
class Reading:
    """What was read. `coverage` lists the (scope_key, period_key) pairs that this delivery replaces when current."""

    records: int
    extracted_at: str | None
    coverage: list[tuple[str, str]]
    unmapped_columns: list[str]
    origin: str | None


def recognise(path: Path, file_name: str, catalogue: Catalogue) -> Recognised:
    """The layout whose headings these are, wherever its columns stand.

    Raises `FileRefused`: F_EMPTY, F_ENCODING, F_BOMB, F_NAME, F_TRUNCATED; F_LAYOUT for a file near a layout, with the
    difference; F_UNKNOWN for one that is near none.
    """
    with path.open("rb") as file:
        head = file.read(4)
    if not head:
        raise FileRefused("F_EMPTY", "the file holds no byte; ask the owner for it again")
    if head.startswith(b"PK\x03\x04"):
        return _recognise_workbook(path, catalogue)
    raw = path.read_bytes()
    if raw.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] in (b"{", b"["):
        text, encoding = decode(raw)
        return _recognise_document(text, encoding, catalogue)
    return _recognise_delimited(raw, catalogue)


def read_to_cells(path: Path, file_name: str, delivery_sha256: str, recognised: Recognised, target: Path) -> Reading:
    """Read the delivery and write its cells to `target`, whole or not at all. Raises `FileRefused`."""
    records = _read(path, file_name, recognised)
    layout, source = recognised.layout, recognised.source
    if layout.extracted_at.file_name and records.extracted_at is None:
        import re

        found = re.search(layout.extracted_at.file_name, file_name)
        records.extracted_at = found.group(1) if found else None
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
            text, _ = decode(path.read_bytes(), layout.encodings)
            rows = delimited.rows_of(text, layout)
            delimited.check_ending(text, rows, layout)
            records = tabular.read_table(layout, rows, file_name)
            # The owner's own words on the data, in whichever column: real exports never call themselves synthetic.
            records.said += " ".join({t or "" for c in records.columns.values() for t in set(c[:50])})
            return records
        case JsonStat():
            return documents.read_dataset(_document(path), layout)
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


def _recognise_delimited(raw: bytes, catalogue: Catalogue) -> Recognised:
    candidates: list[tuple[int, Source, Delimited, str]] = []
    near: list[tuple[float, str, list[str]]] = []
    encodings = sorted(
        {e for _, layout in catalogue.layouts() if isinstance(layout, Delimited) for e in layout.encodings}
    )
    texts: dict[str, str] = {}
    for encoding in ["utf-8", *(e for e in encodings if e != "utf-8")]:
        try:
            texts[encoding] = decode(raw, [encoding])[0]
        except FileRefused as refusal:
            failure = refusal
    if not texts:
        raise failure
    rows: dict[tuple[str, str], list[tabular.Row]] = {}
    for source, layout in catalogue.layouts():
        if not isinstance(layout, Delimited):
            continue
        fitting = [e for e in layout.encodings if e in texts]
        if not fitting:
            continue
        encoding = fitting[0]
        key = (encoding, layout.delimiter)
        if key not in rows:
            rows[key] = delimited.rows_by_delimiter(texts[encoding], layout.delimiter)
        found = tabular.find_head(layout, rows[key])
        if found is None:
            continue
        faults = tabular.differences(layout, found)
        if not faults:
            candidates.append((len(layout.field_columns), source, layout, encoding))
        else:
            same_title = 1.0 if layout.title else 0.0
            near.append(
                (max(tabular.likeness(layout, found), same_title), f"{source.source_id}/{layout.layout_id}", faults)
            )
    if candidates:
        _, source, layout, encoding = max(candidates, key=lambda c: c[0])
        return Recognised(source, layout, encoding)
    if _title_only(catalogue, rows):
        raise FileRefused("F_EMPTY", "the file holds a title and nothing below it; ask the owner for the whole export")
    raise _unrecognised(near)


def _title_only(catalogue: Catalogue, rows: dict[tuple[str, str], list[tabular.Row]]) -> bool:
    import re

    for _, layout in catalogue.layouts():
        if isinstance(layout, Delimited) and layout.title:
            for found in rows.values():
                texts = "".join(t.strip() for t in found[0][1]) if found else ""
                if re.match(layout.title, texts) and len(found) <= layout.heading_rows:
                    return True
    return False


def _recognise_workbook(path: Path, catalogue: Catalogue) -> Recognised:
    workbook.weigh(path)
    if not any(name.startswith("xl/") for name in zipfile.ZipFile(path).namelist()):
        raise FileRefused("F_UNKNOWN", "an archive that is no workbook; unpack it and hand over its files")
    rows = workbook.rows_of(path)
    if not rows:
        raise FileRefused("F_EMPTY", "the first sheet holds nothing; ask the owner for the export again")
    near: list[tuple[float, str, list[str]]] = []
    for source, layout in catalogue.layouts():
        if not isinstance(layout, Workbook):
            continue
        workbook.weigh(path, layout.unpacked_limit_mb)
        found = tabular.find_head(layout, rows)
        if found is None:
            continue
        faults = tabular.differences(layout, found)
        if not faults:
            return Recognised(source, layout, None)
        near.append((max(tabular.likeness(layout, found), 1.0), f"{source.source_id}/{layout.layout_id}", faults))
    raise _unrecognised(near)


def _recognise_document(text: str, encoding: str, catalogue: Catalogue) -> Recognised:
    document = documents.parse(text)
    near: list[tuple[float, str, list[str]]] = []
    for source, layout in _document_layouts(document, catalogue):
        wanted = {c.heading_text for c in layout.columns if c.required and c.name not in ("value", "tableid")}
        has = _fields(document, layout)
        missing = sorted(wanted - has) if not isinstance(layout, Document) else []
        if not missing:
            return Recognised(source, layout, encoding)
        like = 1 - len(missing) / len(wanted)
        like = like if isinstance(layout, KoladaList) else 1.0
        near.append((like, f"{source.source_id}/{layout.layout_id}", [f"field {m!r} is missing" for m in missing]))
    if isinstance(document, dict) and document.get("values") == []:
        raise FileRefused("F_EMPTY", "the answer holds no object")
    raise _unrecognised(near)


def _document_layouts(document: Any, catalogue: Catalogue) -> Iterator[tuple[Source, Layout]]:
    """Layouts of the document's family, those with more columns first: the fullest one that fits is meant."""
    family = (
        JsonStat if documents.is_dataset(document)
        else KoladaValues if documents.is_values(document)
        else KoladaList if documents.is_list(document)
        else Document
    )  # fmt: skip
    layouts = [(s, layout) for s, layout in catalogue.layouts() if isinstance(layout, family | Document)]
    top = set(document) if isinstance(document, dict) else set()
    for source, layout in sorted(layouts, key=lambda pair: (isinstance(pair[1], Document), -len(pair[1].columns))):
        if not isinstance(layout, Document) or (set(layout.json_fields) <= top and family is not JsonStat):
            yield source, layout


def _fields(document: Any, layout: Layout) -> set[str]:
    match layout:
        case JsonStat():
            return {documents.as_text(i) for i in document["id"]}
        case KoladaValues():
            first = document["values"][0]
            inner = first["values"][0] if first["values"] else {}
            return (set(first) | set(inner)) - {"values"}
        case _:
            return documents.fields_of(document)


def _unrecognised(near: list[tuple[float, str, list[str]]]) -> FileRefused:
    best = max(near, key=lambda n: (n[0], -len(n[2])), default=None)
    if best is None or best[0] < NEAR:
        return FileRefused(
            "F_UNKNOWN",
            "no declared layout has these headings; to declare one see docs/adding-a-source.md",
        )
    return FileRefused(
        "F_LAYOUT", f"nearest layout {best[1]}: {'; '.join(best[2])}. Ask the owner, or declare a new layout"
    )
