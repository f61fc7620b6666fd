"""What the machine refused is told from what went wrong otherwise, and names the next step; who goes first on it."""

from __future__ import annotations

import errno
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from orchestration.operations.machine import machine_fault

HOME = Path("/srv/home")


def chained(cause: BaseException) -> BaseException:
    error = RuntimeError("the step failed")
    error.__cause__ = cause
    return error


@pytest.mark.parametrize(
    ("error", "says", "next_step"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), "is full", "gc"),
        (OSError(errno.EDQUOT, "Disk quota exceeded", "/srv/home/raw/x"), "is full", "gc"),
        (sqlite3.OperationalError("database or disk is full"), "is full", "gc"),
        (RuntimeError('dbt: IO Error: Could not write file "w.duckdb": No space left on device'), "is full", "gc"),
        (OSError(errno.EROFS, "Read-only file system", "/srv/home/raw/x"), "cannot be written", "doctor"),
        (PermissionError(errno.EACCES, "Permission denied", "/srv/home/releases/.building-1"), "cannot be", "doctor"),
        (RuntimeError('Cannot open file "/srv/home/warehouse.duckdb": Permission denied'), "cannot be", "doctor"),
        (sqlite3.OperationalError("attempt to write a readonly database"), "cannot be written", "doctor"),
        (OSError(errno.EIO, "Input/output error"), "fails", "journalctl"),
        (sqlite3.OperationalError("disk I/O error"), "fails", "journalctl"),
    ],
)
def test_it_is_told_also_when_it_lies_behind_another_error(error: BaseException, says: str, next_step: str) -> None:
    for shown in (error, chained(error)):
        told = machine_fault(shown, HOME)
        assert told is not None
        assert says in told
        assert next_step in told
        assert "/srv/home" in told
        assert told.endswith("then run the same command again; nothing half done is left")


def test_a_full_disk_explains_a_database_that_cannot_be_opened() -> None:
    error = sqlite3.OperationalError("unable to open database file")
    error.__context__ = OSError(errno.ENOSPC, "No space left on device")
    told = machine_fault(error, HOME)
    assert told is not None
    assert "is full" in told


@pytest.mark.parametrize(
    "error",
    [
        ValueError("a table has other columns"),
        FileNotFoundError(errno.ENOENT, "No such file or directory", "/srv/home/raw/x"),
        # A delivery that may not be read says nothing of the home.
        PermissionError(errno.EACCES, "Permission denied", "/mnt/share/delivery.csv"),
        RuntimeError("[Errno 13] Permission denied: '/mnt/share/delivery.csv'"),
        sqlite3.OperationalError("no such table: runs"),
    ],
)
def test_what_else_goes_wrong_keeps_its_own_words(error: BaseException) -> None:
    assert machine_fault(error, HOME) is None


@pytest.mark.parametrize(("before", "after"), [(0, 10), (15, 15)])
def test_a_run_gives_way_once_and_so_does_what_it_starts(before: int, after: int) -> None:
    own = "import os; from orchestration.operations.machine import give_way; give_way(); give_way(); "
    child = "import subprocess, sys; print(subprocess.check_output([sys.executable, '-c', 'import os; print(os.nice(0))'], text=True))"
    command = ["nice", "-n", str(before), sys.executable, "-c", own + child]
    found = subprocess.run(command, capture_output=True, text=True, check=True)
    assert int(found.stdout) == after
