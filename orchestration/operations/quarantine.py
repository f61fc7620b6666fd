"""Quarantine: what was refused, where, and by which rule. Places come from the ledger, texts from the cells."""

from __future__ import annotations

import csv
import re
from pathlib import Path
from typing import Any

from orchestration.deliveries.refusal import ACCEPTABLE
from orchestration.home import Home
from orchestration.ledger.ledger import Ledger
from orchestration.ledger.records import RefusedFile
from orchestration.sources.catalogue import Catalogue
from orchestration.sources.model import Layout, Source
from orchestration.sql import named_rows
from orchestration.text import shape
from orchestration.warehouse.cells import cells_relation

ROW_RULES = {
    "R_FIELDS": "the record has another number of fields than the heading",
    "R_NUMBER": "the text is no number in the form declared for its column",
    "R_SCALE": "the number has more decimals than 12 and would be rounded",
    "R_MISSING_MARKER": "the marker for a missing value is not declared",
    "R_PERIOD": "the period is in none of the declared formats, or impossible",
    "R_AREA": "the area is not in the crosswalk under the source's naming system, or not unambiguous",
    "R_CODE": "the code is not declared",
    "R_DATE": "the text is no date in the declared form",
    "R_DATES": "a date lies after another that it cannot be later than",
    "R_STATUS": "the record's status and its dates contradict each other",
    "R_PATTERN": "the text does not match the declared pattern",
    "R_CONFLICT": "records with the same key give different values",
}
# What is expected where that does not follow from the column's own declaration.
_EXPECTED = {
    "R_FIELDS": "as many fields as the heading has",
    "R_AREA": "a name or code of an area that existed then, as in the owner's earlier exports",
    "R_DATES": "a date that is not after the one it must precede",
    "R_CONFLICT": "one value per key",
    "R_SCALE": "a number with at most 12 decimals",
}
FIRST_ROWS = 20


def quarantine_list(home: Home, ledger: Ledger, source_id: str | None = None) -> dict[str, Any]:
    """The contract's `quarantine list`, without its head: no raw text."""
    items = [
        {
            "source_id": i.source_id,
            "delivery_sha256": i.delivery_sha256,
            "file": i.file,
            "code": i.code,
            "message": ROW_RULES[i.code],
            "count": i.count,
            "first_line": i.first_line,
            "period": i.period,
            "next_command": f"vardlagret --home {home.path} quarantine show {i.delivery_sha256[:12]} --code {i.code}",
        }
        for i in ledger.quarantine_items(source_id)
    ]
    items += [
        {
            "source_id": f.source_id,
            "delivery_sha256": f.delivery_sha256,
            "file": f.file_name,
            "code": f.code,
            "message": f.message,
            "count": 0,
            "first_line": None,
            "period": None,
            "next_command": _after_refusal(home, f),
        }
        for f in ledger.refused_files()
        if source_id is None or f.source_id == source_id
    ]
    # Records that a newer delivery of their period has replaced are no part of the sum.
    expected = ledger.records_expected()
    records_raw = sum(expected.get(count.delivery_sha256, 0) for count in ledger.record_counts())
    return {"totals": ledger.quarantine_totals() | {"records_raw": records_raw}, "items": items}


def _after_refusal(home: Home, file: RefusedFile) -> str:
    """What to do about a refused file: another one from its owner, or, where the rule may be overruled, a name."""
    if file.code in ACCEPTABLE:
        accept = f"vardlagret --home {home.path} delivery accept {(file.delivery_sha256 or '')[:12]}"
        return f"ask the owner for the file anew, or `{accept} --by NAME --reason WHY`"
    return "ask the owner for a whole file in the declared layout, then `vardlagret ingest` it"


class NoSuchDelivery(LookupError):
    """No delivery, or more than one, begins with these digits."""


def quarantine_show(
    home: Home, ledger: Ledger, catalogue: Catalogue, identity: str, *, code: str | None, every: bool
) -> dict[str, Any]:
    """The contract's `quarantine show`: lines and the texts that broke a rule, read back from the cells.

    Of columns declared sensitive, and of row-level sources, only the text's shape is shown. Raises `NoSuchDelivery`.
    """
    if refused := _refused(home, ledger, identity):
        return refused
    found = [d for d in ledger.deliveries() if d.delivery_sha256.startswith(identity.lower())]
    if len(found) != 1:
        raise NoSuchDelivery(
            f"{len(found)} deliveries begin with {identity}: give more of the hash that `quarantine list` shows"
        )
    delivery = found[0]
    places = ledger.quarantine_places(delivery.delivery_sha256, code)
    shown = places if every else places[:FIRST_ROWS]
    source = catalogue[delivery.source_id]
    layout = source.layout(delivery.layout_id)
    hidden = {c.name for c in layout.columns if c.sensitive or source.personal}
    texts = _texts(home, delivery.source_id, layout, delivery.delivery_sha256, {p.line for p in shown})
    rows = []
    for place in shown:
        column = place.column_name
        name = column if column in {c.name for c in layout.columns} else _fallback(layout, column, place.code)
        if place.code == "R_AREA":
            column = name
        row: dict[str, Any] = {"line": place.line, "column": column or name, "rule": place.code, "period": place.period}
        candidates = [t for t in texts.get(place.line, []) if column in (None, name) or t.get("column_name") == column]
        text = (candidates or texts.get(place.line, [{}]))[0].get(name or "")
        row["shape" if name in hidden else "value"] = shape(text) if name in hidden else text
        rows.append(row)
    return {
        "source_id": delivery.source_id,
        "delivery_sha256": delivery.delivery_sha256,
        "file": delivery.file_name,
        "count": len(places),
        "rules": {c: ROW_RULES[c] for c in sorted({p.code for p in places})},
        "rows": rows,
    }


