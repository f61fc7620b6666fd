"""A sheet's grid of values to rows of text, the same for both forms of workbook."""

from __future__ import annotations

import datetime as dt
import re
from decimal import Decimal
from typing import Any

from orchestration.deliveries.readers.heading import Row
from orchestration.deliveries.readers.sheet_marks import Marks
from orchestration.deliveries.refusal import FileRefused
from orchestration.text import plain

CELL_LIMIT = 20_000_000
# First and last cell of merged cells, each as row and column from 0.
Range = tuple[tuple[int, int], tuple[int, int]]
_YEAR = re.compile(r"(?:19|20)\d\d")


def rows_of_grid(grid: list[list[Any]], marks: Marks, ranges: list[Range]) -> list[Row]:
    """Rows that hold a text, with their number from 1. Raises `FileRefused` (F_BOMB) for merged cells too wide."""
    texts = [[_text(v) for v in row] for row in grid]
    for row, column in marks.percent:
        if row < len(texts) and column < len(texts[row]) and isinstance(grid[row][column], int | float):
            # As it is shown: what is stored is a hundred times less.
            texts[row][column] = f"{plain(Decimal(texts[row][column]) * 100)} %"
    _spread_merged(texts, grid, ranges)
    for (row, column), text in marks.texts.items():
        while len(texts) <= row:
            texts.append([])
        texts[row] += [""] * (column + 1 - len(texts[row]))
        texts[row][column] = text
    width = max(map(len, texts), default=0)
    return [
        (number, row + [""] * (width - len(row)))
        for number, row in enumerate(texts, start=1)
        if any(t.strip() for t in row)
    ]


def _spread_merged(texts: list[list[str]], grid: list[list[Any]], ranges: list[Range]) -> None:
    """Let a merged label stand in every cell that it covers, in rows that hold more than the label.

    A number that is no year and covers more than one record tells of them together: it becomes no number of any.
    """
    if sum((bottom - top + 1) * (right - left + 1) for (top, left), (bottom, right) in ranges) > CELL_LIMIT:
        raise FileRefused("F_BOMB", f"merged cells span more than {CELL_LIMIT} cells")
    for (top, left), (bottom, right) in ranges:
        if top >= len(texts) or left >= len(texts[top]) or not texts[top][left].strip():
            continue
        label, value = texts[top][left], grid[top][left]
        if isinstance(value, float | int) and not isinstance(value, bool) and not _YEAR.fullmatch(label):
            label = f"merged: {label}"
        for row in texts[top : bottom + 1]:
            others = row[:left] + row[right + 1 :]
            if any(t.strip() for t in others):
                row[left : right + 1] = [label] * (min(right + 1, len(row)) - left)


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else plain(Decimal(repr(value)))
    if isinstance(value, dt.datetime | dt.date):
        return value.isoformat()
    return str(value)
