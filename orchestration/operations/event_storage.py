"""Dagster's SQLite files while a night runs: each keeps its engine and its connection, an event costs no fsync, and the
events of an asset's months are written together.

Dagster makes an engine for each event, which learns its dialect and compiles its statements anew, opens, commits and
closes a connection. With each close the last connection to a file in WAL mode is gone, so SQLite copies the WAL back
and fsyncs, and each commit fsyncs too: a tiny night of 610 events spent 23 of its 79 seconds on that, and a backfill of
120 months half of the time that it spent outside dbt. What the home has done stands in the ledger, which is not
concerned; after a power cut the newest events of a run may be missing in Dagster, and the files are whole (SQLite's
`synchronous = normal` in WAL mode).

A batch of months has an event for each month of each model, before and after. Dagster hands them on in batches where
`DAGSTER_EVENT_BATCH_SIZE` says so, and its SQLite storage takes such a batch apart again: four statements and two
transactions an event. Here a batch is two transactions. What a kill takes of it is months of one model that Dagster
shows as begun and not ended, as it does where the kill comes before the first.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any

from sqlalchemy import Engine, QueuePool, event

if TYPE_CHECKING:
    from dagster import EventLogEntry

_MAKE_ENGINES = (
    "dagster._core.storage.event_log.sqlite.sqlite_event_log",
    "dagster._core.storage.runs.sqlite.sqlite_run_storage",
)
_BATCH_SIZE = "DAGSTER_EVENT_BATCH_SIZE"
_NEEDED = (
    "prepare_insert_event", "run_connection", "index_transaction", "_store_asset_event", "_store_asset_event_tags",
)  # fmt: skip
#: More than the months of all models in one batch of a backfill.
_TOGETHER = 2000


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
        with suppress(ImportError, AttributeError):
            stack.enter_context(_written_together(import_module(_MAKE_ENGINES[0]).SqliteEventLogStorage))
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


@contextmanager
def _written_together(storage: Any) -> Iterator[None]:
    """For the block, Dagster collects the events of an asset's partitions; its SQLite storage writes them at once."""
    its_own = "store_event_batch" in vars(storage) or _BATCH_SIZE in os.environ
    if its_own or not all(hasattr(storage, name) for name in _NEEDED):
        yield
        return
    storage.store_event_batch = _store_batch
    os.environ[_BATCH_SIZE] = str(_TOGETHER)
    try:
        yield
    finally:
        del os.environ[_BATCH_SIZE]
        del storage.store_event_batch


def _store_batch(storage: Any, events: Sequence[EventLogEntry]) -> None:
    """What `SqliteEventLogStorage.store_event` does for each event of an asset, in one transaction for each file.

    An asset's row holds its latest event of a kind: of several only the last is written there.
    """
    from dagster import DagsterEventType

    together = {DagsterEventType.ASSET_MATERIALIZATION, DagsterEventType.ASSET_MATERIALIZATION_PLANNED}
    of_assets = []
    for told in events:
        if told.is_dagster_event and told.dagster_event_type in together:
            of_assets.append(told)
        else:
            storage.store_event(told)
    statements = [storage.prepare_insert_event(e) for e in of_assets]
    for run_id in {e.run_id for e in of_assets}:
        with storage.run_connection(run_id) as connection:
            for told, statement in zip(of_assets, statements, strict=True):
                if told.run_id == run_id:
                    connection.execute(statement)
    with storage.index_transaction() as connection:
        ids = [connection.execute(statement).inserted_primary_key[0] for statement in statements]
        storage._store_asset_event_tags(connection, of_assets, ids)
        latest = {
            (e.get_dagster_event().asset_key, e.dagster_event_type): (e, number)
            for e, number in zip(of_assets, ids, strict=True)
        }
        for told, number in latest.values():
            storage._store_asset_event(connection, told, number)


def _seldom_fsynced(connection: Any, _: object) -> None:
    connection.execute("pragma synchronous = normal")
