"""The second counter: how many records a file holds, counted without the readers and without their libraries.

What the readers lose, this finds: it scans quotes and line ends, row elements and braces by itself. An old workbook
(.xls) alone is read by a library, another one than the reader's.
"""

from __future__ import annotations

import json
import math
import re
import unicodedata
import zipfile
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from posixpath import join, normpath

from orchestration.sources.model import Delimited, Document, JsonStat, KoladaList, KoladaValues, Layout, Workbook

# Element names may carry a prefix; an element that closes itself holds nothing.
_ROW = re.compile(r"<(?:\w+:)?row\b[^>]*(?<!/)>(.*?)</(?:\w+:)?row>", re.S)
_CELL = re.compile(r"<(?:\w+:)?c\b([^>]*?)(?:/>|>(.*?)</(?:\w+:)?c>)", re.S)
_TEXT = re.compile(r"<(?:\w+:)?[vt]\b[^>]*(?<!/)>(.*?)</(?:\w+:)?[vt]>", re.S)
_FORMULA = re.compile(r"<(?:\w+:)?f\b")
# The first bytes of an old Office document.
_COMPOUND = b"\xd0\xcf\x11\xe0"
# A first line that says the delimiter.
_SEPARATOR = re.compile(r'\s*"?sep=[^\r\n"]"?[\t ]*[;,]*(?:\r\n|\r|\n|$)', re.I)
_SHARED = re.compile(r"<(?:\w+:)?si\b[^>]*(?<!/)>(.*?)</(?:\w+:)?si>|<(?:\w+:)?si\b[^>]*/>", re.S)


def count(path: Path, layout: Layout, encoding: str | None, sheet: str | None = None) -> int:
    """The number of records that the layout's declaration makes of this file's content, or of its sheet so named.

    Raises `ValueError` where an old workbook cannot be read here.
    """
    match layout:
        case Delimited() if (alone := _count_lines_alone(path, layout, encoding)) is not None:
            return alone
        case Delimited():
            text = _SEPARATOR.sub("", path.read_bytes().decode(encoding or "utf-8").removeprefix("\ufeff"), count=1)
            lines = _logical_lines(text.replace("\r\n", "\n").replace("\r", "\n"), layout.delimiter)
            return _count_lines([line for line in lines if _holds(line, layout.delimiter)], layout)
        case Workbook():
            return _count_sheet(path, layout, sheet)
        case JsonStat():
            size = json.loads(path.read_text("utf-8-sig"), parse_int=str, parse_float=str)["size"]
            return math.prod(int(part) for part in size)
        case KoladaValues():
            return len(re.findall(r'"gender"\s*:', path.read_text("utf-8-sig")))
        case KoladaList():
            return _objects_at_depth(path.read_text("utf-8-sig"))
        case Document():
            return 0


def _count_lines_alone(path: Path, layout: Delimited, encoding: str | None) -> int | None:
    """Records of a file whose every line is one, without remembering a line; None where a line may be something else.

    Where no line begins with a blank or a delimiter, each holds a text, and it is enough to count their ends.
    """
    if layout.title or layout.footer or layout.unpivot or layout.heading_rows > 1 or encoding != "utf-8":
        return None
    blank_start = re.compile(rb"\n[\t-\r\x1c- \xc2\xe1-\xe3" + re.escape(layout.delimiter.encode()) + rb"]")
    lines, blank, last = 0, False, b"\n"
    with path.open("rb") as file:
        first = file.read(64).decode("utf-8-sig", "replace")
        if not first or _SEPARATOR.match(first):
            return None
        file.seek(0)
        for piece in iter(lambda: file.read(1 << 22), b""):
            if b'"' in piece or re.match(rb"\r[^\n]", last + piece[:1]):
                return None
            if b"\r" in piece and re.search(rb"\r[^\n]", piece):
                return None
            lines += piece.count(b"\n")
            blank = blank or bool(blank_start.search(piece) or blank_start.search(last + piece[:1]))
            last = piece[-1:]
        lines += last != b"\n"
        if blank:
            file.seek(0)
            lines = sum(bool(line.decode("utf-8", "replace").replace(layout.delimiter, " ").strip()) for line in file)
    return lines - layout.heading_rows


def _holds(line: str, delimiter: str) -> bool:
    """Whether a line holds any text: more than delimiters and quotes, or a delimiter that is itself quoted."""
    if line.replace(delimiter, " ").replace('"', " ").strip():
        return True
    # What stands between quotes stands in every second piece.
    return any(piece.strip() for piece in line.split('"')[1::2])


def _logical_lines(text: str, delimiter: str) -> Iterator[str]:
    """Lines, where a newline inside a quoted field ends none."""
    pending, inside = "", False
    for line in text.split("\n"):
        pending = f"{pending}\n{line}" if inside else line
        if '"' in line:
            inside = _open_at_end(line, delimiter, inside)
        if not inside:
            yield pending
    if inside:
        yield pending


def _open_at_end(line: str, delimiter: str, inside: bool) -> bool:
    """Whether a quoted field still stands open. A quote opens one only where a field begins; two are one inside it."""
    at_start, closed = not inside, False
    for sign in line:
        if inside:
            closed = sign == '"'
            inside = not closed
        else:
            inside = sign == '"' and (at_start or closed)
            at_start, closed = sign == delimiter, False
    return inside


