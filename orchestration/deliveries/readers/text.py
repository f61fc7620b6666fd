"""Bytes to text: the declared encodings, strictly; text that was encoded twice is refused, not guessed at."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from orchestration.deliveries.refusal import FileRefused

# UTF-8 read as Latin-1 and written as UTF-8 again: å, ä, ö, Å, Ä, Ö, é and the soft hyphen come out as these pairs.
_TWICE = re.compile("Ã[\u0084\u0085\u0096¤¥¶©„…–]")
BOM = "\ufeff"
_CHUNK = 1 << 20


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
