"""Months built by a run that somebody starts in Dagster itself: done, failed and killed, as Dagster and the ledger say."""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
import sys
from pathlib import Path

import dagster as dg
import pytest

from orchestration.ledger.ledger import Ledger, Run
from orchestration.settings import REPOSITORY
from tests.e2e.test_backfill import batches, monthly_tables, until_building
from tests.support.built import Built
from tests.support.command import answer, environment
from tests.support.in_dagster import shown
from tests.support.runbook import blocks

FACT = "fct_wait_times"
MONTHS = ("2024-02", "2024-03")
BESIDE = ("2024-01", "2024-04")


@pytest.fixture(scope="module")
def home(example_home: Built, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return example_home.copy(tmp_path_factory.mktemp("by-hand") / "home")


def started(home: Path) -> subprocess.Popen[str]:
    """Two months of the fact's monthly assets, by the command of `docs/backfills.md`."""
    page = (REPOSITORY / "docs" / "backfills.md").read_text(encoding="utf-8")
    (line,) = [c for block in blocks(page) for c in block if c.startswith("dagster asset materialize")]
    command = [Path(sys.executable).with_name("dagster"), *shlex.split(line)[1:]]
    variables = {**environment(), "VARDLAGRET_HOME": str(home), "DAGSTER_HOME": str(home / "dagster")}
    return subprocess.Popen(
        list(map(str, command)), cwd=REPOSITORY, env=variables, start_new_session=True, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip


def newest(home: Path) -> tuple[Run, dg.DagsterRun, dict[str, str]]:
    """The ledger's newest run, Dagster's, and the outcome of each of the fact's months in the ledger."""
    with Ledger.open(home / "ledger.sqlite", read_only=True) as ledger:
        run, states = ledger.runs(limit=1)[0], ledger.month_states()
    with dg.DagsterInstance.from_config(str(home / "dagster")) as instance:
        own = instance.get_runs(limit=1)[0]
    return run, own, {m: states[FACT, m].outcome for m in (*BESIDE, *MONTHS)}


ALL_BUILT = dict.fromkeys((*BESIDE, *MONTHS), "built")
TWO_FAILED = ALL_BUILT | dict.fromkeys(MONTHS, "failed")


def test_a_range_of_months_is_one_batch_under_the_run_s_own_name(home: Path) -> None:
    before, known = monthly_tables(home), len(batches(home))
    run = started(home)
    said, _ = run.communicate(timeout=300)
    assert run.returncode == 0, said
    mine, own, months = newest(home)
    assert own.status == dg.DagsterRunStatus.SUCCESS
    assert (mine.run_id, mine.kind, mine.exit) == (f"dagster-{own.run_id[:8]}", "dagster", 0)
    assert [(b["first"], b["last"], b["outcome"]) for b in batches(home)[known:]] == [(*MONTHS, "built")]
    assert months == ALL_BUILT
    assert {shown(home, FACT, m) == {"MATERIALIZED"} for m in MONTHS} == {True}
    assert monthly_tables(home) == before


def test_a_run_that_fails_is_told_as_failed_and_its_months_are_due(home: Path) -> None:
    with Ledger.open(home / "ledger.sqlite", read_only=True) as ledger:
        cells = next(
            d.cells_path
            for c in ledger.current_deliveries()
            if c.source_id == "wait_contacts" and MONTHS[0] in c.period_keys
            for d in [ledger.delivery(c.delivery_sha256)]
            if d and d.cells_path
        )
    file = (
        next((home / "cells" / cells).rglob("*.parquet"))
        if (home / "cells" / cells).is_dir()
        else home / "cells" / cells
    )
    whole = file.read_bytes()
    file.write_bytes(b"no parquet")
    run = started(home)
    said, _ = run.communicate(timeout=300)
    file.write_bytes(whole)
    assert run.returncode != 0, said
    mine, own, months = newest(home)
    assert own.status == dg.DagsterRunStatus.FAILURE
    assert (mine.kind, mine.exit) == ("dagster", 4)
    assert months == TWO_FAILED
    assert {"FAILED"} <= shown(home, FACT, MONTHS[0])
    assert shown(home, FACT, BESIDE[0]) == {"MATERIALIZED"}
    told = answer(home, "status", expect=1)
    assert (told["publish"]["state"], told["publish"]["light"]) == ("no", "red")
    assert told["run"] is None
    assert "run_failed" in {i["code"] for i in told["incidents"]}


def test_a_killed_run_is_closed_by_the_watch_in_dagster_too_and_the_months_are_built_again(home: Path) -> None:
    known = len(batches(home))
    run = started(home)
    until_building(home, run, known + 1)
    held = answer(home, "backfill", "plan")["blocked_by"]
    os.killpg(run.pid, signal.SIGKILL)
    run.communicate()
    assert held is not None
    assert held["who"] == "dagster"
    assert newest(home)[1].status == dg.DagsterRunStatus.STARTED

    found = answer(home, "watch")
    mine, own, months = newest(home)
    assert found["closed_runs"] == [mine.run_id] == [f"dagster-{own.run_id[:8]}"]
    assert "run_stuck" in {i["code"] for i in found["incidents"]}
    assert own.status == dg.DagsterRunStatus.FAILURE
    assert months == TWO_FAILED
    assert "FAILED" in shown(home, FACT, MONTHS[0])

    again = answer(home, "backfill", "run")
    assert again["exit"] == 0
    assert newest(home)[2] == ALL_BUILT
    assert {shown(home, FACT, m) == {"MATERIALIZED"} for m in MONTHS} == {True}
    assert "no month" not in str(again["batches"])
