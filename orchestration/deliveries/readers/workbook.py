"""XLSX to rows of text. The archive is weighed before anything of it is unpacked."""

from __future__ import annotations

import datetime as dt
import errno
import re
import struct
import zipfile
import zlib
from pathlib import Path

from orchestration.deliveries.readers.heading import Row
from orchestration.deliveries.refusal import FileRefused

RATIO = 1_000
DEFAULT_LIMIT_MB = 200
CELL_LIMIT = 20_000_000
_PLACE = re.compile(rb'<(?:\w+:)?c\b[^>]*?\br="([A-Z]{1,3})(\d{1,7})"')


def weigh(path: Path, limit_mb: int = DEFAULT_LIMIT_MB) -> None:
    """Refuse an archive that unpacks beyond `limit_mb` megabytes or 1 000 : 1 (F_BOMB), or names paths (F_NAME)."""
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


def rows_of(path: Path) -> list[Row]:
    """Rows of the first sheet that hold a text; numbers as their shortest text, dates as ISO."""
    from python_calamine import CalamineError, CalamineWorkbook

    _weigh_sheets(path)
    try:
        sheet = CalamineWorkbook.from_path(str(path)).get_sheet_by_index(0)
        grid = sheet.to_python(skip_empty_area=False)
    except (CalamineError, IndexError) as error:
        raise FileRefused("F_LAYOUT", f"the workbook cannot be read: {error}") from error
    rows = [(number, [_text(v) for v in row]) for number, row in enumerate(grid, start=1)]
    return [(number, row) for number, row in rows if any(t.strip() for t in row)]


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    if isinstance(value, dt.datetime | dt.date):
        return value.isoformat()
    return str(value)
