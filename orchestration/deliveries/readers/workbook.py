"""XLSX to rows of text. The archive is weighed before anything of it is unpacked."""

from __future__ import annotations

import datetime as dt
import zipfile
from pathlib import Path

from orchestration.deliveries.readers.tabular import Row
from orchestration.deliveries.refusal import FileRefused

RATIO = 1_000
DEFAULT_LIMIT_MB = 200


def weigh(path: Path, limit_mb: int = DEFAULT_LIMIT_MB) -> None:
    """Refuse an archive that unpacks beyond `limit_mb` megabytes or 1 000 : 1 (F_BOMB), or names paths (F_NAME)."""
    try:
        with zipfile.ZipFile(path) as archive:
            entries = archive.infolist()
    except zipfile.BadZipFile as error:
        raise FileRefused("F_TRUNCATED", f"the workbook is no whole archive ({error}); ask for it again") from error
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


def rows_of(path: Path) -> list[Row]:
    """Rows of the first sheet that hold a text; numbers as their shortest text, dates as ISO."""
    from python_calamine import CalamineError, CalamineWorkbook

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
