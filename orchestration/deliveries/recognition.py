"""Which declared layout a delivery has, told by its content and never by its name."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from orchestration.deliveries.readers import delimited, documents, heading, jsonstat, kinds, old_workbook, workbook
from orchestration.deliveries.readers.text import beginning, decode, settled_encoding, wide_encoding
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
_ZIP = (b"PK\x03\x04", b"PK\x05\x06")
# Title and heading of any layout lie within so many bytes.
HEAD_BYTES = 1 << 20


@dataclass(frozen=True)
class Recognised:
    """The declared layout a file has, the encoding it was read in (None for a workbook), and a workbook's sheet."""

    source: Source
    layout: Layout
    encoding: str | None
    sheet: str | None = None


@dataclass(frozen=True)
class _Candidate:
    """A layout the file might have: how near it is, and what differs."""

    recognised: Recognised
    likeness: heading.Likeness

    @property
    def name(self) -> str:
        return f"{self.recognised.source.source_id}/{self.recognised.layout.layout_id}"


def recognise(path: Path, file_name: str, catalogue: Catalogue) -> Recognised:
    """The layout whose headings these are, wherever its columns stand; `file_name` tells it only where none stand.

    Raises `FileRefused`: F_EMPTY, F_ENCODING, F_BOMB, F_NAME, F_TRUNCATED; F_LAYOUT for a file near a layout, with the
    difference; F_UNKNOWN for one that is near none.
    """
    with path.open("rb") as file:
        first = file.read(HEAD_BYTES)
        if kind := kinds.owner_file(file_name) or kinds.known_kind(first):
            raise _of_no_layout(*kind)
        if first[:4] in _ZIP or first.startswith(old_workbook.SIGNATURE):
            return _workbook(path, catalogue)
        head = first.removeprefix(b"\xef\xbb\xbf").lstrip()
        if not head and not file.read().strip():
            return _lawfully_empty(file_name, catalogue)
    if wide := wide_encoding(first):
        raise FileRefused(
            "F_ENCODING",
            f"the text is {wide}, read are utf-8 and declared ones. Ask the owner for the export as UTF-8",
            1,
        )
    if head[:1] in (b"{", b"["):
        text, encoding = decode(path.read_bytes())
        with documents.as_declared():
            candidates = _documents(documents.parse(text), encoding, catalogue)
        return _best(candidates)
    return _best(_delimited(path, file_name, catalogue))


def _lawfully_empty(file_name: str, catalogue: Catalogue) -> Recognised:
    """The layout whose owner sends an empty file where there was no case, as the name says. Raises F_EMPTY."""
    for source, layout in catalogue.layouts():
        if isinstance(layout, Delimited) and layout.empty == "lawful" and re.search(layout.file_name or "", file_name):
            return Recognised(source, layout, "utf-8")
    raise FileRefused("F_EMPTY", "the file holds nothing; ask the owner for it again")


def _of_no_layout(kind: str, step: str) -> FileRefused:
    return FileRefused("F_UNKNOWN", f"no declared layout is {kind}: {step}")


def _best(candidates: list[_Candidate], looked_at: str = "") -> Recognised:
    """The candidate that fits with most declared columns; else a refusal that names the nearest.

    `looked_at`: what of the file the candidates were compared with, where that is not all of it.
    """
    fitting = [c for c in candidates if not c.likeness.faults]
    if fitting:
        return max(fitting, key=lambda c: c.likeness.columns).recognised
    near = max(candidates, key=lambda c: (c.likeness.share, -len(c.likeness.faults)), default=None)
    if near is None or near.likeness.share < NEAR:
        raise FileRefused(
            "F_UNKNOWN",
            f"no declared layout has these headings{looked_at}; to declare one see docs/adding-a-source.md",
        )
    raise FileRefused(
        "F_LAYOUT",
        f"nearest layout {near.name}{looked_at}: {'; '.join(near.likeness.faults)}. "
        "Ask the owner, or declare a new layout",
    )


def _delimited(path: Path, file_name: str, catalogue: Catalogue) -> list[_Candidate]:
    layouts = [(source, layout) for source, layout in catalogue.layouts() if isinstance(layout, Delimited)]
    # Where no heading tells the layout, the name does; a file so named is not meant as any other.
    named = [pair for pair in layouts if pair[1].heading_rows == 0 and re.search(pair[1].file_name or "", file_name)]
    layouts = named or [pair for pair in layouts if pair[1].heading_rows]
    texts: dict[str, str] = {}
    refusals: list[FileRefused] = []
    for encoding in dict.fromkeys(["utf-8", *(e for _, layout in layouts for e in layout.encodings)]):
        try:
            texts[encoding] = beginning(path, settled_encoding(path, [encoding]), HEAD_BYTES)
        except FileRefused as refusal:
            refusals.append(refusal)
    if not texts:
        raise refusals[0]
    heads: dict[tuple[str, str], list[heading.Row]] = {}
    candidates: list[_Candidate] = []
    for source, layout in layouts:
        fitting = [encoding for encoding in layout.encodings if encoding in texts]
        if not fitting:
            continue
        encoding = fitting[0]
        key = (encoding, layout.delimiter)
        if key not in heads:
            heads[key] = delimited.head_of(texts[encoding], layout.delimiter)
        if heading.is_title_only(layout, heads[key]):
            raise FileRefused(
                "F_EMPTY",
                f"the file holds the title of {source.source_id} and no record; ask the owner for the whole export",
            )
        compare = heading.compare if layout.heading_rows else heading.compare_without_headings
        candidates.append(_Candidate(Recognised(source, layout, encoding), compare(layout, heads[key])))
    return candidates


