"""Old workbooks (.xls, Excel 95 to 2003) to rows of text, read by xlrd: it tells an error from an empty cell.

The forms are those of [MS-CFB] (the container) and [MS-XLS] 2.4 (the records), as Microsoft publishes them.
"""

from __future__ import annotations

import datetime as dt
import io
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from orchestration.deliveries.readers.grid import CELL_LIMIT, Range, rows_of_grid
from orchestration.deliveries.readers.heading import Row
from orchestration.deliveries.readers.sheet_marks import Marks, Place, is_percent
from orchestration.deliveries.refusal import FileRefused

SIGNATURE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_STEP = "ask the owner for the table as CSV or .xlsx"
# Streams by which a container that is no workbook is known, with the kind and the next step.
_STREAMS = (
    ("WordDocument", "an old Word document (.doc)", _STEP),
    ("PowerPoint Document", "an old PowerPoint document (.ppt)", _STEP),
    ("EncryptedPackage", "an Office document under a password", "save it without a password"),
)
_BOF, _EOF = 0x0809, 0x000A
_FORMULA, _MULRK, _MULBLANK = 0x0006, 0x00BD, 0x00BE
# Records of one cell: blank, boolean or error, label (of three kinds), number (of two kinds), formula.
_CELLS = {0x0201, 0x0205, 0x0204, 0x00D6, 0x00FD, 0x0203, 0x027E, _FORMULA}
# What a damaged file makes xlrd raise: it checks the forms of records as it goes.
_DAMAGE = (
    struct.error, AssertionError, LookupError, ValueError, TypeError, AttributeError, ArithmeticError, RuntimeError,
    EOFError, MemoryError,
)  # fmt: skip


def is_compound(path: Path) -> bool:
    """Whether the file is a container of the kind that old Office documents are."""
    with path.open("rb") as file:
        return file.read(8) == SIGNATURE


def weigh(path: Path, limit_mb: int) -> None:
    """Refuse a file beyond `limit_mb` megabytes (F_BOMB): nothing in it is packed."""
    size = path.stat().st_size
    if size > limit_mb * 1_000_000:
        raise FileRefused("F_BOMB", f"the workbook holds {size / 1e6:.0f} MB; declared limit {limit_mb} MB")


def other_kind(path: Path) -> tuple[str, str] | None:
    """Kind and next step of what is no workbook; None for a workbook. Raises `FileRefused` (F_TRUNCATED)."""
    from xlrd.compdoc import CompDoc, CompDocError

    try:
        names = {entry.name for entry in CompDoc(path.read_bytes(), logfile=io.StringIO()).dirlist}
    except (CompDocError, *_DAMAGE) as error:
        raise FileRefused("F_TRUNCATED", "the old Office document is not whole; ask for it again") from error
    if names & {"Workbook", "Book", "WORKBOOK", "BOOK"}:
        return None
    known = (told for stream, *told in _STREAMS if stream in names)
    kind, step = next(known, ("an old Office document that is no workbook", _STEP))
    return kind, step


def sheets_of(path: Path) -> dict[str, list[Row]]:
    """Rows that hold a text, of every sheet that is shown, by name in the workbook's order.

    Raises `FileRefused` (F_LAYOUT, F_TRUNCATED, F_BOMB).
    """
    import xlrd
    from xlrd.compdoc import CompDocError

    found: dict[str, list[Row]] = {}
    try:
        with xlrd.open_workbook(
            str(path), logfile=io.StringIO(), formatting_info=True, on_demand=True, ragged_rows=True
        ) as book:
            scans = [_Scan.of(book.mem, at) for at in book._sh_abs_posn]
            if (cells := sum(scan.span for scan in scans)) > CELL_LIMIT:
                raise FileRefused("F_BOMB", f"the workbook's sheets span {cells} cells; the limit is {CELL_LIMIT}")
            for number, name in enumerate(book.sheet_names()):
                if not book._sheet_visibility[number]:
                    found[name] = _rows(book, book.sheet_by_index(number), scans[number].without_result)
                    book.unload_sheet(number)
    except xlrd.XLRDError as error:
        if "encrypted" in str(error):
            raise FileRefused("F_LAYOUT", "the workbook is encrypted; save it without a password") from error
        # The library's message may quote what stands in the file.
        raise FileRefused("F_LAYOUT", "the workbook is none that Excel writes; ask for it as .xlsx") from error
    except (CompDocError, *_DAMAGE) as error:
        raise FileRefused("F_TRUNCATED", "the workbook is not whole; ask for it again") from error
    return found


