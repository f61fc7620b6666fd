"""A night that is asked to stop while dbt builds, and one that is killed then: the next goes on."""

from __future__ import annotations

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


def in_dbt(home: Path, said: str = "OK created") -> subprocess.Popen:
    """A night whose dbt is at work: by now its log says this, or that a table was built."""
    log = home / "logs" / "dbt" / "dbt.log"
    log.unlink(missing_ok=True)
    command = [str(VARDLAGRET), "--home", str(home), "nightly"]
    night = subprocess.Popen(command, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    until = time.monotonic() + 120
    while time.monotonic() < until and night.poll() is None:
        if log.exists() and said in log.read_text("utf-8", errors="replace"):
            return night
        time.sleep(0.05)
    raise AssertionError(f"no dbt came: {night.communicate()}")


def test_a_night_that_is_asked_to_stop_while_dbt_reads_its_project_says_so(home: Path) -> None:
    """On the first night, before Dagster runs anything."""
    assert not (home / "dagster" / "dbt_target" / "manifest.json").exists()
    night = in_dbt(home, said="Running with dbt")
    night.send_signal(signal.SIGTERM)
    said, _ = night.communicate(timeout=60)
    assert night.returncode == 4, said
    assert "asked to stop (SIGTERM)" in said
    assert not (home / "dagster" / "dbt_target" / "project.sha256").exists()


def test_a_night_that_is_asked_to_stop_in_dbt_says_so_and_builds_no_more(home: Path) -> None:
    night = in_dbt(home)
    night.send_signal(signal.SIGTERM)
    said, _ = night.communicate(timeout=60)
    assert night.returncode == 4, said
    assert "asked to stop (SIGTERM)" in said
    dbt = (home / "logs" / "dbt" / "dbt.log").read_text("utf-8")
    assert "Completed successfully" not in dbt
    assert 0 < dbt.count("OK created") < 60, "about a hundred tables and views were due"
    with Ledger.open(home / "ledger.sqlite", read_only=True) as ledger:
        last = ledger.runs(limit=1)[0]
    assert (last.exit, last.ended_at is not None, last.summary["release"]) == (4, True, None)
    assert last.summary["next_command"] == f"vardlagret --home {home} nightly"
    assert not (home / "releases" / "latest.json").exists()


def test_a_night_killed_in_dbt_lets_go_of_the_warehouse_and_the_next_night_is_whole(home: Path) -> None:
    night = in_dbt(home)
    os.kill(night.pid, signal.SIGKILL)
    night.communicate()
    whole = answer(home, "nightly", expect=None)
    assert whole["exit"] in (0, 3), whole
    assert whole["release"]
    assert answer(home, "release", "verify")["ok"]
