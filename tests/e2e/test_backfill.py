"""Corrected months, through the command: planned, built, published; cut short and gone on with; equal to a full build."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import duckdb
import pytest

from orchestration.warehouse.monthly import Manifest
from orchestration.warehouse.windows import Window
from tests.e2e.test_status_page import states
from tests.support.built import Built
from tests.support.command import VARDLAGRET, answer, environment, latest, vardlagret
from tests.support.corrections_of_months import resend
from tests.support.in_dagster import shown

MARCH = Window("2024-03", "2024-03")
# The follow-up of 30 days: 31 January + 30 days = 1 March 2024.
WITH_FOLLOW_UP = ("2024-01", "2024-03")
PLANNED = {WITH_FOLLOW_UP}
MODELS = {
    "int_avoidable__stays", "int_episodes__joined", "int_episodes__spells", "int_readmissions__monthly",
    "int_stays__monthly", "int_stays__stays", "stg_patient_register__compulsory_care",
    "stg_patient_register__diagnoses", "stg_patient_register__external_causes", "stg_patient_register__procedures",
    "stg_patient_register__stays_2013", "stg_patient_register__stays_2024",
}  # fmt: skip


def monthly_tables(home: Path) -> dict[str, tuple[int, int]]:
    """Rows and a hash of every monthly table, whatever the order of its rows."""
    manifest = Manifest.read(home / "dagster" / "dbt_target" / "manifest.json")
    found = {}
    with duckdb.connect(str(home / "warehouse.duckdb"), read_only=True) as connection:
        for node in sorted(manifest.monthly):
            table = f"{manifest.nodes[node]['schema']}.{manifest.nodes[node]['alias']}"
            columns = ", ".join(row[0] for row in connection.execute(f"describe {table}").fetchall())
            found[table] = connection.execute(
                f"select count(*), coalesce(sum(hash({columns})::hugeint), 0) from {table}"
            ).fetchone()
    return found


def batches(home: Path) -> list[dict[str, Any]]:
    with closing(sqlite3.connect(f"file:{home / 'ledger.sqlite'}?mode=ro", uri=True)) as connection:
        connection.row_factory = sqlite3.Row
        return [dict(row) for row in connection.execute("select * from batches order by started_at, rowid")]


def until_building(home: Path, process: subprocess.Popen, batch: int) -> None:
    """Wait until this process has begun the home's batch of this number, counted from all that the ledger holds."""
    until = time.monotonic() + 400
    while len(batches(home)) < batch:
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < until
        time.sleep(0.05)


def windows(plan: dict[str, Any]) -> set[tuple[str, str]]:
    return {(w["from"], w["to"]) for w in plan["windows"]}


