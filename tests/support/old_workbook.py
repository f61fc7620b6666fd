"""Old workbooks (.xls), written record by record as [MS-XLS] says, so that a test can write what no library would."""

from __future__ import annotations

import struct
from dataclasses import dataclass, field

GENERAL, PERCENT, DATE = 0, 1, 2
_FORMATS = {GENERAL: 0, PERCENT: 10, DATE: 14}
_SECTOR = 512
_FREE, _END, _FAT = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD
ERRORS = {"#NULL!": 0x00, "#DIV/0!": 0x07, "#VALUE!": 0x0F, "#REF!": 0x17, "#NAME?": 0x1D, "#NUM!": 0x24, "#N/A": 0x2A}


@dataclass(frozen=True)
class Styled:
    """A number in one of the three formats."""

    number: float
    style: int


@dataclass(frozen=True)
class Formula:
    """A formula with the result that is stored: a number, an error, or None for what is not calculated."""

    stored: float | str | None
    flags: int = 0


Cell = str | float | bool | Styled | Formula | None


@dataclass
class Sheet:
    name: str
    rows: list[list[Cell]]
    hidden: int = 0
    merged: list[tuple[int, int, int, int]] = field(default_factory=list)


def old_workbook(sheets: list[Sheet], *, since_1904: bool = False, stream: str = "Workbook") -> bytes:
    """The bytes of an .xls file."""
    bodies = [_sheet(sheet) for sheet in sheets]
    names = [_text(sheet.name, "<B") for sheet in sheets]
    head = _record(0x0809, struct.pack("<HHHHII", 0x0600, 5, 0x0DBB, 1996, 0, 6))
    head += _record(0x0042, struct.pack("<H", 1200)) + _record(0x0022, struct.pack("<H", since_1904))
    head += _record(0x0031, struct.pack("<HHHHHBBBB", 200, 0, 0x7FFF, 400, 0, 0, 0, 0, 0) + _text("Arial", "<B")) * 4
    for number in _FORMATS.values():
        head += _record(0x00E0, struct.pack("<HHHBBBBIIH", 0, number, 0, 0x20, 0, 0, 0, 0, 0, 0x20C0))
    at = len(head) + sum(4 + 6 + len(name) for name in names) + 4
    for sheet, name, body in zip(sheets, names, bodies, strict=True):
        head += _record(0x0085, struct.pack("<IBB", at, sheet.hidden, 0) + name)
        at += len(body)
    return _container(stream, head + _record(0x000A, b"") + b"".join(bodies))


def _sheet(sheet: Sheet) -> bytes:
    made = _record(0x0809, struct.pack("<HHHHII", 0x0600, 0x10, 0x0DBB, 1996, 0, 6))
    width = max(map(len, sheet.rows), default=0)
    made += _record(0x0200, struct.pack("<IIHHH", 0, len(sheet.rows), 0, width, 0))
    for y, row in enumerate(sheet.rows):
        for x, cell in enumerate(row):
            made += _cell(y, x, cell)
    if sheet.merged:
        ranges = b"".join(struct.pack("<HHHH", top, low, left, right) for top, left, low, right in sheet.merged)
        made += _record(0x00E5, struct.pack("<H", len(sheet.merged)) + ranges)
    return made + _record(0x000A, b"")


def _cell(y: int, x: int, cell: Cell) -> bytes:
    place = struct.pack("<HHH", y, x, GENERAL)
    match cell:
        case None:
            return b""
        case bool():
            return _record(0x0205, place + struct.pack("<BB", cell, 0))
        case str() if cell in ERRORS:
            return _record(0x0205, place + struct.pack("<BB", ERRORS[cell], 1))
        case str():
            return _record(0x0204, place + _text(cell, "<H"))
        case Styled(number, style):
            return _record(0x0203, struct.pack("<HHHd", y, x, style, number))
        case Formula(stored, flags):
            if stored is None:
                result = struct.pack("<BBBBHH", 3, 0, 0, 0, 0, 0xFFFF)
            elif isinstance(stored, str):
                result = struct.pack("<BBBBHH", 2, 0, ERRORS[stored], 0, 0, 0xFFFF)
            else:
                result = struct.pack("<d", stored)
            # The formula is the whole number 1.
            return _record(0x0006, place + result + struct.pack("<HIHBH", flags, 0, 3, 0x1E, 1))
        case _:
            return _record(0x0203, place + struct.pack("<d", cell))


def _record(code: int, data: bytes) -> bytes:
    return struct.pack("<HH", code, len(data)) + data


def _text(text: str, length: str) -> bytes:
    return struct.pack(length, len(text)) + b"\x01" + text.encode("utf-16-le")


def _container(name: str, stream: bytes) -> bytes:
    """A container of [MS-CFB] with one stream, too long for the sectors of small streams."""
    stream = stream.ljust(8 * _SECTOR, b"\0")
    stream += b"\0" * (-len(stream) % _SECTOR)
    sectors = len(stream) // _SECTOR
    tables = 1
    while tables * _SECTOR // 4 < sectors + 1 + tables:
        tables += 1
    chain = [*range(1, sectors), _END, _END, *[_FAT] * tables]
    chain += [_FREE] * (tables * _SECTOR // 4 - len(chain))
    directory = _entry("Root Entry", 5, _END, 0, child=1) + _entry(name, 2, 0, len(stream))
    head = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16)
    head += struct.pack("<HHHHH6xIIIIIIIII", 0x3E, 3, 0xFFFE, 9, 6, 0, tables, sectors, 0, 4096, _END, 0, _END, 0)
    places = [sectors + 1 + n for n in range(tables)]
    head += struct.pack("<109I", *places, *[_FREE] * (109 - tables))
    return head + stream + directory.ljust(_SECTOR, b"\0") + struct.pack(f"<{len(chain)}I", *chain)


def _entry(name: str, kind: int, start: int, size: int, child: int = _FREE) -> bytes:
    text = (name + "\0").encode("utf-16-le")
    return struct.pack("<64sHBBIII16xI8x8xIQ", text, len(text), kind, 1, _FREE, _FREE, child, 0, start, size)
