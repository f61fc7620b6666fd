"""Dagster's SQLite files while a night runs: one connection to each stays open, and an event costs no fsync.

Dagster opens, commits and closes a connection per event. With each close the last connection to a file in WAL mode is
gone, so SQLite copies the WAL back and fsyncs, and each commit fsyncs too: a tiny night of 610 events spent 23 of its
79 seconds on that. What the home has done stands in the ledger, which is not concerned; after a power cut the newest
events of a run may be missing in Dagster, and the files are whole (SQLite's `synchronous = normal` in WAL mode).
"""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def kept_open(folder: Path) -> Iterator[None]:
    """For the block, keep every SQLite file below the folder open that SQLAlchemy connects to, and fsync it seldom."""
    from sqlalchemy import event
    from sqlalchemy.engine import Engine

    root = folder.resolve()
    kept: dict[str, sqlite3.Connection] = {}

    def connected(connection: object, _: object) -> None:
        if not isinstance(connection, sqlite3.Connection):
            return
        path = connection.execute("pragma database_list").fetchall()[0][2]
        if not path or not Path(path).resolve().is_relative_to(root):
            return
        connection.execute("pragma synchronous = normal")
        if path not in kept:
            kept[path] = sqlite3.connect(path, check_same_thread=False)
        # Only what was read in WAL mode holds the WAL, and a new file is turned to that mode after it was connected to.
        kept[path].execute("select count(*) from sqlite_master").fetchall()

    event.listen(Engine, "connect", connected)
    try:
        yield
    finally:
        event.remove(Engine, "connect", connected)
        for connection in kept.values():
            with contextlib.suppress(sqlite3.Error):
                connection.close()
