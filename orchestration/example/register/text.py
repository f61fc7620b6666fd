"""Lines of text from columns of short byte strings, many thousand at a time."""

from __future__ import annotations

import numpy as np

EMPTY = np.array([b""], dtype="S1")
# Every day from 1850 on, as `YYYYMMDD` and as `YYYY-MM-DD`; the place is the day's number since `FIRST_DAY`.
FIRST_DAY = int(np.datetime64("1850-01-01").astype(int))
_DAYS = np.arange("1850-01-01", "2031-01-01", dtype="datetime64[D]")
ISO = np.concatenate((_DAYS.astype("S10"), EMPTY))
BASIC = np.concatenate((np.char.replace(_DAYS.astype("S10"), b"-", b""), EMPTY)).astype("S8")
# The same as a number, YYYYMMDD, of which ages are taken.
BASIC_NUMBER = BASIC[:-1].astype(np.int32)
NO_DAY = len(_DAYS)


def days(table: np.ndarray, day: np.ndarray, known: np.ndarray | None = None) -> np.ndarray:
    """Days since 1970 as text by one of the tables above; empty where not `known`."""
    place = day.astype(np.int64) - FIRST_DAY
    return table[place if known is None else np.where(known, place, NO_DAY)]


def numbers(value: np.ndarray, width: int) -> np.ndarray:
    """Whole numbers as text of a fixed width, zeros before."""
    digits = np.empty((len(value), width), dtype=np.uint8)
    rest = value.astype(np.int64)
    for column in range(width - 1, -1, -1):
        rest, digits[:, column] = rest // 10, rest % 10
    digits += ord("0")
    return digits.view(f"S{width}").ravel()


def texts(*values: str) -> np.ndarray:
    """A table of texts to take from."""
    return np.array([value.encode() for value in values])


def lines(columns: list[np.ndarray]) -> bytes:
    """The columns as rows: fields between semicolons, each row ended by a line feed. Fields hold no zero byte."""
    kind: list[tuple[str, str]] = []
    for place, column in enumerate(columns):
        kind += [(f"f{place}", column.dtype.str), (f"s{place}", "S1")]
    table = np.zeros(len(columns[0]), dtype=np.dtype(kind))
    for place, column in enumerate(columns):
        table[f"f{place}"] = column
        table[f"s{place}"] = b"\n" if place == len(columns) - 1 else b";"
    flat = table.view(np.uint8)
    # A text shorter than its field is filled with zero bytes, which go.
    return flat[flat != 0].tobytes()
