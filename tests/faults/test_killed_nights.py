"""`kill -9` in every stage of a night, and then the night again: what is published equals an undisturbed night's."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from pathlib import Path

from orchestration.ledger.file import LedgerError
from orchestration.ledger.ledger import Ledger
from tests.support.built import Built
from tests.support.command import VARDLAGRET, answer, environment, latest

STAGES = ("take_in", "declare", "plan", "dbt", "reconcile", "indicators", "checks", "release")
# How long after its stage has begun a run is killed: inside dbt's models, inside the release's files.
AFTER = {"dbt": 5.0, "checks": 2.0, "release": 0.2}


def stage_of(home: Path) -> str | None:
    """The stage that the open run is in, as the ledger says."""
    try:
        with Ledger.open(home / "ledger.sqlite", read_only=True) as ledger:
            runs = ledger.open_runs()
            return runs[-1].stage if runs else None
    except (LedgerError, OSError):
        return None


def kill_in(home: Path, folder: Path, stage: str) -> str:
    """Start a night and kill it, with all its children, once it is in this stage. Returns the stage it died in."""
    command = [str(VARDLAGRET), "--home", str(home), "nightly", "--deliveries", str(folder)]
    process = subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment(), start_new_session=True
    )
    try:
        while process.poll() is None and (seen := stage_of(home)) != stage:
            if seen and STAGES.index(seen) > STAGES.index(stage):
                break
            time.sleep(0.005)
        time.sleep(AFTER.get(stage, 0))
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    with Ledger.open(home / "ledger.sqlite", read_only=True) as ledger:
        died = ledger.open_runs()
        return died[-1].stage or "none" if died else "ended"


def test_a_night_killed_in_each_stage_and_run_again_equals_an_undisturbed_one(
    example_home: Built, example_deliveries: Path, tmp_path: Path
) -> None:
    home = tmp_path / "home"
    struck = []
    for stage in ("take_in", "dbt", "checks", "release"):
        struck.append(kill_in(home, example_deliveries, stage))
        assert not (home / "releases" / "latest.json").exists() or stage == "release"
    assert "ended" not in struck[:3]
    assert {"dbt", "checks"} <= set(struck)
    night = answer(home, "nightly", "--deliveries", example_deliveries)
    assert night["exit"] == 0
    assert latest(home)["content_sha256"] == latest(example_home.home)["content_sha256"]
    assert answer(home, "release", "verify")["ok"]
    assert answer(home, "quarantine", "list")["totals"] == answer(example_home.home, "quarantine", "list")["totals"]
