"""How values are written for people: texts that may not be shown, by their shape; numbers, plainly."""

from __future__ import annotations

from decimal import Decimal


def shape(text: str | None) -> str | None:
    """A text's shape without its content: digits as 9, letters as a, the rest as it stands."""
    if text is None:
        return None
    return "".join("9" if ch.isdigit() else "a" if ch.isalpha() else ch for ch in text)


def plain(value: Decimal) -> str:
    """A number without exponent and without trailing zeros."""
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
