"""The ledger's file: whole transactions, reports beside a writer, versions, and only moments that grow."""

from __future__ import annotations

import sqlite3
import stat
import subprocess
import sys
import time

import pytest

from orchestration.ledger.clock import now, now_after, seconds_between
from orchestration.ledger.file import BUSY_SECONDS
from orchestration.ledger.ledger import Ledger, LedgerError

WRITING = """
import sys, time
from pathlib import Path
from orchestration.ledger.ledger import Ledger
ledger = Ledger.open(Path(sys.argv[1]))
with ledger.transaction() as connection:
    connection.execute("update runs set stage = 'halfway'")
    print("writing", flush=True)
    time.sleep(60)
"""


def test_a_new_ledger_is_the_owners_and_survives_a_power_cut(tmp_path):
    with Ledger(tmp_path / "ledger.sqlite") as ledger:
        assert ledger.row("pragma journal_mode")[0] == "wal"
        assert ledger.row("pragma synchronous")[0] == 2
        assert ledger.row("pragma foreign_keys")[0] == 1
    assert stat.S_IMODE((tmp_path / "ledger.sqlite").stat().st_mode) == 0o600


def test_a_report_answers_while_another_process_writes_and_sees_only_what_is_committed(tmp_path):
    path = tmp_path / "ledger.sqlite"
    with Ledger(path) as ledger:
        run_id = ledger.start_run("nightly")
    process = subprocess.Popen([sys.executable, "-c", WRITING, str(path)], stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout.readline() == "writing\n"
        started = time.monotonic()
        with Ledger(path, read_only=True) as report:
            assert report.run(run_id).stage is None
        # Had it waited for the writer, it would have waited as long as SQLite does for a lock.
        assert time.monotonic() - started < BUSY_SECONDS / 2
    finally:
        process.kill()
        process.wait()
    with Ledger(path) as ledger:
        assert ledger.run(run_id).stage is None, "the killed transaction left nothing"
        ledger.enter_stage(run_id, "take_in")


def test_a_report_cannot_write_and_makes_no_ledger(tmp_path):
    with pytest.raises(LedgerError, match="nothing has been taken in yet"):
        Ledger.open(tmp_path / "none.sqlite", read_only=True)
    assert not (tmp_path / "none.sqlite").exists()
    Ledger(tmp_path / "ledger.sqlite").close()
    with Ledger(tmp_path / "ledger.sqlite", read_only=True) as report, pytest.raises(sqlite3.OperationalError):
        report.start_run("nightly")


def test_a_newer_schema_is_refused(tmp_path):
    path = tmp_path / "ledger.sqlite"
    Ledger(path).close()
    with sqlite3.connect(path) as connection:
        connection.execute("pragma user_version = 99")
    for read_only in (False, True):
        with pytest.raises(LedgerError, match="schema 99"):
            Ledger(path, read_only=read_only)


def test_a_failed_transaction_leaves_nothing(tmp_path):
    def write_half(ledger: Ledger) -> None:
        with ledger.transaction() as connection:
            connection.execute("update runs set stage = 'x'")
            connection.execute("update nonsense set stage = 'x'")

    with Ledger(tmp_path / "ledger.sqlite") as ledger:
        run_id = ledger.start_run("nightly")
        with pytest.raises(sqlite3.OperationalError, match="no such table"):
            write_half(ledger)
        assert ledger.run(run_id).stage is None
        ledger.enter_stage(run_id, "y")


def test_moments_grow_when_the_clock_stands_still_or_is_set_back():
    assert now_after("2999-12-31T23:59:59.999999+00:00") == "3000-01-01T00:00:00.000000+00:00"
    present = now()
    assert len(present) == 32
    assert now_after(None) >= present
    assert seconds_between("2024-01-01T00:00:00.000000+00:00", "2024-01-01T00:00:01.500000+00:00") == 1.5
    assert seconds_between("2024-01-01T00:00:01.000000+00:00", "2024-01-01T00:00:00.000000+00:00") == 0