def _count_lines(lines: list[str], layout: Delimited) -> int:
    above = (1 if layout.title else 0) + layout.heading_rows
    heading = [_fields(line, layout.delimiter) for line in lines[above - layout.heading_rows : above]]
    body = lines[above:]
    if layout.footer and body and re.match(layout.footer, _shown(body[-1]).strip(f'{layout.delimiter} \t"')):
        body = body[:-1]
    return len(body) * _values_per_row(heading, layout)


def _fields(line: str, delimiter: str) -> list[str]:
    """A heading's fields without their quotes."""
    fields, rest = [], line + delimiter
    while rest:
        quoted = re.match(rf'"((?:[^"]|"")*)"{re.escape(delimiter)}', rest)
        field, end = (quoted.group(1), quoted.end()) if quoted else (rest[: (i := rest.index(delimiter))], i + 1)
        fields.append(" ".join(field.replace('""', '"').split()))
        rest = rest[end:]
    return fields


def _values_per_row(heading: list[list[str]], layout: Delimited | Workbook) -> int:
    """How many fields carry a value of their own: headings that are not declared and fit the pattern."""
    if layout.unpivot is None:
        return 1
    width = max(len(row) for row in heading)
    names = [
        " ".join(_shown(row[i]).strip() for row in heading if i < len(row) and row[i].strip()) for i in range(width)
    ]
    declared = {c.heading_text for c in layout.field_columns}
    return sum(bool(re.match(layout.unpivot.heading, name)) for name in names if name not in declared)


def _count_sheet(path: Path, layout: Workbook, sheet: str | None) -> int:
    """Rows of a sheet, the first where none is named, that hold a value, less title, headings and footer."""
    with path.open("rb") as file:
        old = file.read(4) == _COMPOUND
    if old:
        return _count_rows(_rows_of_old(path, sheet), layout)
    with zipfile.ZipFile(path) as archive:
        xml = archive.read(_part_of(archive, sheet)).decode("utf-8")
        shared = (
            archive.read("xl/sharedStrings.xml").decode("utf-8") if "xl/sharedStrings.xml" in archive.namelist() else ""
        )
    strings = ["".join(_texts_in(item)) for item in _SHARED.findall(shared)]
    return _count_rows([_cells(row, strings) for row in _ROW.findall(xml)], layout)


def _rows_of_old(path: Path, sheet: str | None) -> list[list[str]]:
    """Rows of an .xls workbook's sheet."""
    from python_calamine import CalamineError, CalamineWorkbook

    try:
        with CalamineWorkbook.from_path(str(path)) as book:
            grid = book.get_sheet_by_name(sheet if sheet is not None else book.sheet_names[0]).to_python()
    except CalamineError as error:
        raise ValueError(str(error)) from error
    whole = (int, float)
    return [[str(int(v)) if isinstance(v, whole) and v == v // 1 else str(v) for v in row] for row in grid]


def _count_rows(rows: list[list[str]], layout: Workbook) -> int:
    rows = [row for row in rows if any(cell.strip() for cell in row)]
    below = 1 if layout.footer and re.match(layout.footer, _shown("".join(rows[-1])).strip()) else 0
    above = (1 if layout.title else 0) + layout.heading_rows
    return (len(rows) - above - below) * _values_per_row(rows[above - layout.heading_rows : above], layout)


def _part_of(archive: zipfile.ZipFile, sheet: str | None) -> str:
    """The part that holds a sheet, or the one that the workbook names first; its number says nothing of the order."""
    elements = re.findall(r"<(?:\w+:)?sheet\b[^>]*>", archive.read("xl/workbook.xml").decode("utf-8"))
    wanted = [e for e in elements if sheet is None or sheet in map(unescape, re.findall(r'\bname="([^"]*)"', e))]
    named = re.search(r'\w+:id="([^"]+)"', wanted[0]) if wanted else None
    for relation in re.findall(r"<Relationship\b[^>]*>", archive.read("xl/_rels/workbook.xml.rels").decode("utf-8")):
        told = dict(re.findall(r'(\w+)="([^"]*)"', relation))
        if named and told.get("Id") == named.group(1):
            target = told["Target"]
            return target.lstrip("/") if target.startswith("/") else normpath(join("xl", target))
    return "xl/worksheets/sheet1.xml"


def _shown(text: str) -> str:
    """A text as it looks: composed letters, no character without a shape, every blank a plain one."""
    composed = unicodedata.normalize("NFC", text)
    seen = [c for c in composed if c in "\t\n\r\u00ad" or unicodedata.category(c) not in ("Cc", "Cf")]
    return "".join(" " if unicodedata.category(c) == "Zs" else c for c in seen)


def _cells(row: str, strings: list[str]) -> list[str]:
    """The texts of a row's cells by column, so far as it names them; a gap counts for nothing here."""
    cells = [
        (kind, "".join(_texts_in(inner)) or ("=" if _FORMULA.search(inner) else ""))
        for kind, inner in _CELL.findall(row)
    ]
    return [strings[int(text)] if 't="s"' in kind and text else text for kind, text in cells]


def _texts_in(xml: str) -> list[str]:
    return [unescape(text) for text in _TEXT.findall(xml)]


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
