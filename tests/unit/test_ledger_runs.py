"""Runs and stages: bookkeeping, and what a death leaves behind."""

from __future__ import annotations

import subprocess
import sys

import pytest

from orchestration.ledger.ledger import Ledger

DYING = """
import os, signal, sys
from pathlib import Path
from orchestration.ledger.ledger import Ledger
ledger = Ledger.open(Path(sys.argv[1]))
run_id = ledger.start_run("nightly", "night-1")
ledger.enter_stage(run_id, "take_in"); ledger.leave_stage(run_id, "take_in", "done", {"loaded": 3})
ledger.enter_stage(run_id, "dbt")
print(run_id, flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.fixture
def ledger(tmp_path) -> Ledger:
    return Ledger(tmp_path / "ledger.sqlite")


def test_a_run_from_start_to_end(ledger):
    run_id = ledger.start_run("nightly", "night-7")
    assert [r.run_id for r in ledger.open_runs()] == [run_id]
    assert ledger.open_runs()[0].pid_alive is True
    ledger.enter_stage(run_id, "take_in")
    ledger.leave_stage(run_id, "take_in", "done", {"loaded": 2})
    ledger.enter_stage(run_id, "release")
    ledger.leave_stage(run_id, "release", "failed", {"error": "x"})
    ledger.end_run(run_id, exit_code=4, fingerprint="f", release=None, summary={"received": 2})
    run = ledger.run(run_id)
    assert (run.nightly_id, run.stage, run.exit, run.summary) == ("night-7", "release", 4, {"received": 2})
    assert run.ended_at >= run.started_at
    stages = ledger.stages_of(run_id)
    assert [(s["name"], s["outcome"], s["detail"]) for s in stages] == [
        ("take_in", "done", {"loaded": 2}),
        ("release", "failed", {"error": "x"}),
    ]
    assert all(s["seconds"] >= 0 for s in stages)
    assert ledger.open_runs() == []


def test_a_killed_run_is_closed_its_stage_kept_and_the_living_left_open(ledger):
    mine = ledger.start_run("nightly")
    killed = subprocess.run([sys.executable, "-c", DYING, str(ledger.path)], stdout=subprocess.PIPE, text=True)
    assert killed.returncode == -9
    dead_id = killed.stdout.strip()
    assert [r.run_id for r in ledger.open_runs() if not r.pid_alive] == [dead_id]
    assert [r.run_id for r in ledger.close_dead_runs()] == [dead_id]
    dead = ledger.run(dead_id)
    assert (dead.exit, dead.stage) == (-9, "dbt")
    assert dead.ended_at is not None
    assert [(s["name"], s["outcome"]) for s in ledger.stages_of(dead_id)] == [("take_in", "done"), ("dbt", "killed")]
    assert ledger.close_dead_runs() == []
    assert [r.run_id for r in ledger.open_runs()] == [mine]


def test_a_process_number_used_again_does_not_keep_a_dead_run_open(ledger):
    run_id = ledger.start_run("nightly")
    with ledger.transaction() as connection:
        connection.execute("update runs set born = 'another boot:1'")
    assert [r.run_id for r in ledger.close_dead_runs()] == [run_id]


def test_a_run_of_another_host_is_not_judged(ledger):
    run_id = ledger.start_run("nightly")
    with ledger.transaction() as connection:
        connection.execute("update runs set host = 'elsewhere', pid = 1")
    assert ledger.close_dead_runs() == []
    assert ledger.run(run_id).pid_alive is None


def test_joining_opens_a_run_once(ledger):
    ledger.join_run("dagster-1", kind="dagster")
    ledger.join_run("dagster-1", kind="dagster")
    ledger.enter_stage("dagster-1", "dbt")
    ledger.end_run("dagster-1", exit_code=0)
    ledger.join_run("dagster-1", kind="dagster")
    assert [r.run_id for r in ledger.open_runs()] == ["dagster-1"]


def test_what_is_built_is_known_only_after_a_run_that_finished(ledger):
    def night(exit_code: int, fingerprint: str | None, kind: str = "nightly") -> None:
        ledger.end_run(ledger.start_run(kind), exit_code=exit_code, fingerprint=fingerprint)

    assert ledger.last_good_fingerprint() is None
    night(0, "one")
    night(3, "two")
    assert ledger.last_good_fingerprint() == "two"
    night(0, None, "ingest")
    assert ledger.last_good_fingerprint() == "two", "an ingest builds nothing"
    night(4, None)
    assert ledger.last_good_fingerprint() is None, "a failed night may have left the warehouse half rebuilt"
    night(0, "three")
    ledger.start_run("nightly")
    assert ledger.last_good_fingerprint() == "three", "the run that asks is still open"


def test_quiet_nights_and_single_files_hide_no_earlier_night(ledger):
    """Two months of nights with nothing new, a failed one among them, and a day of files taken in one by one."""

    def done(kind: str, exit_code: int = 0, fingerprint: str | None = None, *, nothing_new: bool = False) -> str:
        run_id = ledger.start_run(kind)
        ledger.end_run(run_id, exit_code=exit_code, fingerprint=fingerprint, summary={"nothing_new": nothing_new})
        return run_id

    built = [done("nightly", fingerprint=f"f{number}") for number in range(3)]
    failed = done("nightly", 4)
    for number in range(60):
        done("nightly", nothing_new=True)
        done("ingest")
        done("backfill", fingerprint=f"b{number}")
    found = ledger.builds()
    assert [r.run_id for r in found if r.kind == "nightly" and r.built] == built[::-1]
    assert {r.kind for r in found} == {"nightly", "backfill"}
    assert [r.kind for r in found[:2]] == ["backfill", "nightly"], "newest first"
    assert sum(r.kind == "backfill" for r in found) == 50
    assert failed not in {r.run_id for r in found}, "a failure before fifty better nights is history"


def test_a_stage_of_no_run_is_an_error(ledger):
    with pytest.raises(KeyError, match="not in the ledger"):
        ledger.enter_stage("none", "dbt")
    run_id = ledger.start_run("nightly")
    with pytest.raises(KeyError, match="not in stage dbt"):
        ledger.leave_stage(run_id, "dbt", "done")
