"""Bytes to text: the declared encodings, strictly; text that was encoded twice is refused, not guessed at."""

from __future__ import annotations

import codecs
import re
import unicodedata
from collections.abc import Iterable, Iterator
from pathlib import Path

from orchestration.deliveries.refusal import FileRefused
from orchestration.sources.model import Column
from orchestration.sql import quoted

# UTF-8 read as Latin-1 and written as UTF-8 again: å, ä, ö, Å, Ä, Ö, é and the soft hyphen come out as these pairs.
_TWICE = re.compile("Ã[\u0084\u0085\u0096¤¥¶©„…–]")
BOM = "\ufeff"
_CHUNK = 1 << 20
# What shows nothing on a screen: controls, zero-width and joining characters, marks of direction (Unicode 15, general
# categories Cc and Cf). Tab and line ends are blanks. The soft hyphen is apart: an owner writes it as a hyphen.
_CONTROLS = r"\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f"
_FORMAT_RANGES = (
    (0x034F, 0x034F), (0x061C, 0x061C), (0x180E, 0x180E), (0x200B, 0x200F), (0x202A, 0x202E), (0x2060, 0x206F),
    (0xFE00, 0xFE0F), (0xFEFF, 0xFEFF),
)  # fmt: skip
_INVISIBLE = re.compile("[" + _CONTROLS + "".join(f"{chr(a)}-{chr(b)}" for a, b in _FORMAT_RANGES) + "]")
_BLANK = re.compile("[\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]")
SOFT_HYPHEN = "\u00ad"
_LOOSE_HYPHEN = re.compile(rf"(?<![0-9{SOFT_HYPHEN}]){SOFT_HYPHEN}+|{SOFT_HYPHEN}+(?![0-9{SOFT_HYPHEN}])")
# How the characters above, accents that stand alone (U+0300-U+036F) and the Angstrom sign begin in UTF-8.
_UNTIDY_STARTS = (
    b"\xc2\xa0", b"\xc2\xad", *(bytes([0xC2, c]) for c in range(0x80, 0xA0) if c != 0x85), b"\xcc", b"\xcd",
    b"\xd8\x9c", b"\xe1\x9a", b"\xe1\xa0", b"\xe2\x80", b"\xe2\x81", b"\xe2\x84", b"\xe3\x80", b"\xef\xb8",
    b"\xef\xbb",
)  # fmt: skip
_CONTROL_BYTES = bytes([*range(0x00, 0x09), *range(0x0E, 0x20), 0x7F])


def tidy(text: str) -> str:
    """A heading, title or label as it looks: composed letters (NFC), nothing invisible, plain blanks."""
    if text.isascii() and text.isprintable():
        return text
    return _BLANK.sub(" ", _INVISIBLE.sub("", unicodedata.normalize("NFC", text)))


def tidy_cell(column: Column, text: str | None) -> str | None:
    """A cell's text as it looks. A number is left as it was sent: its own form decides about every character."""
    if text is None or column.type == "number" or (text.isascii() and text.isprintable()):
        return text
    text = tidy(text)
    match _soft_hyphens(column):
        case "none":
            return text.replace(SOFT_HYPHEN, "")
        case "between digits":
            return _LOOSE_HYPHEN.sub("", text)
    return text


def tidy_sql(column: Column, text: str) -> str:
    """The same as `tidy_cell`, as DuckDB SQL over a text."""
    if column.type == "number":
        return text
    ranges = "".join(rf"\x{{{a:X}}}-\x{{{b:X}}}" for a, b in _FORMAT_RANGES)
    controls = r"\x{00}-\x{08}\x{0E}-\x{1F}\x{7F}-\x{84}\x{86}-\x{9F}"
    blanks = r"[\x{A0}\x{1680}\x{2000}-\x{200A}\x{202F}\x{205F}\x{3000}]"
    shown = f"regexp_replace(nfc_normalize({text}), '[{controls}{ranges}]', '', 'g')"
    shown = f"regexp_replace({shown}, '{blanks}', ' ', 'g')"
    match _soft_hyphens(column):
        case "none":
            return f"replace({shown}, {quoted(SOFT_HYPHEN)}, '')"
        case "between digits":
            # RE2 looks neither back nor ahead.
            shown = rf"regexp_replace({shown}, '(^|[^0-9\x{{AD}}])\x{{AD}}+', '\1', 'g')"
            return rf"regexp_replace({shown}, '\x{{AD}}+([^0-9\x{{AD}}]|$)', '\1', 'g')"
    return shown


