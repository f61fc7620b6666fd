"""The lock on a home: one holder, named to others, gone with its process."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time

import pytest

from orchestration.home import Home
from orchestration.ledger.lock import HomeLocked, hold, holder

HOLDING = """
import sys, time
from pathlib import Path
from orchestration.home import Home
from orchestration.ledger.lock import hold
with hold(Home(Path(sys.argv[1])), run_id="run-1", who="nightly", wait_seconds=0):
    print("held", flush=True)
    time.sleep(float(sys.argv[2]))
"""


@pytest.fixture
def home(tmp_path) -> Home:
    return Home(tmp_path).create_or_open()


def other(home: Home, seconds: float) -> subprocess.Popen:
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDING, str(home.path), str(seconds)], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    return process


def test_the_holder_is_named_while_it_holds(home):
    assert holder(home) is None
    with hold(home, "run-7", "ingest", 0) as mine:
        assert holder(home) == mine
        assert (mine.pid, mine.run_id, mine.who) == (os.getpid(), "run-7", "ingest")
    assert holder(home) is None


def test_a_second_process_is_refused_and_told_by_whom(home):
    process = other(home, 60)
    try:
        with pytest.raises(HomeLocked) as locked, hold(home, "run-2", "ingest", 0):
            pytest.fail("held twice")
        assert locked.value.holder is not None
        assert (locked.value.holder.pid, locked.value.holder.run_id) == (process.pid, "run-1")
        assert "run-1" in str(locked.value)
        assert "--wait" in str(locked.value)
        assert holder(home) == locked.value.holder, "looking does not disturb"
    finally:
        process.kill()
        process.wait()


def test_the_same_process_cannot_hold_it_twice(home):
    with hold(home, "a", "nightly", 0), pytest.raises(HomeLocked), hold(home, "b", "nightly", 0):
        pytest.fail("held twice")


def test_waiting_gets_it_when_the_other_ends(home):
    process = other(home, 0.5)
    with hold(home, "run-2", "ingest", wait_seconds=20):
        assert process.wait(10) == 0
        assert holder(home).run_id == "run-2"


def test_a_killed_holder_leaves_no_lock_and_its_note_is_ignored(home):
    process = other(home, 60)
    process.send_signal(signal.SIGKILL)
    deadline = time.monotonic() + 10
    while holder(home) is not None and time.monotonic() < deadline:
        time.sleep(0.01)  # not reaped yet: a zombie holds nothing
    assert holder(home) is None
    process.wait()
    assert (home.path / "home.lock.json").exists(), "the note is still there, and not believed"
    with hold(home, "run-2", "nightly", 0):
        assert holder(home).run_id == "run-2"


def test_a_note_of_a_process_number_used_again_is_ignored(home):
    note = {"pid": os.getpid(), "host": os.uname().nodename, "run_id": "old", "since": "x", "who": "nightly"}
    (home.path / "home.lock.json").write_text(json.dumps({**note, "born": "another boot:1"}))
    assert holder(home) is None
    (home.path / "home.lock.json").write_text("{")
    assert holder(home) is None


def test_an_error_inside_gives_the_home_back(home):
    with pytest.raises(ValueError, match="inside"), hold(home, "a", "nightly", 0):
        raise ValueError("inside")
    with hold(home, "b", "nightly", 0):
        pass
