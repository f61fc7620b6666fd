"""The second counter: how many records a file holds, counted without the readers and without their libraries.

What the readers lose, this finds: it scans quotes and line ends, row elements and braces by itself.
"""

from __future__ import annotations

import json
import re
import zipfile
from html import unescape
from pathlib import Path

from orchestration.sources.model import Delimited, Document, JsonStat, KoladaList, KoladaValues, Layout, Workbook


def count(path: Path, layout: Layout, encoding: str | None) -> int:
    """The number of records that the layout's declaration makes of this file's content."""
    match layout:
        case Delimited():
            lines = _logical_lines(path.read_bytes().decode(encoding or "utf-8").removeprefix("\ufeff"))
            return _count_lines([line for line in lines if line.strip(f'{layout.delimiter} \t\r"')], layout)
        case Workbook():
            return _count_sheet(path, layout)
        case JsonStat():
            product = 1
            for part in json.loads(path.read_text("utf-8-sig"))["size"]:
                product *= part
            return product
        case KoladaValues():
            return len(re.findall(r'"gender"\s*:', path.read_text("utf-8-sig")))
        case KoladaList():
            return _objects_at_depth(path.read_text("utf-8-sig"))
        case Document():
            return 0


def _logical_lines(text: str) -> list[str]:
    """Lines, where a newline between quotes ends none: a line goes on while its quotes are odd in number."""
    lines, pending = [], ""
    for line in text.split("\n"):
        pending = f"{pending}\n{line}" if pending else line
        if pending.count('"') % 2 == 0:
            lines.append(pending)
            pending = ""
    return [*lines, pending] if pending else lines


def _count_lines(lines: list[str], layout: Delimited) -> int:
    above = (1 if layout.title else 0) + layout.heading_rows
    heading = lines[above - layout.heading_rows : above]
    body = lines[above:]
    if layout.footer and body and re.match(layout.footer, body[-1].strip(f'{layout.delimiter} \t\r"')):
        body = body[:-1]
    return len(body) * _values_per_row([line.split(layout.delimiter) for line in heading], layout)


def _values_per_row(heading: list[list[str]], layout: Delimited | Workbook) -> int:
    """How many fields carry a value of their own: headings that are not declared and fit the pattern."""
    if layout.unpivot is None:
        return 1
    width = max(len(row) for row in heading)
    names = [" ".join(row[i].strip() for row in heading if i < len(row) and row[i].strip()) for i in range(width)]
    declared = {c.heading_text for c in layout.field_columns}
    return sum(
        bool(re.match(layout.unpivot.heading, name)) for name in (n.strip() for n in names) if name not in declared
    )


def _count_sheet(path: Path, layout: Workbook) -> int:
    """Rows of the first sheet that hold a value, less title, headings and footer. Element names may carry a prefix."""
    with zipfile.ZipFile(path) as archive:
        names = archive.namelist()
        sheet = sorted(n for n in names if re.match(r"xl/worksheets/sheet\d+\.xml$", n))[0]
        xml = archive.read(sheet).decode("utf-8")
        shared = archive.read("xl/sharedStrings.xml").decode("utf-8") if "xl/sharedStrings.xml" in names else ""
    strings = ["".join(_texts_in(item)) for item in re.findall(r"<(?:\w+:)?si>(.*?)</(?:\w+:)?si>", shared, re.S)]
    rows = [_cells(row, strings) for row in re.findall(r"<(?:\w+:)?row\b[^>]*>(.*?)</(?:\w+:)?row>", xml, re.S)]
    rows = [row for row in rows if any(cell.strip() for cell in row)]
    below = 1 if layout.footer else 0
    above = (1 if layout.title else 0) + layout.heading_rows
    return (len(rows) - above - below) * _values_per_row(rows[above - layout.heading_rows : above], layout)


def _cells(row: str, strings: list[str]) -> list[str]:
    cells = re.findall(r"<(?:\w+:)?c\b([^>]*?)(?:/>|>(.*?)</(?:\w+:)?c>)", row, re.S)
    texts = ["".join(_texts_in(inner)) for _, inner in cells]
    return [
        strings[int(text)] if 't="s"' in kind and text else text for (kind, _), text in zip(cells, texts, strict=True)
    ]


def _texts_in(xml: str) -> list[str]:
    return [unescape(t) for t in re.findall(r"<(?:\w+:)?[vt]\b[^>]*>(.*?)</(?:\w+:)?[vt]>", xml, re.S)]


def _objects_at_depth(text: str) -> int:
    """Objects directly inside the envelope's list: braces that open at depth 2, strings left out."""
    bare = re.sub(r'"(?:[^"\\]|\\.)*"', '""', text)
    depth = objects = 0
    for sign in re.findall(r"[\[\]{}]", bare):
        if sign in "[{":
            objects += sign == "{" and depth == 2
            depth += 1
        else:
            depth -= 1
    return objects