def _workbook(path: Path, catalogue: Catalogue) -> Recognised:
    """The layout of the one sheet that is shown and fits.

    Raises `FileRefused` (F_LAYOUT) where two fit that differ: nothing says which of them is meant.
    """
    layouts = [(source, layout) for source, layout in catalogue.layouts() if isinstance(layout, Workbook)]
    # Before it is known which layout it is, the widest declared limit holds; the layout's own follows.
    workbook.weigh(path, max((layout.unpacked_limit_mb for _, layout in layouts), default=workbook.DEFAULT_LIMIT_MB))
    old = old_workbook.is_compound(path)
    if kind := old_workbook.other_kind(path) if old else kinds.archive_kind(path):
        raise _of_no_layout(*kind)
    sheets = workbook.sheets_of(path)
    filled = {name: rows for name, rows in sheets.items() if rows}
    if not filled:
        raise FileRefused("F_EMPTY", f"{_named(sheets)} holds nothing; ask the owner for the export again")
    candidates = {
        name: [
            _Candidate(Recognised(source, layout, None, name), heading.compare(layout, rows))
            for source, layout in layouts
        ]
        for name, rows in filled.items()
    }
    everything = [c for of_sheet in candidates.values() for c in of_sheet]
    for candidate in everything:
        if candidate.likeness.share >= NEAR and isinstance(candidate.recognised.layout, Workbook):
            workbook.weigh(path, candidate.recognised.layout.unpacked_limit_mb)
    fitting = [name for name, of_sheet in candidates.items() if any(not c.likeness.faults for c in of_sheet)]
    if not fitting and (empty := [name for name, rows in sheets.items() if not rows][:1]) == list(sheets)[:1]:
        raise FileRefused("F_EMPTY", f"{_named(empty)} holds nothing; ask the owner for the export again")
    texts = [[row for _, row in filled[name]] for name in fitting]
    if any(text != texts[0] for text in texts[1:]):
        raise FileRefused(
            "F_LAYOUT",
            f"{_named(fitting)} fit declared layouts and differ: nothing says which is meant. Ask the owner for a "
            "workbook with one of them, or hand over each as a workbook of its own",
        )
    looked_at = f" ({'an old Excel file, .xls; ' if old else ''}looked at {_named(sheets)})"
    return _best(candidates[fitting[0]] if fitting else everything, looked_at)


def _named(sheets: Iterable[str]) -> str:
    named = [repr(name[: heading.CUT]) for name in sheets]
    return ("sheet " if len(named) == 1 else "sheets ") + ", ".join(named)


def _documents(document: Any, encoding: str, catalogue: Catalogue) -> list[_Candidate]:
    if isinstance(document, dict) and document.get("values") == []:
        raise FileRefused("F_EMPTY", "the answer holds no object; ask for it again")
    if documents.is_empty_dataset(document):
        raise FileRefused("F_EMPTY", "the data set holds no value; ask for it again")
    if documents.is_values(document) and not any(thing.get("values") for thing in documents.objects_of(document)):
        raise FileRefused("F_EMPTY", "the answer holds no value; ask for it again")
    return [
        _Candidate(Recognised(source, layout, encoding), likeness)
        for source, layout in catalogue.layouts()
        if (likeness := _likeness(document, layout)) is not None
    ]


def _likeness(document: Any, layout: Layout) -> heading.Likeness | None:
    """How far a JSON document is a layout; None where it is of another family."""
    required = {c.heading_text for c in layout.columns if c.required}
    match layout:
        case JsonStat() if documents.is_dataset(document):
            there = jsonstat.dimensions_of(document) | {"value", "status", "tableid"} | layout.eliminated.keys()
        case KoladaValues() if documents.is_values(document):
            there = documents.fields_of_values(document)
        case KoladaList() if documents.is_list(document):
            there = documents.fields_of_list(document)
        case Document() if isinstance(document, dict) and not documents.is_dataset(document):
            whole = set(layout.json_fields) <= document.keys()
            # Whatever else fits says more about the document than what stands at its top.
            return heading.Likeness(1.0, 0, []) if whole else None
        case _:
            return None
    missing = sorted(required - there)
    share = 1 - len(missing) / len(required) if isinstance(layout, KoladaList) else 1.0
    faults = [f"field {name!r} is missing" for name in missing]
    return heading.Likeness(share, len(there & {c.heading_text for c in layout.columns}), faults)