def may_be_untidy(piece: bytes) -> bool:
    """Whether UTF-8 may hold what `tidy` changes. A byte order mark counts; a wrong yes costs time and nothing else."""
    if len(piece.translate(None, _CONTROL_BYTES)) != len(piece):
        return True
    return not piece.isascii() and any(start in piece for start in _UNTIDY_STARTS)


def _soft_hyphens(column: Column) -> str:
    """Which soft hyphens stay: all where the pattern names them, none in an id of any form, else a range's."""
    pattern = column.pattern or ""
    if SOFT_HYPHEN in pattern:
        return "all"
    return "none" if r"\S" in pattern or column.pseudonym else "between digits"


def decode(raw: bytes, encodings: Iterable[str] = ("utf-8",)) -> tuple[str, str]:
    """The text without a byte order mark, and the encoding that fitted. Raises `FileRefused` (F_ENCODING)."""
    tried = list(encodings)
    for encoding in tried:
        try:
            text = raw.decode(encoding)
        except (UnicodeDecodeError, LookupError):
            continue
        if found := _TWICE.search(text):
            raise _encoded_twice(found.group(), text.count("\n", 0, found.start()) + 1)
        return text.removeprefix(BOM), encoding
    position = _first_fault(raw)
    raise _undecodable(tried, raw.count(b"\n", 0, position) + 1)


def settled_encoding(path: Path, encodings: Iterable[str]) -> str:
    """The first encoding that fits the whole file, read piece by piece. Raises `FileRefused` (F_ENCODING)."""
    tried = list(encodings)
    for encoding in tried:
        try:
            line, before = 1, ""
            for piece in _pieces(path, encoding):
                # A pair may lie across two pieces.
                if "Ã" in piece or before == "Ã":
                    found = _TWICE.search(before + piece)
                    if found:
                        raise _encoded_twice(found.group(), line + (before + piece).count("\n", 0, found.start()))
                line += piece.count("\n")
                before = piece[-1:].replace("\n", "")
        except (UnicodeDecodeError, LookupError):
            continue
        return encoding
    raise _undecodable(tried, _line_of_fault(path))


def beginning(path: Path, encoding: str, size: int) -> str:
    """The first `size` bytes as text without a byte order mark; a character cut at the end is left out."""
    with path.open("rb") as file:
        raw = file.read(size)
    return codecs.getincrementaldecoder(encoding)().decode(raw).removeprefix(BOM)


def _pieces(path: Path, encoding: str) -> Iterator[str]:
    decoder = codecs.getincrementaldecoder(encoding)()
    with path.open("rb") as file:
        while raw := file.read(_CHUNK):
            yield decoder.decode(raw)
    yield decoder.decode(b"", final=True)


def _encoded_twice(text: str, line: int) -> FileRefused:
    return FileRefused("F_ENCODING", f"{text!r}: the text was encoded twice. Ask for the export as UTF-8", line)


def wide_encoding(raw: bytes) -> str | None:
    """The name of a wide encoding that the first bytes show, by its mark or by the zeros between Latin letters."""
    for mark, name in ((codecs.BOM_UTF32_LE, "UTF-32"), (codecs.BOM_UTF32_BE, "UTF-32"),
                       (codecs.BOM_UTF16_LE, "UTF-16"), (codecs.BOM_UTF16_BE, "UTF-16")):  # fmt: skip
        if raw.startswith(mark):
            return name
    first = raw[:200]
    zeros = max(first[0::2].count(0), first[1::2].count(0))
    return "UTF-16" if len(first) >= 8 and zeros > 0.4 * len(first[0::2]) else None


def _undecodable(tried: list[str], line: int) -> FileRefused:
    return FileRefused(
        "F_ENCODING",
        f"a byte cannot be read as {', '.join(tried)}. Ask the owner for the export in one of these encodings",
        line,
    )


def _first_fault(raw: bytes) -> int:
    try:
        raw.decode("utf-8")
    except UnicodeDecodeError as error:
        return error.start
    return 0


def _line_of_fault(path: Path) -> int:
    """The line of the first byte that is no UTF-8; no line end lies inside a character."""
    with path.open("rb") as file:
        for number, raw in enumerate(file, start=1):
            try:
                raw.decode("utf-8")
            except UnicodeDecodeError:
                return number
    return 1
