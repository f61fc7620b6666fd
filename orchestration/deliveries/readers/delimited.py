"""Delimited text to rows, each with the physical line on which it begins."""

from __future__ import annotations

import csv
import io
import itertools
import re
from pathlib import Path

from orchestration.deliveries.readers.heading import Row
from orchestration.deliveries.refusal import FileRefused
from orchestration.sources.model import Delimited

csv.field_size_limit(1_000_000)
# What Excel writes and reads as a first line: it says the delimiter, and is neither title, heading nor record.
SEPARATOR_LINE = re.compile(r"\s*\"?sep=[^\r\n\"]\"?[\t ]*[;,]*(?:\r\n|\r|\n|$)", re.I)


# Titles and headings lie within the first so many characters and rows of any layout.
HEAD_CHARACTERS, HEAD_ROWS = 200_000, 40


def head_of(text: str, delimiter: str) -> list[Row]:
    """The first rows with a text in them, read leniently: the file may be of another delimiter, or be cut."""
    text, above = without_separator_line(text[:HEAD_CHARACTERS])
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    rows = ((reader.line_num + above, row) for row in reader if any(map(str.strip, row)))
    return list(itertools.islice(rows, HEAD_ROWS))


def without_separator_line(text: str) -> tuple[str, int]:
    """The text below a first line like `sep=;`, and how many lines were taken off."""
    found = SEPARATOR_LINE.match(text)
    return (
        (text[found.end() :], found.group().replace("\r\n", "\n").replace("\r", "\n").count("\n"))
        if found
        else (text, 0)
    )


def begins_with_separator(path: Path) -> bool:
    """Whether a file's first line says its delimiter."""
    with path.open("rb") as file:
        return SEPARATOR_LINE.match(file.read(64).decode("utf-8-sig", "replace")) is not None


def rows_of(text: str, delimiter: str) -> list[Row]:
    """All rows with a text in them, each with the physical line it begins on.

    Raises `FileRefused`: F_TRUNCATED where a quoted field never ends, F_FIELDS where a text follows a closing quote.
    """
    text, above = without_separator_line(text)
    if '"' not in text:
        return [
            (number, row)
            for number, line in enumerate(text.replace("\r\n", "\n").replace("\r", "\n").split("\n"), start=1 + above)
            if any(map(str.strip, row := line.split(delimiter)))
        ]
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    rows: list[Row] = []
    line = 1 + above
    try:
        for row in reader:
            if any(map(str.strip, row)):
                rows.append((line, row))
            line = reader.line_num + 1 + above
    except csv.Error as error:
        if "unexpected end" in str(error) or "field larger" in str(error):
            raise FileRefused("F_TRUNCATED", f"a quoted field does not end ({error})", line) from error
        raise FileRefused(
            "F_FIELDS",
            f"a text follows a closing quote ({error}); quotes inside a field are doubled",
            line,
        ) from error
    return rows


def check_ending(text: str, rows: list[Row], layout: Delimited) -> None:
    """A last record that is short and has no newline after it was cut. Raises `FileRefused` (F_TRUNCATED)."""
    if layout.footer or text.endswith(("\n", "\r")) or len(rows) < 2:
        return
    (line, last), (_, before) = rows[-1], rows[-2]
    if len(last) < len(before):
        raise FileRefused(
            "F_TRUNCATED", f"the last record ends after {len(last)} of {len(before)} fields and without a newline", line
        )
    if layout.final_newline == "always":
        raise FileRefused("F_TRUNCATED", "the last record has no newline, which this layout always ends with", line)
