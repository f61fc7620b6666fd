"""Large plain delimited text straight to cells, in one pass and in memory that does not grow with the file.

Plain is: one row of headings or none, one record per line, no quotes, no footer, nothing unpivoted. Whatever is not so
is left to the row reader (`delimited`, `tabular`); both give the same cells of a file that either can read. Each line
is read as one text and split in SQL, so that a record with too few or too many fields stays whole and is told.
"""

from __future__ import annotations

import re
from codecs import BOM_UTF8
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from orchestration.deliveries.parquet import COMPRESSION_LEVEL, ROW_GROUP, said_of, whole
from orchestration.deliveries.pseudonyms import Key, columns_in_sql
from orchestration.deliveries.readers import delimited, tabular
from orchestration.deliveries.readers.tabular import Plan
from orchestration.deliveries.readers.text import may_be_untidy, tidy_cell, tidy_sql
from orchestration.sources.model import Delimited
from orchestration.sql import BLANKS, quoted

if TYPE_CHECKING:
    import duckdb

# Below this the row reader is as fast, and opening DuckDB would cost more than it saves.
LEAST_BYTES = 1 << 18
# How a character begins in UTF-8 that `str.strip` takes off.
_BLANK_STARTS = sorted({chr(c).encode()[:1] for c in range(1, 0x3001) if chr(c).isspace()})
_NEVER = "~ no line reads like this ~"
_MEMORY_LIMIT = "1GB"
_TAIL, _PIECE = 1 << 20, 1 << 22


class BulkFailed(Exception):
    """The file cannot be read in bulk after all; the row reader says why, or reads it."""


@dataclass(frozen=True)
class Plain:
    """A file that may be read in bulk. `untidy`: it may hold characters that a cell does not keep (text.tidy_cell)."""

    untidy: bool


def as_plain(path: Path, layout: Delimited, encoding: str | None) -> Plain | None:
    """A file that may be read in bulk: large, of a plain layout, in UTF-8, one record on every line. Else None."""
    if layout.title or layout.footer or layout.unpivot or layout.heading_rows > 1 or encoding != "utf-8":
        return None
    if path.stat().st_size < LEAST_BYTES:
        return None
    blank_start = re.compile(b"\n[" + re.escape(b"".join(_BLANK_STARTS) + layout.delimiter.encode()) + b"]")
    blank, returns, untidy, last = False, False, False, b"\n"
    with path.open("rb") as file:
        for piece in iter(lambda: file.read(_PIECE), b""):
            if b'"' in piece or b"\0" in piece or b"\1" in piece:
                return None
            # A character may lie across two pieces; the mark at the file's beginning is none of a cell.
            untidy = untidy or may_be_untidy(last[-2:] + piece if last != b"\n" else piece.removeprefix(BOM_UTF8))
            returns = returns or b"\r" in piece
            blank = blank or bool(blank_start.search(piece) or blank_start.search(last[-1:] + piece[:1]))
            last = piece[-2:]
    if (returns and not _returns_end_lines(path)) or (blank and _holds_blank_line(path, layout)):
        return None
    return None if delimited.begins_with_separator(path) else Plain(untidy)


def _returns_end_lines(path: Path) -> bool:
    """Whether every return stands before a newline, and every newline behind a return."""
    with path.open("rb") as file:
        return all(
            (b"\r" in line) == line.endswith(b"\n") == line.endswith(b"\r\n") and line.count(b"\r") < 2 for line in file
        )


def _holds_blank_line(path: Path, layout: Delimited) -> bool:
    """Whether a line without a text stands between others: lines below it would be numbered wrongly."""
    blank = False
    with path.open("rb") as file:
        for line in file:
            if line.decode("utf-8", "replace").replace(layout.delimiter, " ").strip():
                if blank:
                    return True
            elif line.strip(b"\r\n"):
                return True
            else:
                blank = True
    return False


@dataclass(frozen=True)
class Found:
    """What a pass found; `faulty` records have another number of fields, `said` are the first records' texts."""

    records: int
    faulty: int
    pairs: Counter[tuple[str, str]]
    dates: list[str | None]
    said: str


