"""A real reader of a tiny CSV layout, and a catalogue of tiny sources, for tests of taking in.

A file: an optional first line `# extracted 2024-01-02` or `# synthetic`, the heading `<source>,year,value`, one record
a line. It imports nothing of the product's own readers.
"""

from __future__ import annotations

import csv
import io
import re
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from orchestration.deliveries.refusal import FileRefused
from orchestration.sources.catalogue import Catalogue
from orchestration.sources.model import Column, Delimited, Document, ExtractedAt, Period, Source


def catalogue(version: str = "1") -> Catalogue:
    """`alpha` is replaced whole, `beta` by period, `dated` by period with year and export date in its name."""

    def source(source_id: str, scope: str, *layouts: Any) -> Source:
        return Source(
            source_id=source_id, name_sv=source_id, name_en=source_id, owner="o", licence="l", citation="c",
            rhythm="yearly", scope=scope, layouts=list(layouts),
        )  # fmt: skip

    def delimited(**more: Any) -> Delimited:
        return Delimited(
            layout_id="plain", description="d", family="delimited", delimiter=",",
            columns=[Column(name="year"), Column(name="value", type="number")],
            period=Period(columns=["year"], formats=["year"]), **more,
        )  # fmt: skip

    sources = (
        source("alpha", "source", delimited()),
        source("beta", "period", delimited()),
        source("dated", "source", delimited(extracted_at=ExtractedAt(file_name=r"(\d{4}-\d{2}-\d{2})"))),
        source("named", "source", delimited(file_name=r"(?P<year>20\d\d)")),
        source("paper", "source", Document(layout_id="json", description="d", family="document", json_fields=["note"])),
    )
    return Catalogue(sources, {s.source_id: f"{version}-{s.source_id}" for s in sources})


@dataclass(frozen=True)
class Recognised:
    source: Source
    layout: Any
    encoding: str | None


@dataclass(frozen=True)
class Reading:
    records: int
    extracted_at: str | None
    coverage: dict[tuple[str, str], int]
    unmapped_columns: list[str]
    origin: str | None


def recognise(path: Path, file_name: str, catalogue: Catalogue) -> Recognised:
    text = _text(path)
    if text.startswith("{"):
        return Recognised(catalogue["paper"], catalogue["paper"].layouts[0], "utf-8")
    heading = _body(text).partition("\n")[0].split(",")
    known = {s.source_id: s for s in catalogue.sources}
    if heading[0] not in known:
        raise FileRefused("F_UNKNOWN", f"no source has the heading {heading[0][:20]!r}")
    if heading[1:] != ["year", "value"]:
        raise FileRefused("F_LAYOUT", f"the headings of {heading[0]} are year, value")
    return Recognised(known[heading[0]], known[heading[0]].layouts[0], "utf-8")


def read_to_cells(path: Path, file_name: str, delivery_sha256: str, recognised: Any, target: Path) -> Reading:
    import pyarrow as pa
    import pyarrow.parquet as parquet

    text = _text(path)
    source, layout = recognised.source, recognised.layout
    records = list(csv.reader(io.StringIO(_body(text))))[1:]
    if not records:
        raise FileRefused("F_EMPTY", "no record")
    scope = f"{source.source_id}/{layout.layout_id}"
    periods = [r[1] if source.scope == "period" else "*" for r in records]
    table = pa.table(
        {
            "line": pa.array(range(2, len(records) + 2), pa.int64()),
            "scope_key": [scope] * len(records),
            "period_key": periods,
            "year": [r[1] for r in records],
            "value": [r[2] for r in records],
        }
    )
    temporary = target.with_suffix(".part")
    parquet.write_table(table, temporary)
    temporary.replace(target)
    in_name = layout.extracted_at.file_name and re.search(layout.extracted_at.file_name, file_name)
    in_text = re.match(r"# extracted (\S+)\n", text)
    found = in_name or in_text
    return Reading(
        records=len(records),
        extracted_at=found.group(1) if found else None,
        coverage={(scope, p): periods.count(p) for p in periods},
        unmapped_columns=[],
        origin="synthetic" if text.startswith("# synthetic") else None,
    )


def count_records(path: Path, recognised: Any) -> int:
    return sum(1 for line in _body(_text(path)).split("\n") if line) - 1


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise FileRefused("F_ENCODING", "not UTF-8") from error


def _body(text: str) -> str:
    return text.partition("\n")[2] if text.startswith("# ") else text


READER = SimpleNamespace(recognise=recognise, read_to_cells=read_to_cells, count_records=count_records)
