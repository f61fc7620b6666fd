"""SQL text, written by hand where a parameter cannot stand; and rows of an answer by the names of its columns."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import duckdb

# What Python's `str.strip` takes off, for DuckDB's `trim(text, characters)`.
BLANKS = "".join(c for c in map(chr, range(1, 0x3001)) if c.isspace())


def quoted(text: str) -> str:
    """A SQL string literal."""
    return "'" + text.replace("'", "''") + "'"


def named_rows(answer: duckdb.DuckDBPyConnection, most: int | None = None) -> list[dict[str, Any]]:
    """The rows of a query that was executed, each by the names of its columns; at most so many."""
    names = [column[0] for column in answer.description or ()]
    rows = answer.fetchall() if most is None else answer.fetchmany(most)
    return [dict(zip(names, row, strict=True)) for row in rows]
