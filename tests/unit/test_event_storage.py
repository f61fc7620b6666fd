"""While a night runs, Dagster's SQLite files stay open: no copy back of the WAL, no fsync and no engine per event."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from dagster import DagsterInstance
from dagster._core.storage.event_log.sqlite import sqlite_event_log

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