def check_ending(path: Path, layout: Delimited) -> None:
    """The row reader's rule on a last record without a newline. Raises `FileRefused` (F_TRUNCATED), `BulkFailed`."""
    size = path.stat().st_size
    with path.open("rb") as file:
        file.seek(max(0, size - _TAIL))
        tail = file.read()
        if tail.endswith(b"\n"):
            return
        file.seek(0)
        lines = 1 + sum(piece.count(b"\n") for piece in iter(lambda: file.read(1 << 20), b""))
    *_, before, last = [b"", *tail.splitlines()]
    if not before:
        raise BulkFailed("its last record is longer than any record is")
    split = [line.decode("utf-8", "replace").split(layout.delimiter) for line in (before, last)]
    delimited.check_ending(last.decode("utf-8", "replace"), [(lines - 1, split[0]), (lines, split[1])], layout)


def write(
    path: Path,
    layout: Delimited,
    plan: Plan,
    said: tuple[str, str],
    scopes: Callable[[Callable[[str], str]], tuple[str, str]],
    *,
    width: int,
    key: Key | None,
    untidy: bool,
    said_rows: int,
    target: Path,
    check: Callable[[Found], None],
) -> Found:
    """Write all records as cells.

    Args:
        said: the delivery's hash and the file's name.
        scopes: given what makes SQL of a column's name, gives SQL for scope and period.
        width: how many fields a record has.
        key: makes pseudonyms of person ids, where the layout holds any.
        untidy: whether texts are tidied; it costs time on every record.
        said_rows: of so many first records the texts are given back.
        check: may refuse what was found; nothing is left then.

    Raises:
        BulkFailed: DuckDB cannot read it.
        FileRefused: F_EMPTY, F_FIELDS, and what `check` raises.
    """
    import duckdb

    def text(name: str) -> str:
        if name in plan.captured:
            return quoted(tidy_cell(layout.column(name), plan.captured[name]) or "")
        if name not in plan.fields:
            return "null::varchar"
        sent = f"field[{plan.fields[name] + 1}]"
        return tidy_sql(layout.column(name), sent) if untidy else sent

    scope, period = scopes(text)
    fault = f"case when len(field) <> {width} then 'fields: ' || len(field) || ' of {width}' end"
    cells = {c.name: text(c.name) for c in layout.columns}
    for column in (c for c in layout.columns if c.pseudonym and key):
        assert key is not None
        cells |= columns_in_sql(column, f"coalesce(trim({text(column.name)}, {quoted(BLANKS)}), '')", key)
    columns = ", ".join(f"{sql} as {name}" for name, sql in cells.items())
    metadata = ", ".join(f"{key}: {quoted(value)}" for key, value in said_of(*said).items())
    with whole(target) as temporary:
        connection = duckdb.connect(config={"memory_limit": _MEMORY_LIMIT})
        try:
            connection.execute(
                f"""copy (
                  select null::bigint as line, null::varchar as column_name, {scope} as scope_key,
                    {period} as period_key, {fault} as fields_fault, {columns}
                  from {_lines(path, layout)}
                ) to {quoted(str(temporary))}
                (format parquet, compression zstd, compression_level {COMPRESSION_LEVEL},
                  row_group_size {ROW_GROUP}, kv_metadata {{{metadata}}})"""
            )
            found = _found(connection, temporary, layout, said_rows)
        except duckdb.Error:
            # Its words may quote the file or the key.
            raise BulkFailed("DuckDB cannot read it") from None
        finally:
            connection.close()
        tabular.check_fields(found.records, found.faulty, width)
        check(found)
    return found


def _lines(path: Path, layout: Delimited) -> str:
    return (
        f"(select string_split(line, {quoted(layout.delimiter)}) as field from read_csv({quoted(str(path))}, "
        f"delim = E'\\x01', quote = '', escape = '', header = false, skip = {layout.heading_rows}, "
        f"columns = {{'line': 'varchar'}}, auto_detect = false, nullstr = {quoted(_NEVER)}))"
    )


def _found(connection: duckdb.DuckDBPyConnection, cells: Path, layout: Delimited, said_rows: int) -> Found:
    written = f"read_parquet({quoted(str(cells))})"
    counted = connection.execute(
        f"select scope_key, period_key, count(*), count(fields_fault) from {written} group by all"
    ).fetchall()
    dated = layout.extracted_at.column
    first = connection.execute(f"select columns(*)::varchar from {written} limit {said_rows}").fetchall()
    return Found(
        records=sum(n for _, _, n, _ in counted),
        faulty=sum(n for *_, n in counted),
        pairs=Counter({(scope, period): n for scope, period, n, _ in counted}),
        dates=[t for (t,) in connection.execute(f"select distinct {dated} from {written}").fetchall()] if dated else [],
        said=" ".join(text for row in first for text in row if text),
    )
