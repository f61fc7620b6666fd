"""Bytes to text: the declared encodings, strictly; text that was encoded twice is refused, not guessed at."""

from __future__ import annotations

import re
from collections.abc import Iterable

from orchestration.deliveries.refusal import FileRefused

# UTF-8 read as Latin-1 and written as UTF-8 again: å, ä, ö, Å, Ä, Ö, é and the soft hyphen come out as these pairs.
_TWICE = re.compile("Ã[\u0084\u0085\u0096¤¥¶©„…–]")
BOM = "\ufeff"


def decode(raw: bytes, encodings: Iterable[str] = ("utf-8",)) -> tuple[str, str]:
    """The text without a byte order mark, and the encoding that fitted. Raises `FileRefused` (F_ENCODING)."""
    tried = list(encodings)
    for encoding in tried:
        try:
            text = raw.decode(encoding)
        except (UnicodeDecodeError, LookupError):
            continue
        if found := _TWICE.search(text):
            line = text.count("\n", 0, found.start()) + 1
            raise FileRefused(
                "F_ENCODING",
                f"{found.group()!r}: the text was encoded twice. Ask for the export as UTF-8",
                line,
            )
        return text.removeprefix(BOM), encoding
    position = _first_fault(raw)
    line = raw.count(b"\n", 0, position) + 1
    raise FileRefused(
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
