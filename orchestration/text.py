"""How values are written for people: texts that may not be shown, by their shape; numbers, plainly."""

from __future__ import annotations

import re
from decimal import Decimal

# What DuckDB says of data, up to the line's end, and in it what may be a value.
_OF_DATA = re.compile(r"(?:Conversion|Constraint|Invalid Input|Out of Range|Mismatch Type) Error: .*")
_VALUE = re.compile(r"""'[^']*'|"[^"]*"|\d{4,}""")


def shape(text: str | None) -> str | None:
    """A text's shape without its content: digits as 9, letters as a, the rest as it stands."""
    if text is None:
        return None
    return "".join("9" if ch.isdigit() else "a" if ch.isalpha() else ch for ch in text)


def without_values(text: str) -> str:
    """An error's words with the values that DuckDB quotes by their shape: a row of persons may be among them."""
    return _OF_DATA.sub(lambda said: _VALUE.sub(lambda value: shape(value[0]) or "", said[0]), text)


def plain(value: Decimal) -> str:
    """A number without exponent and without trailing zeros."""
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
