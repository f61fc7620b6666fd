"""A ledger of an earlier schema to the one of today, in one transaction; and a ledger made anew from its journal."""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from itertools import chain, count
from pathlib import Path

from orchestration.ledger import journal
from orchestration.ledger.file import SCHEMA, SCHEMA_VERSION, LedgerError, statements
from orchestration.ledger.ledger import Ledger

# Columns that came to tables that were there before.
_COLUMNS = (("coverage", "told_until", "text not null default ''"),)
_CREATED = re.compile(r"^\s*create (?:table|index|view|trigger) (\w+)", re.MULTILINE)


def schema_of(path: Path) -> int:
    """The schema's version that a ledger has; 0 for a file that is none yet. Raises `LedgerError` for a damaged one."""
    try:
        with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as connection:
            return int(connection.execute("pragma user_version").fetchone()[0])
    except sqlite3.Error as error:
        raise LedgerError(f"{path} cannot be read ({error}): `doctor --rebuild-ledger` makes it anew") from error


def migrate(path: Path) -> None:
    """Bring a ledger of an earlier schema to today's, and its journal with it. Whole or not at all; safe to repeat.

    A newer schema only adds tables, indices, triggers and columns: what is not there yet is made. What a column would
    hold of earlier deliveries comes with the next night, which reads them anew with the newer reader.
    """
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("begin immediate")
        version = connection.execute("pragma user_version").fetchone()[0]
        if 0 < version < SCHEMA_VERSION:
            known = {row[0] for row in connection.execute("select name from sqlite_master")}
            wanted = [*statements(SCHEMA.read_text(encoding="utf-8")), *journal.triggers()]
            fresh = [statement for statement in wanted if _made_by(statement) not in known]
            for statement in fresh:
                if "create trigger" not in statement:
                    connection.execute(statement)
            for table, column, kind in _COLUMNS:
                if column not in {row[1] for row in connection.execute(f"pragma table_info({table})")}:
                    connection.execute(f"alter table {table} add column {column} {kind}")
            if version == 1:
                journal.note_everything(connection)
            for statement in fresh:
                if "create trigger" in statement:
                    connection.execute(statement)
            connection.execute(f"pragma user_version = {SCHEMA_VERSION}")
        connection.execute("commit")
    # Opening it for writing writes what is noted.
    Ledger.open(path).close()


def _made_by(statement: str) -> str:
    """The name of the table, index, view or trigger that a statement makes."""
    found = _CREATED.search(statement)
    assert found, statement
    return found.group(1)


def rebuild(path: Path) -> tuple[int, Path | None]:
    """Make the ledger anew from its journal and put it in the old one's place, which is kept beside.

    Returns the lines of the journal and where the old ledger lies, None where there was none. The caller holds the
    home's lock. Raises `LedgerError` without a journal, `JournalDamaged`; nothing is changed then.
    """
    lines = path.parent / "raw" / "journal.jsonl"
    if not lines.exists():
        raise LedgerError(f"there is no journal at {lines}: restore raw/ from a backup of the home")
    fresh = path.with_name(".ledger-rebuilt.sqlite")
    _remove(fresh)
    with Ledger.open(fresh) as ledger:
        with ledger.transaction() as connection:
            replayed = journal.replay(connection, lines)
        ledger.rows("pragma wal_checkpoint(truncate)")
    old = None
    if path.exists():
        old = _unused(path.with_name(f"{path.name}.replaced-{datetime.now(UTC):%Y%m%dT%H%M%S}"))
        path.replace(old)
        for suffix in ("-wal", "-shm"):
            beside = path.with_name(path.name + suffix)
            if beside.exists():
                beside.replace(old.with_name(old.name + suffix))
    fresh.replace(path)
    _remove(fresh)
    return replayed, old


def differences(one: Path, other: Path) -> dict[str, tuple[int, int]]:
    """Tables whose rows differ between two ledgers, with their numbers of rows; empty when they are equal."""
    found = {}
    for table in (*journal.BY_ROW, "coverage", *journal.WHOLE):
        rows = [_rows(path, table) for path in (one, other)]
        if rows[0] != rows[1]:
            found[table] = (len(rows[0]), len(rows[1]))
    return found


def _rows(path: Path, table: str) -> list[tuple]:
    with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as connection:
        order = "1, 2, 3" if table == "coverage" else "rowid"
        return connection.execute(f"select * from {table} order by {order}").fetchall()


def _unused(path: Path) -> Path:
    """The path, or with a number behind it where an earlier ledger was replaced in the same second."""
    candidates = chain([path], (path.with_name(f"{path.name}.{n}") for n in count(2)))
    return next(p for p in candidates if not p.exists())


def _remove(path: Path) -> None:
    for suffix in ("", "-wal", "-shm"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)
