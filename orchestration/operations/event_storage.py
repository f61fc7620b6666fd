"""Dagster's SQLite files while a night runs: each keeps its engine and its connection, and an event costs no fsync.

Dagster makes an engine for each event, which learns its dialect and compiles its statements anew, opens, commits and
closes a connection. With each close the last connection to a file in WAL mode is gone, so SQLite copies the WAL back
and fsyncs, and each commit fsyncs too: a tiny night of 610 events spent 23 of its 79 seconds on that, and a backfill of
120 months half of the time that it spent outside dbt. What the home has done stands in the ledger, which is not
concerned; after a power cut the newest events of a run may be missing in Dagster, and the files are whole (SQLite's
`synchronous = normal` in WAL mode).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from importlib import import_module
from types import ModuleType
from typing import Any

from sqlalchemy import Engine, QueuePool, event

_MAKE_ENGINES = (
    "dagster._core.storage.event_log.sqlite.sqlite_event_log",
    "dagster._core.storage.runs.sqlite.sqlite_run_storage",
)


class _Kept(QueuePool):
    """A pool that keeps its connection though its engine is told to let go of it, until the block ends."""

    def dispose(self) -> None:
        """Nothing: Dagster calls this after each event."""

    def recreate(self) -> _Kept:
        return self

    def end(self) -> None:
        super().dispose()


@contextmanager
def kept_open() -> Iterator[None]:
    """For the block, let Dagster's SQLite storages use one engine and one connection to each of their files."""
    with ExitStack() as stack:
        for name in _MAKE_ENGINES:
            # Dagster's inside (docs/decisions/0005): where another version has it otherwise, nights are only slower.
            with suppress(ImportError):
                stack.enter_context(_one_engine_each(import_module(name)))
        yield


@contextmanager
def _one_engine_each(module: ModuleType) -> Iterator[None]:
    make: Any = vars(module).get("create_engine")
    if make is None:
        yield
        return
    made: dict[str, Engine] = {}

    def reused(url: str, **options: Any) -> Engine:
        if url not in made:
            engine = make(url, **{**options, "poolclass": _Kept, "pool_size": 1})
            event.listen(engine, "connect", _seldom_fsynced)
            made[url] = engine
        return made[url]

    vars(module)["create_engine"] = reused
    try:
        yield
    finally:
        vars(module)["create_engine"] = make
        for engine in made.values():
            if isinstance(engine.pool, _Kept):
                engine.pool.end()


def _seldom_fsynced(connection: Any, _: object) -> None:
    connection.execute("pragma synchronous = normal")
