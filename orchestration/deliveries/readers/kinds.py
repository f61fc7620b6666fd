"""What a file is that no layout is declared for, told by its first bytes, in words that say what to ask for."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path

_TABLE = "ask the owner for the table as CSV or .xlsx"
# First bytes as `file(1)` knows them, with the kind and the next step.
_SIGNATURES: tuple[tuple[bytes, str, str], ...] = (
    (b"%PDF", "a PDF document", _TABLE),
    (b"\x1f\x8b", "a gzip archive", "unpack it and hand over its file"),
    (b"BZh", "a bzip2 archive", "unpack it and hand over its file"),
    (b"\xfd7zXZ\x00", "an xz archive", "unpack it and hand over its file"),
    (b"\x28\xb5\x2f\xfd", "a zstd archive", "unpack it and hand over its file"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive", "unpack it and hand over its files"),
    (b"Rar!\x1a\x07", "a RAR archive", "unpack it and hand over its files"),
    (b"{\\rtf", "an RTF document", _TABLE),
    (b"\x89PNG", "a picture (PNG)", _TABLE),
    (b"\xff\xd8\xff", "a picture (JPEG)", _TABLE),
    (b"PAR1", "a Parquet file", "ask the owner for the export in a declared layout"),
    (b"SQLite format 3\x00", "an SQLite database", "ask the owner for the export in a declared layout"),
)  # fmt: skip
_PAGE = re.compile(rb"(?:<\?xml[^>]*>\s*)?(?:<!--.*?-->\s*)*<(?:!doctype\s+html|html|head|body|table)\b", re.I | re.S)
_IN_ARCHIVE = (
    ("word/", "a Word document (.docx)", _TABLE),
    ("ppt/", "a PowerPoint document (.pptx)", _TABLE),
    ("xl/workbook.bin", "a binary Excel workbook (.xlsb)", "save it as .xlsx"),
    ("content.xml", "an OpenDocument file (.ods, .odt)", "save the table as .xlsx"),
)


def owner_file(file_name: str) -> tuple[str, str] | None:
    """Kind and next step of what a program leaves beside an open document; None for any other name."""
    if file_name.startswith("~$"):
        return "the lock file of an open Office document", "close the document and leave the file out"
    return None


def known_kind(first: bytes) -> tuple[str, str] | None:
    """Kind and next step of a file that begins with these bytes; None where they show none that is known."""
    for signature, kind, step in _SIGNATURES:
        if first.startswith(signature):
            return kind, step
    text = first.removeprefix(b"\xef\xbb\xbf").lstrip()
    if text.startswith(b"{\\rtf"):
        return "an RTF document", _TABLE
    if _PAGE.match(text):
        return "a web page (HTML), whatever its name says", _TABLE
    if text[:5] == b"<?xml":
        return "an XML document", _TABLE
    return None


def archive_kind(path: Path) -> tuple[str, str] | None:
    """Kind and next step of a zip archive; None for a workbook (.xlsx, .xlsm)."""
    with zipfile.ZipFile(path) as archive:
        names = archive.namelist()
    for beginning, kind, step in _IN_ARCHIVE:
        if any(name.startswith(beginning) for name in names):
            return kind, step
    if any(name.startswith("xl/") for name in names):
        return None
    return "an archive that is no workbook", "unpack it and hand over its files"