def _refused(home: Home, ledger: Ledger, identity: str) -> dict[str, Any] | None:
    """The answer for a file that is refused whole: why, and what to do; None where no such one is refused."""
    files = {f.delivery_sha256: f for f in ledger.refused_files() if f.delivery_sha256}
    found = [f for sha256, f in files.items() if sha256 and sha256.startswith(identity.lower())]
    if len(found) != 1:
        return None
    (file,) = found
    return {
        "source_id": file.source_id,
        "delivery_sha256": file.delivery_sha256,
        "file": file.file_name,
        "count": 0,
        "rules": {file.code: file.message},
        "rows": [],
        "next_command": _after_refusal(home, file),
    }


def export_for_owner(home: Home, ledger: Ledger, catalogue: Catalogue, source_id: str, target: Path) -> int:
    """Write every refused record of a source as CSV for its owner; returns how many. Sensitive texts as shapes.

    A text that a spreadsheet would take for a formula begins with an apostrophe.

    Raises `KeyError` for a source that is not declared.
    """
    source = catalogue[source_id]
    deliveries = sorted({i.delivery_sha256 for i in ledger.quarantine_items(source_id)})
    headings = ["file", "line", "column", "text", "rule", "meaning", "expected"]
    count = 0
    with target.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(headings)
        for sha256 in deliveries:
            shown = quarantine_show(home, ledger, catalogue, sha256, code=None, every=True)
            for row in shown["rows"]:
                text = row.get("value", row.get("shape"))
                expected = _expected(source, row["column"], row["rule"])
                heading = _heading(source, row["column"])
                told = [shown["file"], row["line"], heading, text, row["rule"], ROW_RULES[row["rule"]], expected]
                writer.writerow([harmless(t) if isinstance(t, str) else t for t in told])
                count += 1
    return count


# A spreadsheet takes a text for a formula that begins so; the wide forms are read alike where they are typed.
_FORMULA = re.compile(r"[\s\x00-\x1f]*[=+\-@\uff1d\uff0b\uff0d\uff20]|[\t\r\n]")
_NUMBER = re.compile(r"[+-]?\d[\d \u00a0\u202f\u2009]*(?:[.,]\d+)?(?:[Ee][+-]?\d{1,3})?")


def harmless(text: str | None) -> str | None:
    """A text that no spreadsheet takes for a formula: with an apostrophe before it where it begins like one.

    A number stays one; `-12,5` is none of a formula's business.
    """
    return f"'{text}" if text and _FORMULA.match(text) and not _NUMBER.fullmatch(text) else text


def _heading(source: Source, column: str | None) -> str | None:
    """The owner's own word for a column."""
    columns = [c for layout in source.layouts for c in layout.columns if c.name == column]
    return columns[0].heading_text if columns else column


def _expected(source: Source, column: str | None, code: str) -> str:
    """What the declaration asks of the column, in words."""
    if code in _EXPECTED:
        return _EXPECTED[code]
    for layout in source.layouts:
        for c in layout.columns:
            if column not in (c.name, c.heading_text):
                continue
            if c.type == "number":
                form = "whole number" if c.integer else f"number with decimal {c.decimal!r}"
                marks = f"; or one of {', '.join(map(repr, c.missing))}" if c.missing else ""
                return form + (", blanks between thousands allowed" if c.thousands else "") + marks
            if c.type == "code":
                return "one of " + ", ".join(c.codes)
            if layout.period and c.name in layout.period.columns:
                return "a period written as " + " or ".join(layout.period.formats)
            return c.pattern or "text"
    return ""


def _fallback(layout: Any, column: str | None, code: str) -> str | None:
    """The column whose text explains the rule, where the rule names none of the layout's own."""
    if code == "R_AREA" and layout.areas:
        return layout.areas[0].column
    numbers = [c.name for c in layout.columns if c.type == "number"]
    return numbers[0] if numbers else None


def _texts(home: Home, source_id: str, layout: Layout, sha256: str, lines: set[int]) -> dict[int, list[dict[str, Any]]]:
    import duckdb

    if not lines:
        return {}
    cells = cells_relation(layout, [home.cells_file(source_id, layout.layout_id, sha256)])
    with duckdb.connect() as connection:
        answer = connection.execute(f"select * from {cells} where list_contains(?, line)", [sorted(lines)])
        rows = named_rows(answer)
    found: dict[int, list[dict[str, Any]]] = {}
    for row in rows:
        found.setdefault(row["line"], []).append(row)
    return found
