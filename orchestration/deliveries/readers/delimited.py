"""Delimited text to rows, each with the physical line on which it begins."""

from __future__ import annotations

import csv
import io

from orchestration.deliveries.readers.tabular import Row
from orchestration.deliveries.refusal import FileRefused
from orchestration.sources.model import Delimited

csv.field_size_limit(1_000_000)


def rows_of(text: str, layout: Delimited) -> list[Row]:
    """All rows with a text in them. Raises `FileRefused` (F_TRUNCATED) for an open quote or a cut last record."""
    return rows_by_delimiter(text, layout.delimiter)


def rows_by_delimiter(text: str, delimiter: str) -> list[Row]:
    """All rows with a text in them, by delimiter. Raises `FileRefused` (F_TRUNCATED) where a quote is never closed."""
    if '"' not in text:
        return [
            (number, row)
            for number, line in enumerate(text.replace("\r\n", "\n").replace("\r", "\n").split("\n"), start=1)
            if any(map(str.strip, row := line.split(delimiter)))
        ]
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    rows: list[Row] = []
    line = 1
    try:
        for row in reader:
            if any(map(str.strip, row)):
                rows.append((line, row))
            line = reader.line_num + 1
    except csv.Error as error:
        raise FileRefused("F_TRUNCATED", f"line {line}: a quoted field does not end ({error})", line) from error
    return rows


def check_ending(text: str, rows: list[Row], layout: Delimited) -> None:
    """A last record that is short and has no newline after it was cut. Raises `FileRefused` (F_TRUNCATED)."""
    if layout.footer or text.endswith(("\n", "\r")) or len(rows) < 2:
        return
    (line, last), (_, before) = rows[-1], rows[-2]
    if len(last) < len(before):
        raise FileRefused(
            "F_TRUNCATED", f"line {line} ends after {len(last)} of {len(before)} fields and without a newline", line
        )
    if layout.final_newline == "always":
        raise FileRefused("F_TRUNCATED", f"line {line} has no newline, which this layout always ends with", line)
