"""While a night runs, Dagster's SQLite files stay open: no copy back of the WAL, no fsync and no engine per event."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from dagster import (
    BackfillPolicy,
    DagsterEventType,
    DagsterInstance,
    EventRecordsFilter,
    MonthlyPartitionsDefinition,
    asset,
    materialize,
)
from dagster._core.storage.event_log.sqlite import sqlite_event_log

from orchestration.operations import event_storage
from orchestration.operations.event_storage import kept_open

RUN = "8b1f9d4e-0000-4000-8000-000000000000"


def storage(folder: Path) -> Any:
    return DagsterInstance.local_temp(str(folder)).event_log_storage


def write(events: Any) -> tuple[int, int | None]:
    """Use a connection, as Dagster does for each event; the pragma `synchronous` of it, and the WAL's inode after it."""
    with events.run_connection(RUN) as connection:
        connection.exec_driver_sql("create table if not exists numbers (number integer)")
        connection.exec_driver_sql("insert into numbers values (1)")
        synchronous = int(connection.exec_driver_sql("pragma synchronous").scalar_one())
    wal = Path(events.path_for_shard(RUN) + "-wal")
    return synchronous, wal.stat().st_ino if wal.exists() else None


@pytest.fixture
def engines(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The files that engines were made for, one entry each time."""
    made: list[str] = []
    make = sqlite_event_log.create_engine
    monkeypatch.setattr(sqlite_event_log, "create_engine", lambda url, **more: (made.append(url), make(url, **more))[1])
    return made


def test_a_file_stays_open_and_is_whole_afterwards(tmp_path: Path, engines: list[str]) -> None:
    with kept_open():
        events = storage(tmp_path)
        _, *kept = [write(events) for _ in range(5)]
        assert {synchronous for synchronous, _ in kept} == {1}
        assert len({inode for _, inode in kept}) == 1
        assert kept[0][1] is not None
    assert len(engines) == len(set(engines)), "one for each file"
    assert not Path(events.path_for_shard(RUN) + "-wal").exists(), "copied back when the block ended"

    with events.run_connection(RUN) as connection:
        assert connection.exec_driver_sql("select count(*) from numbers").scalar_one() == 5
    before = len(engines)
    assert [write(events) for _ in range(2)] == [(2, None)] * 2, "outside the block Dagster does as it always did"
    assert len(engines) == before + 2


MONTHS = MonthlyPartitionsDefinition(start_date="2020-01-01")


@asset(partitions_def=MONTHS, backfill_policy=BackfillPolicy.single_run())
def stays() -> None: ...


@asset(partitions_def=MONTHS, backfill_policy=BackfillPolicy.single_run())
def broken() -> None:
    raise ValueError("nothing is built")


def told_by(folder: Path) -> dict[str, Any]:
    """What Dagster says of two assets over three months, one of which fails: events, assets' rows, partition status."""
    folder.mkdir()
    with DagsterInstance.local_temp(str(folder)) as instance:
        tags = {"dagster/asset_partition_range_start": "2020-01-01", "dagster/asset_partition_range_end": "2020-03-01"}
        run = materialize([stays, broken], instance=instance, tags=tags, raise_on_error=False)
        assert not run.success
        kinds = (DagsterEventType.ASSET_MATERIALIZATION, DagsterEventType.ASSET_MATERIALIZATION_PLANNED)
        events = [
            (kind.value, key.to_user_string(), e.partition_key)
            for key in (stays.key, broken.key)
            for kind in kinds
            for e in instance.get_event_records(EventRecordsFilter(kind, asset_key=key), limit=100)
        ]
        of_run = [(e.dagster_event_type, e.get_dagster_event().asset_key, e.get_dagster_event().partition)
                  for e in instance.all_logs(run.run_id, of_type=set(kinds))]  # fmt: skip
        materialized = {k.to_user_string(): instance.get_materialized_partitions(k) for k in (stays.key, broken.key)}
        last = instance.get_latest_materialization_event(stays.key)
        assert last is not None
        attempts = (
            instance.event_log_storage.get_latest_asset_partition_materialization_attempts_without_materializations
        )
        return {
            "events": sorted(events), "of_run": sorted(of_run, key=str), "materialized": materialized,
            "last": last.get_dagster_event().partition,
            "attempts": {k.to_user_string(): sorted(attempts(k)) for k in (stays.key, broken.key)},
        }  # fmt: skip


def test_what_is_written_together_is_what_dagster_writes_one_by_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    alone = told_by(tmp_path / "alone")
    batches: list[int] = []
    store = event_storage._store_batch
    monkeypatch.setattr(
        event_storage, "_store_batch", lambda s, events: (batches.append(len(events)), store(s, events))
    )
    with kept_open():
        together = told_by(tmp_path / "together")
    assert together == alone
    assert together["materialized"] == {"stays": {"2020-01-01", "2020-02-01", "2020-03-01"}, "broken": set()}
    assert together["attempts"]["broken"] == ["2020-01-01", "2020-02-01", "2020-03-01"]
    assert batches == [6, 3], "what is planned, then what the asset that did not fail has built"
    assert "store_event_batch" not in vars(sqlite_event_log.SqliteEventLogStorage)
    assert "DAGSTER_EVENT_BATCH_SIZE" not in os.environ


def test_what_was_not_committed_is_not_there(tmp_path: Path) -> None:
    with kept_open():
        events = storage(tmp_path)
        write(events)

        def broken() -> None:
            with events.run_connection(RUN) as connection:
                connection.exec_driver_sql("insert into numbers values (2)")
                raise ValueError("broken")

        with pytest.raises(ValueError, match="broken"):
            broken()
        with events.run_connection(RUN) as connection:
            assert connection.exec_driver_sql("select number from numbers").scalars().all() == [1]
