"""While a night runs, Dagster's SQLite files stay open: no copy back of the WAL and no fsync with every event."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.pool import NullPool

from orchestration.operations.event_storage import kept_open


def write(path: Path, times: int) -> list[int | None]:
    """A connection per write, as Dagster does; returns the WAL's inode after each, None where it was copied back."""
    found: list[int | None] = []
    for number in range(times):
        engine = sa.create_engine(f"sqlite:///{path}", poolclass=NullPool)
        with engine.begin() as connection:
            connection.exec_driver_sql("pragma journal_mode = wal")
            connection.exec_driver_sql("create table if not exists events (number integer)")
            connection.exec_driver_sql(f"insert into events values ({number})")
        wal = path.with_name(f"{path.name}-wal")
        found.append(wal.stat().st_ino if wal.exists() else None)
    return found


def synchronous(path: Path) -> int:
    with sa.create_engine(f"sqlite:///{path}", poolclass=NullPool).connect() as connection:
        return int(connection.exec_driver_sql("pragma synchronous").scalar_one())


def test_a_file_below_the_folder_stays_open_and_is_whole_afterwards(tmp_path: Path) -> None:
    inside, outside = tmp_path / "dagster" / "history.db", tmp_path / "other.db"
    inside.parent.mkdir()
    with kept_open(inside.parent):
        # The first connection finds a new file, which is turned to WAL mode only after it was connected to.
        _, *kept = write(inside, 5)
        assert len(set(kept)) == 1
        assert kept[0] is not None
        assert synchronous(inside) == 1
        assert write(outside, 3) == [None] * 3
        assert synchronous(outside) == 2
    assert not inside.with_name("history.db-wal").exists()
    with sa.create_engine(f"sqlite:///{inside}", poolclass=NullPool).connect() as connection:
        assert connection.exec_driver_sql("select count(*) from events").scalar_one() == 5
    assert write(inside, 2) == [None, None]
    assert synchronous(inside) == 2
