"""What a sheet's XML says of its cells beside their values: errors, formulas without a result, percent formats.

The library that reads workbooks gives the first two as empty texts and the third as the number stored, so that an
error would read as missing and 41,7 % as 0.417. The forms are those of ECMA-376, part 1, 18.3.1.4 (c) and 18.8.30.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from html import unescape
from posixpath import join, normpath
from xml.parsers import expat

Place = tuple[int, int]
# Number formats that a workbook need not declare: 9 is `0%`, 10 is `0.00%`.
_PERCENT_FORMATS = {"9", "10"}
_SUSPECT = re.compile(rb"""<(?:\w+:)?f[\s>/]|\bt\s*=\s*["']e["']""")
_CHUNK = 1 << 20


@dataclass
class Marks:
    """By place (row and column from 0): the text of an error or of a formula without a result, and percent cells."""

    texts: dict[Place, str] = field(default_factory=dict)
    percent: set[Place] = field(default_factory=set)


def marks_of(archive: zipfile.ZipFile, sheet: str) -> Marks:
    """What stands beside the values of the sheet so named. Raises `expat.ExpatError` for XML that is none."""
    part = _part(archive, sheet)
    styles = _percent_styles(archive)
    if part is None or not (styles or _is_suspect(archive, part)):
        return Marks()
    scan = _Scan(styles)
    with archive.open(part) as xml:
        while piece := xml.read(_CHUNK):
            scan.parser.Parse(piece, False)
    scan.parser.Parse(b"", True)
    return scan.marks


class _Scan:
    """Events of a sheet's XML to marks. Rows and cells that do not say where they stand follow the one before."""

    def __init__(self, percent_styles: set[str]) -> None:
        self.marks = Marks()
        self.parser = expat.ParserCreate()
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._characters
        self.parser.buffer_text = True
        self._percent = percent_styles
        self._row = self._column = -1
        self._kind = self._style = ""
        self._formula: str | None = None
        self._value: str | None = None
        self._inside = ""

    def _start(self, name: str, attributes: Mapping[str, str]) -> None:
        match name.rpartition(":")[2]:
            case "row":
                self._row = int(attributes["r"]) - 1 if attributes.get("r", "").isdigit() else self._row + 1
                self._column = -1
            case "c":
                place = re.fullmatch(r"([A-Za-z]{1,3})(\d+)", attributes.get("r", ""))
                self._column = _column(place[1]) if place else self._column + 1
                self._row = int(place[2]) - 1 if place else self._row
                self._kind, self._style = attributes.get("t", "n"), attributes.get("s", "0")
                self._formula = self._value = None
            case "f":
                self._inside, self._formula = "f", ""
            case "v" | "t":
                self._inside, self._value = "v", self._value or ""

    def _characters(self, text: str) -> None:
        if self._inside == "f":
            self._formula = (self._formula or "") + text
        elif self._inside == "v":
            self._value = (self._value or "") + text

    def _end(self, name: str) -> None:
        match name.rpartition(":")[2]:
            case "f" | "v" | "t":
                self._inside = ""
            case "c":
                self._judge((self._row, self._column))

    def _judge(self, place: Place) -> None:
        if self._kind == "e":
            self.marks.texts[place] = self._value or "#ERROR"
        elif self._formula is not None and (self._value is None or (self._kind != "str" and not self._value)):
            # An empty text may be a formula's stored result; an empty number is none.
            self.marks.texts[place] = f"={self._formula}"
        elif self._kind == "n" and self._style in self._percent and self._value:
            self.marks.percent.add(place)


def _column(letters: str) -> int:
    number = 0
    for letter in letters.upper():
        number = number * 26 + ord(letter) - 64
    return number - 1


def _is_suspect(archive: zipfile.ZipFile, part: str) -> bool:
    with archive.open(part) as xml:
        last = b""
        while piece := xml.read(_CHUNK):
            if _SUSPECT.search(last + piece):
                return True
            last = piece[-32:]
    return False


def _part(archive: zipfile.ZipFile, sheet: str) -> str | None:
    """The part that holds the sheet so named."""
    book = archive.read("xl/workbook.xml").decode("utf-8", "replace")
    relations = archive.read("xl/_rels/workbook.xml.rels").decode("utf-8", "replace")
    targets = {}
    for element in re.findall(r"<(?:\w+:)?Relationship\b[^>]*>", relations):
        told = _attributes(element)
        targets[told.get("Id", "")] = told.get("Target", "")
    for element in re.findall(r"<(?:\w+:)?sheet\b[^>]*>", book):
        told = _attributes(element)
        if told.get("name") == sheet and (target := targets.get(told.get("id", ""))):
            return target.lstrip("/") if target.startswith("/") else normpath(join("xl", target))
    return None


def _percent_styles(archive: zipfile.ZipFile) -> set[str]:
    """Places of the cell formats that show a number as percent."""
    if "xl/styles.xml" not in archive.namelist():
        return set()
    xml = archive.read("xl/styles.xml").decode("utf-8", "replace")
    formats = set(_PERCENT_FORMATS)
    for element in re.findall(r"<(?:\w+:)?numFmt\b[^>]*>", xml):
        told = _attributes(element)
        if is_percent(told.get("formatCode", "")):
            formats.add(told.get("numFmtId", ""))
    cells = re.search(r"<(?:\w+:)?cellXfs\b.*?</(?:\w+:)?cellXfs>", xml, re.S)
    found = re.findall(r"<(?:\w+:)?xf\b[^>]*>", cells[0]) if cells else []
    return {str(n) for n, element in enumerate(found) if _attributes(element).get("numFmtId") in formats}


def is_percent(format_code: str) -> bool:
    """Whether a number format shows a number as percent. A sign between quotes or behind a backslash is a text."""
    return "%" in re.sub(r'"[^"]*"|\\.', "", format_code)


def _attributes(element: str) -> dict[str, str]:
    pairs = re.findall(r"""([\w:]+)\s*=\s*(?:"([^"]*)"|'([^']*)')""", element)
    return {name.rpartition(":")[2]: unescape(double or single) for name, double, single in pairs}