@dataclass
class _Scan:
    """What the records of one sheet say before it is read: the cells it spans, and formulas without a result."""

    span: int
    without_result: set[Place]

    @classmethod
    def of(cls, stream: Any, at: int) -> _Scan:
        rows = columns = 0
        without: set[Place] = set()
        for code, start, length in _records(stream, at):
            if code in _CELLS and length >= 4:
                row, column = struct.unpack_from("<HH", stream, start)
                last = column
                if code == _FORMULA and length >= 16 and _is_without_result(stream[start + 6 : start + 16]):
                    without.add((row, column))
            elif code in (_MULRK, _MULBLANK) and length >= 6:
                (row,) = struct.unpack_from("<H", stream, start)
                (last,) = struct.unpack_from("<H", stream, start + length - 2)
            else:
                continue
            rows, columns = max(rows, row + 1), max(columns, last + 1)
        return cls(rows * columns, without)


def _records(stream: Any, at: int) -> Iterator[tuple[int, int, int]]:
    """Code, place and length of each record of the sheet that begins at a place, without those of a chart in it."""
    depth, end = 0, len(stream)
    while at + 4 <= end:
        code, length = struct.unpack_from("<HH", stream, at)
        depth += (code == _BOF) - (code == _EOF)
        if depth == 1:
            yield code, at + 4, length
        elif depth < 1:
            return
        at += 4 + length


def _is_without_result(stored: bytes) -> bool:
    """Whether a formula's stored result is what programs write that do not calculate: an empty text, or 0 to be
    calculated when the workbook is opened. Either may be a result: it is quarantined, for it may also be none.
    """
    result, (flags,) = stored[:8], struct.unpack("<H", stored[8:10])
    if result[6:8] == b"\xff\xff":
        return result[0] == 3
    return bool(flags & 2) and struct.unpack("<d", result)[0] == 0


def _rows(book: Any, sheet: Any, without_result: set[Place]) -> list[Row]:
    import xlrd

    percents = {
        place for place, form in enumerate(book.xf_list) if is_percent(book.format_map[form.format_key].format_str)
    }
    grid: list[list[Any]] = []
    marks = Marks(texts=dict.fromkeys(without_result, "=(no stored result)"))
    for row in range(sheet.nrows):
        grid.append([])
        for column, (kind, value) in enumerate(zip(sheet.row_types(row), sheet.row_values(row), strict=True)):
            match kind:
                case xlrd.XL_CELL_NUMBER if sheet.cell_xf_index(row, column) in percents:
                    marks.percent.add((row, column))
                case xlrd.XL_CELL_DATE:
                    value = _date(value, book.datemode)
                case xlrd.XL_CELL_BOOLEAN:
                    value = bool(value)
                case xlrd.XL_CELL_ERROR:
                    value = xlrd.error_text_from_code.get(value, "#ERROR")
            grid[-1].append(value)
    ranges: list[Range] = [((top, left), (low - 1, right - 1)) for top, low, left, right in sheet.merged_cells]
    return rows_of_grid(grid, marks, ranges)


def _date(days: float, system: int) -> str:
    """A date as ISO text, in the workbook's date system; a text that is no number where it is no date of it."""
    from xlrd.xldate import XLDateError, xldate_as_datetime, xldate_as_tuple

    try:
        xldate_as_tuple(days, system)
    except (XLDateError, ValueError, OverflowError):
        return f"no date: {days}"
    moment = xldate_as_datetime(days, system)
    if days < 1:
        return moment.time().isoformat()
    return (moment.date() if moment.time() == dt.time() else moment).isoformat()
