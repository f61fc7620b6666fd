"""Over a failed check, back, and held: through the commands, on a home that a night has built."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import replace
from pathlib import Path

from orchestration.ledger.ledger import Ledger
from orchestration.ledger.verdict import Finding
from tests.support.built import Built
from tests.support.command import answer, latest, vardlagret

WHO = ("--by", "Anna Ek", "--reason", "the owner has confirmed")


def let_fail(home: Path) -> None:
    """The latest verdicts once more, with one that a critical check failed: as the night would have written them."""
    finding = Finding("rate_range", "critical", "failed", "too many", 1, (("sos_staff", "2016"),))
    with Ledger.open(home / "ledger.sqlite") as ledger:
        verdicts = ledger.latest_verdicts()
        ledger.add_verdicts("judged-again", [
            replace(v, outcome="failed", findings=(*v.findings, finding)) if v.dataset == "fct_staffing" else v
            for v in verdicts
        ])  # fmt: skip


def test_status_tells_the_months_of_a_fact_that_a_run_did_not_finish(example_home: Built, tmp_path: Path) -> None:
    home = example_home.copy(tmp_path / "home")
    with sqlite3.connect(home / "ledger.sqlite") as connection:
        connection.execute(
            "update windows set outcome = 'failed' where dataset = 'fct_wait_times' and month in ('2023-04', '2023-05')"
        )
    facts = {f["fact"]: f for f in answer(home, "status")["facts"]}
    assert facts["fct_wait_times"]["failed"] == ["2023-04", "2023-05"]
    assert facts["fct_readmissions"]["failed"] == []
    assert "; failed: 2023-04, 2023-05" in vardlagret(home, "status").stdout


def test_a_failed_check_is_published_over_and_the_release_taken_back(example_home: Built, tmp_path: Path) -> None:
    home = example_home.copy(tmp_path / "home")
    first = latest(home)
    said = vardlagret(home, "release", "publish", "--accept", "rate_range", *WHO, expect=1).stderr
    assert "0 failed checks are called rate_range" in said
    let_fail(home)
    assert (
        "those that failed: fct_staffing.rate_range"
        in vardlagret(home, "release", "publish", "--accept", "row_count", *WHO, expect=1).stderr
    )
    vardlagret(home, "release", "hold", "--by", "Bo", "--reason", "wait for the owner")

    done = answer(home, "release", "publish", "--accept", "fct_staffing.rate_range", *WHO, expect=3)
    made = latest(home)["release"]
    assert (done["release"], done["accepted"], done["error"]) == (made, "fct_staffing.rate_range", None)
    (entry,) = answer(home, "release", "show")["withheld"]
    assert (entry["name"], entry["period"], entry["action"]) == ("fct_staffing", "2016", "accepted")
    assert entry["reason_en"].endswith("Anna Ek: the owner has confirmed")
    run = json.loads((home / "releases" / made / "provenance.json").read_text())["run"]
    assert [(a["by"], a["expectation"]) for a in run["accepted"]] == [("Anna Ek", "rate_range")]
    assert [(h["by"], h["reason"], h["lifted_by"]) for h in run["holds"]] == [("Bo", "wait for the owner", "Anna Ek")]
    assert answer(home, "release", "diff")["counts"] == {}, "what failed is published as it is"

    back = answer(home, "release", "withdraw", *WHO)
    assert (back["withdrawn"], back["restored_from"], back["held"]) == (made, first["release"], True)
    assert latest(home)["content_sha256"] == first["content_sha256"]
    listed = {r["id"]: r for r in answer(home, "release", "list")["releases"]}
    assert listed[made]["withdrawn"]["note"] == "the owner has confirmed"
    assert listed[back["release"]]["restored_from"] == first["release"]
    assert answer(home, "release", "verify")["ok"]
    status = answer(home, "status")
    assert (status["publish"]["state"], status["publish"]["light"]) == ("no", "amber")
    assert f"release {made} was withdrawn" in status["publish"]["reason"]
    assert "was withdrawn" in vardlagret(home, "release", "restore", made, *WHO, expect=1).stderr
    assert answer(home, "release", "publish", *WHO)["held"] is False
