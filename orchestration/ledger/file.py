"""The ledger's file: SQLite in WAL mode, opened, brought to the current schema, written in whole transactions.

WAL lets reports read while a run writes; `synchronous=FULL` makes a committed receipt survive a power cut.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from orchestration.ledger import journal

SCHEMA_VERSION = 5
SCHEMA = Path(__file__).with_name("schema.sql")
BUSY_SECONDS = 30.0


class LedgerError(Exception):
    """A ledger that cannot be opened: names the file, what is wrong, and the next step."""


class LedgerFile:
    """One connection to the ledger. Read-only for reports: it answers while another process writes."""

    def __init__(self, path: Path, *, read_only: bool = False) -> None:
        """Open, and create unless read-only. Raises `LedgerError` when absent (read-only) or of a newer schema."""
        self.path = path
        self._read_only = read_only
        self._lock = threading.RLock()
        if read_only and not path.exists():
            raise LedgerError(
                f"there is no ledger at {path}: nothing has been taken in yet; start with `ingest` or `nightly`"
            )
        if not read_only:
            path.touch(mode=0o600, exist_ok=True)
        mode = "ro" if read_only else "rw"
        self._connection = sqlite3.connect(
            f"{path.resolve().as_uri()}?mode={mode}",
            uri=True,
            timeout=BUSY_SECONDS,
            isolation_level=None,
            check_same_thread=False,
        )
        self._connection.row_factory = sqlite3.Row
        try:
            self._connection.execute("pragma foreign_keys = on")
            if not read_only:
                self._connection.execute("pragma journal_mode = wal")
                self._connection.execute("pragma synchronous = full")
                self._create()
            self._check_version(read_only)
            if not read_only:
                # What a kill left unkept.
                self.keep()
        except BaseException:
            self._connection.close()
            raise

    @classmethod
    def open(cls, path: Path, *, read_only: bool = False) -> Self:
        return cls(path, read_only=read_only)

    @property
    def journal(self) -> Path:
        """Where every change of the ledger stands once more: in the raw store, beside what it vouches for."""
        raw = self.path.parent / "raw"
        return (raw if raw.is_dir() else self.path.parent) / "journal.jsonl"

    def keep(self) -> None:
        """Make the changes so far durable in the journal. Called at the end of what belongs together."""
        with self.transaction() as connection:
            journal.write(connection, self.journal)

    def close(self) -> None:
        """Keep what is not kept yet, and close."""
        try:
            if not self._read_only:
                self.keep()
        finally:
            self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """All of the block's writes, durable at its end, or none. Blocks do not nest."""
        with self._lock:
            self._connection.execute("begin immediate")
            try:
                yield self._connection
                self._connection.execute("commit")
            except BaseException:
                if self._connection.in_transaction:
                    self._connection.execute("rollback")
                raise

    def rows(self, query: str, parameters: tuple[Any, ...] | dict[str, Any] = ()) -> list[sqlite3.Row]:
        """All rows of a query, as they stand at one moment."""
        with self._lock:
            return self._connection.execute(query, parameters).fetchall()

    def row(self, query: str, parameters: tuple[Any, ...] | dict[str, Any] = ()) -> sqlite3.Row | None:
        found = self.rows(query, parameters)
        return found[0] if found else None

    def _create(self) -> None:
        if self._version() != 0:
            return
        with self.transaction() as connection:
            if self._version() == 0:
                for statement in (*statements(SCHEMA.read_text(encoding="utf-8")), *journal.triggers()):
                    connection.execute(statement)
                connection.execute(f"pragma user_version = {SCHEMA_VERSION}")

    def _version(self) -> int:
        return int(self._connection.execute("pragma user_version").fetchone()[0])

    def _check_version(self, read_only: bool) -> None:
        version = self._version()
        if version > SCHEMA_VERSION:
            raise LedgerError(
                f"{self.path} has schema {version}, this version of vardlagret knows up to {SCHEMA_VERSION}: "
                "install the version that wrote it, or a newer one"
            )
        if 0 < version < SCHEMA_VERSION:
            raise LedgerError(
                f"{self.path} has schema {version}, this version of vardlagret writes {SCHEMA_VERSION}: run "
                f"`vardlagret --home {self.path.parent} doctor --migrate` (with --dry-run to see what it would do)"
            )
        if version == 0 and read_only:
            raise LedgerError(f"{self.path} is empty: nothing has been taken in yet; start with `ingest` or `nightly`")


def statements(script: str) -> Iterator[str]:
    """The script's statements one by one: `executescript` would commit the transaction around it."""
    pending = ""
    for line in script.splitlines(keepends=True):
        pending += line
        if sqlite3.complete_statement(pending):
            yield pending
            pending = ""
