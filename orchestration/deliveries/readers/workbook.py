"""Workbooks to rows of text: .xlsx here, .xls by `old_workbook`. Each is weighed before it is read."""

from __future__ import annotations

import errno
import re
import struct
import zipfile
import zlib
from pathlib import Path
from xml.parsers import expat

from orchestration.deliveries.readers import old_workbook
from orchestration.deliveries.readers.grid import CELL_LIMIT, rows_of_grid
from orchestration.deliveries.readers.heading import Row
from orchestration.deliveries.readers.sheet_marks import marks_of
from orchestration.deliveries.refusal import FileRefused

RATIO = 1_000
DEFAULT_LIMIT_MB = 200
_PLACE = re.compile(rb'<(?:\w+:)?c\b[^>]*?\br="([A-Z]{1,3})(\d{1,7})"')


def weigh(path: Path, limit_mb: int = DEFAULT_LIMIT_MB) -> None:
    """Refuse an archive that unpacks beyond `limit_mb` megabytes or 1 000 : 1 (F_BOMB), or names paths (F_NAME)."""
    if old_workbook.is_compound(path):
        old_workbook.weigh(path, limit_mb)
        return
    try:
        with zipfile.ZipFile(path) as archive:
            entries = archive.infolist()
            _weigh_entries(entries, limit_mb)
            # Sizes are the sender's word: unpacking each entry no further than its word finds the one that lies.
            if broken := archive.testzip():
                raise zipfile.BadZipFile(f"{broken} is damaged")
    except (zipfile.BadZipFile, zlib.error, EOFError, ValueError, struct.error) as error:
        raise FileRefused("F_TRUNCATED", f"the workbook is no whole archive ({error}); ask for it again") from error
    except OSError as error:
        # A place in the archive that lies before its beginning.
        if error.errno != errno.EINVAL:
            raise
        raise FileRefused("F_TRUNCATED", "the workbook is no whole archive; ask for it again") from error
    except (RuntimeError, NotImplementedError) as error:
        raise FileRefused("F_LAYOUT", "the workbook is encrypted or packed in an unknown way; save it anew") from error


def _weigh_entries(entries: list[zipfile.ZipInfo], limit_mb: int) -> None:
    for entry in entries:
        parts = entry.filename.replace("\\", "/").split("/")
        if entry.filename.startswith("/") or ".." in parts or (entry.external_attr >> 16) & 0o170000 == 0o120000:
            raise FileRefused("F_NAME", "the archive names a path outside itself, or a link")
    unpacked = sum(e.file_size for e in entries)
    packed = max(1, sum(e.compress_size for e in entries))
    if unpacked > limit_mb * 1_000_000 or any(e.file_size > RATIO * max(1, e.compress_size) for e in entries):
        raise FileRefused(
            "F_BOMB",
            f"the workbook unpacks to {unpacked / 1e6:.0f} MB ({unpacked // packed} : 1); "
            f"declared limit {limit_mb} MB and {RATIO} : 1",
        )


def _weigh_sheets(path: Path) -> None:
    """Refuse a sheet whose farthest cell spans more than the limit: it is laid out whole in memory, gaps too."""
    with zipfile.ZipFile(path) as archive:
        for name in archive.namelist():
            if not name.startswith("xl/worksheets/"):
                continue
            places = _PLACE.findall(archive.read(name))
            widest = max((_column(letters) for letters, _ in places), default=0)
            lowest = max((int(row) for _, row in places), default=0)
            if widest * lowest > CELL_LIMIT:
                raise FileRefused(
                    "F_BOMB", f"a sheet spans {lowest} rows and {widest} columns; the limit is {CELL_LIMIT} cells"
                )


def _column(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number


def sheets_of(path: Path) -> dict[str, list[Row]]:
    """Rows that hold a text, of every sheet that is shown, by the sheet's name in the workbook's order.

    Hidden sheets are left out: nobody who looks at the workbook sees them. Raises `FileRefused` (F_LAYOUT, F_BOMB).
    """
    found = old_workbook.sheets_of(path) if old_workbook.is_compound(path) else _sheets_of_archive(path)
    if not found:
        raise FileRefused("F_LAYOUT", "all sheets of the workbook are hidden; ask the owner to show the table's sheet")
    return found


def _sheets_of_archive(path: Path) -> dict[str, list[Row]]:
    from python_calamine import CalamineError, CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

    _weigh_sheets(path)
    found: dict[str, list[Row]] = {}
    try:
        with CalamineWorkbook.from_path(str(path)) as book, zipfile.ZipFile(path) as archive:
            for sheet in book.sheets_metadata:
                if sheet.visible is SheetVisibleEnum.Visible and sheet.typ is SheetTypeEnum.WorkSheet:
                    cells = book.get_sheet_by_name(sheet.name)
                    grid = cells.to_python(skip_empty_area=False)
                    found[sheet.name] = rows_of_grid(
                        grid, marks_of(archive, sheet.name), cells.merged_cell_ranges or []
                    )
    except (CalamineError, expat.ExpatError, IndexError, KeyError) as error:
        raise FileRefused("F_LAYOUT", f"the workbook cannot be read: {error}") from error
    return found


def rows_of(path: Path, sheet: str | None = None) -> list[Row]:
    """Rows of the sheet so named, else of the first that is shown, that hold a text.

    Numbers are plain decimals, dates ISO; errors, formulas without a stored result and percents stand as a text that is
    no number, so that they are quarantined and never read as missing or as another number.
    """
    found = sheets_of(path)
    return found[sheet] if sheet is not None else next(iter(found.values()))
