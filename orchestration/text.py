"""Texts that may not be shown, shown by their shape."""

from __future__ import annotations


def shape(text: str | None) -> str | None:
    """A text's shape without its content: digits as 9, letters as a, the rest as it stands."""
    if text is None:
        return None
    return "".join("9" if ch.isdigit() else "a" if ch.isalpha() else ch for ch in text)
