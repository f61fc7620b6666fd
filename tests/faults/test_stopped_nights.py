"""A night that is asked to stop, and one whose own process alone is killed: no dbt outlives either, and the next goes on."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from pathlib import Path

import pytest

from orchestration.ledger.ledger import Ledger
from tests.faults.nights import Place
from tests.support.command import VARDLAGRET, answer, environment, vardlagret


@pytest.fixture(scope="module")
def home(example_deliveries: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny home whose deliveries are taken in; nothing is built."""
    place = Place(tmp_path_factory.mktemp("stopped"), example_deliveries)
    vardlagret(place.home.path, "ingest", place.root / "first")
    return place.home.path


def children(pid: int) -> dict[int, str]:
    """Processes below `pid`, with their commands."""
    found = {}
    # A process may end while it is looked at.
    with contextlib.suppress(FileNotFoundError, ProcessLookupError):
        for task in Path(f"/proc/{pid}/task").iterdir():
            for child in (task / "children").read_text().split():
                command = Path(f"/proc/{child}/cmdline").read_bytes().replace(b"\0", b" ").decode()
                found |= {int(child): command} | children(int(child))
    return found


def in_dbt(home: Path) -> tuple[subprocess.Popen, int]:
    """A night, and its dbt that is building."""
    command = [str(VARDLAGRET), "--home", str(home), "nightly"]
    night = subprocess.Popen(command, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    until = time.monotonic() + 120
    while time.monotonic() < until and night.poll() is None:
        for pid, command_line in children(night.pid).items():
            if "vardlagret-dbt" in command_line and " build " in command_line:
                return night, pid
        time.sleep(0.05)
    raise AssertionError(f"no dbt came: {night.communicate()}")


def gone(pid: int) -> bool:
    """Whether a process ends within seconds."""
    until = time.monotonic() + 30
    while time.monotonic() < until:
        try:
            if Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] == "Z":
                return True
        except FileNotFoundError:
            return True
        time.sleep(0.05)
    return False


def test_a_night_that_is_asked_to_stop_says_so_and_leaves_no_dbt(home: Path) -> None:
    night, dbt = in_dbt(home)
    time.sleep(1)
    night.send_signal(signal.SIGTERM)
    said, _ = night.communicate(timeout=60)
    assert night.returncode == 4, said
    assert "asked to stop (SIGTERM)" in said
    assert gone(dbt)
    with Ledger.open(home / "ledger.sqlite", read_only=True) as ledger:
        last = ledger.runs(limit=1)[0]
    assert (last.exit, last.ended_at is not None, last.summary["release"]) == (4, True, None)
    assert last.summary["next_command"] == f"vardlagret --home {home} nightly"
    assert not (home / "releases" / "latest.json").exists()


def test_dbt_dies_with_a_night_whose_own_process_alone_is_killed_and_the_next_night_is_whole(home: Path) -> None:
    night, dbt = in_dbt(home)
    time.sleep(1)
    os.kill(night.pid, signal.SIGKILL)
    night.communicate()
    assert gone(dbt)
    whole = answer(home, "nightly", expect=None)
    assert whole["exit"] in (0, 3), whole
    assert whole["release"]
    assert answer(home, "release", "verify")["ok"]