@pytest.fixture(scope="module")
def corrected(example_home: Built, example_deliveries: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home in which one stay of March 2024 was corrected, taken in and not built yet."""
    folder = tmp_path_factory.mktemp("backfill")
    home = example_home.copy(folder / "home")
    files = resend(example_deliveries / "register", folder / "march", "12", "2025-06", MARCH, "discharge_mode")
    vardlagret(home, "ingest", *files)
    return home


def test_the_whole_country_was_one_full_build(example_home: Built) -> None:
    (only,) = batches(example_home.home)
    assert (only["last"], only["outcome"]) == ("2024-12", "built")
    assert only["months"] >= 36
    assert windows(answer(example_home.home, "backfill", "plan")) == set()


def test_a_corrected_month_is_planned_with_its_follow_up_and_no_other(corrected: Path) -> None:
    before = batches(corrected)
    plan = answer(corrected, "backfill", "plan")
    assert windows(plan) == PLANNED
    reasons = {r["code"]: r for w in plan["windows"] for r in w["reasons"]}
    assert set(reasons) == {"revision", "look_ahead"}
    assert "2024-03_2024-03" in reasons["revision"]["detail"]
    assert len(reasons["revision"]["delivery_sha256"]) == 64
    assert set(plan["models"]) == MODELS
    assert set(plan["indicators"]) >= {"readmissions_register_30d", "avoidable_stays_register"}
    assert not {i for i in plan["indicators"] if "assessment" in i or "_90d_" in i or "cost" in i}
    assert plan["estimate_seconds"] > 0
    assert plan["estimate_from_runs"] == 1
    assert plan["blocked_by"] is None
    assert batches(corrected) == before, "a plan changes nothing"
    told = states(corrected, "patient_register")
    assert {m for m, s in told["12"].items() if s == "arrived"} == {"2024-03"}
    assert "arrived" not in {*told["01"].values(), *told["18"].values()}


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (["--from", "2023-05", "--to", "2023-06", "--source", "patient_register"], {("2023-05", "2023-06")}),
        (["--from", "2024-03", "--to", "2024-03", "--source", "patient_register"], PLANNED),
        (["--only", "stale"], PLANNED),
        (["--only", "failed"], set()),
        (["--only", "missing"], set()),
        (["--source", "patient_register"], PLANNED),
        (["--source", "skr_costs"], set()),
    ],
)
def test_a_plan_is_narrowed_to_what_is_asked_for(
    corrected: Path, options: list[str], expected: set[tuple[str, str]]
) -> None:
    assert windows(answer(corrected, "backfill", "plan", *options)) == expected


@pytest.mark.parametrize(
    "options",
    [["--from", "2024-13"], ["--from", "march"], ["--from", "2024-03", "--to", "2024-02"], ["--source", "nobody"],
     ["--only", "old"]],
)  # fmt: skip
def test_a_mistaken_option_is_a_mistake_in_the_command(corrected: Path, options: list[str]) -> None:
    vardlagret(corrected, "backfill", "plan", *options, expect=2)


def test_only_those_months_are_built(corrected: Path, tmp_path: Path) -> None:
    """That they are what a full build makes of them is held by the models' own tests and by `test_backfill_orders.py`."""
    before = len(batches(corrected))
    log = corrected / "logs" / "dbt" / "dbt.log"
    log.unlink(missing_ok=True)
    done = answer(corrected, "backfill", "run")
    said = log.read_text(encoding="utf-8")
    assert said.count("OK created sql incremental model") > len(PLANNED)
    assert said.count("artial parsing") == 1, "dbt reads its project once for all windows"
    assert done["exit"] == 0
    assert {(b["first"], b["last"], b["outcome"]) for b in batches(corrected)[before:]} == {
        (*w, "built") for w in PLANNED
    }
    assert {(b["from"], b["to"]) for b in done["batches"]} == PLANNED
    assert windows(answer(corrected, "backfill", "plan")) == set()

    # The same rows sent once more: no month is built anew, only their origin is new.
    again = resend(corrected.parent / "march", tmp_path / "again", "12", "2025-07", MARCH, "none")
    vardlagret(corrected, "ingest", *again)
    plan = answer(corrected, "backfill", "plan")
    assert plan["windows"] == []
    assert {m for p in plan["provenance"] for m in p["months"]} == {"2024-03"}
    vardlagret(corrected, "nightly")
    assert {b["kind"] for b in batches(corrected)[before + len(PLANNED) :]} == {"provenance"}
    assert vardlagret(corrected, "reconcile")
    vardlagret(corrected, "doctor", "--rebuild-ledger")
    assert windows(answer(corrected, "backfill", "plan")) == set(), "the journal knows what was built"


def test_a_backfill_that_is_killed_goes_on_where_it_was(corrected: Path, tmp_path: Path) -> None:
    """36 months in batches of 24: killed while the second is built, found by the watch, begun again, equal to before."""
    before = (monthly_tables(corrected), latest(corrected)["content_sha256"])
    known = len(batches(corrected))
    process = subprocess.Popen(
        [str(VARDLAGRET), "--home", str(corrected), "backfill", "run", "--from", "2022-01", "--to", "2024-12",
         "--source", "patient_register"],
        env=environment(), start_new_session=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    until_building(corrected, process, known + 2)
    held = answer(corrected, "backfill", "plan")["blocked_by"]
    assert held is not None
    assert (held["pid"], held["who"]) == (process.pid, "backfill")
    assert vardlagret(corrected, "backfill", "run", "--wait", "0", expect=5).stderr.count("backfill") >= 1
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()

    found = answer(corrected, "watch")
    assert [i["code"] for i in found["incidents"] if i["code"].startswith("run_")] == ["run_stuck"]
    assert len(found["closed_runs"]) == 1
    told = states(corrected, "patient_register")["12"]
    assert {m[:4] for m, state in told.items() if state == "failed"} == {"2024"}
    assert 'class="c m-failed" title=' in (corrected / "status.html").read_text(encoding="utf-8")
    assert "FAILED" in shown(corrected, "fct_readmissions", "2024-06")
    assert shown(corrected, "fct_readmissions", "2023-06") == {"MATERIALIZED"}
    plan = answer(corrected, "backfill", "plan")
    assert plan["blocked_by"] is None
    assert windows(plan) == {("2024-01", "2024-12")}, "the first batch is built, the second is not"
    answer(corrected, "backfill", "run")
    cleared = answer(corrected, "watch")["cleared"]
    assert [i.partition(":")[0] for i in cleared] == ["run_stuck"]
    assert "failed" not in states(corrected, "patient_register")["12"].values()
    assert shown(corrected, "fct_readmissions", "2024-06") == {"MATERIALIZED"}
    built = [(b["first"], b["last"], b["outcome"]) for b in batches(corrected)[known:]]
    assert built == [
        ("2022-01", "2023-12", "built"), ("2024-01", "2024-12", "killed"), ("2024-01", "2024-12", "built"),
    ]  # fmt: skip
    assert (monthly_tables(corrected), latest(corrected)["content_sha256"]) == before
