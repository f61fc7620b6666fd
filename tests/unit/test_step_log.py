"""One line per step with the same keys, and the night beside the nights before it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from orchestration.home import Home
from orchestration.ledger.ledger import Ledger
from orchestration.operations.stages import Night
from orchestration.operations.step_log import NIGHTS, usual
from tests.support import command
from tests.support.command import environment, vardlagret

KEYS = [
    "at", "nightly_id", "run_id", "kind", "step", "event", "outcome", "seconds", "rows", "usual_seconds", "usual_rows",
    "error",
]  # fmt: skip


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "home").create_or_open()


def night(home: Home, loaded: int, *, exit_code: int = 0, nothing_new: bool = False, kind: str = "nightly") -> None:
    with Ledger.open(home.ledger) as ledger:
        run_id = ledger.start_run(kind)
        with Night(home, ledger, run_id).stage("take_in") as detail:
            detail |= {"loaded": loaded, "attempted": 99}
        ledger.end_run(run_id, exit_code=exit_code, summary={"nothing_new": nothing_new})


def lines(home: Home) -> list[dict]:
    return [json.loads(line) for line in (home.logs / "steps.log").read_text().splitlines()]


def test_a_step_that_ends_and_one_that_fails_have_the_same_keys(
    home: Home, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture
) -> None:
    monkeypatch.setenv("VARDLAGRET_LOG", "json")
    night(home, 4)
    with Ledger.open(home.ledger) as ledger:
        run_id = ledger.start_run("nightly")
        with pytest.raises(RuntimeError), Night(home, ledger, run_id).stage("dbt"):
            raise RuntimeError("19121212-1212 is in row 3")
    found = lines(home)
    assert [list(line) for line in found] == [KEYS] * 4
    assert [(line["step"], line["event"], line["outcome"], line["rows"], line["error"]) for line in found] == [
        ("take_in", "begun", None, None, None),
        ("take_in", "ended", "done", 4, None),
        ("dbt", "begun", None, None, None),
        ("dbt", "ended", "failed", None, "RuntimeError"),
    ]
    assert "19121212" not in (home.logs / "steps.log").read_text(), "an error's own words may quote a row"


def test_text_is_one_line_with_every_key_and_another_format_is_a_mistake(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    night(home, 4)
    begun, ended = (home.logs / "steps.log").read_text().splitlines()
    for line in (begun, ended):
        assert [word.split("=")[0] for word in line.split(" ")] == KEYS
    assert " event=ended outcome=done " in ended
    assert " rows=4 usual_seconds=- " in ended
    monkeypatch.setenv("VARDLAGRET_LOG", "xml")
    with pytest.raises(ValueError, match="VARDLAGRET_LOG is xml: give one of text, json"):
        night(home, 4)


def test_usual_is_the_median_of_nights_that_ended_well_and_built_something(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VARDLAGRET_LOG", "json")
    for loaded in (1000, *range(1, 1 + NIGHTS)):
        night(home, loaded)
    night(home, 500, exit_code=4)
    night(home, 600, nothing_new=True)
    night(home, 700, kind="backfill")
    with Ledger.open(home.ledger) as ledger:
        assert usual(ledger)["take_in"].rows == 4, "the oldest is one too many"
        assert usual(ledger)["take_in"].nights == NIGHTS
    night(home, 70)
    assert (lines(home)[-1]["rows"], lines(home)[-1]["usual_rows"]) == (70, 4)


def test_the_first_night_is_compared_with_nothing(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VARDLAGRET_LOG", "json")
    with Ledger.open(home.ledger) as ledger:
        assert usual(ledger) == {}
    night(home, 4)
    assert (lines(home)[-1]["usual_seconds"], lines(home)[-1]["usual_rows"]) == (None, None)


def test_in_production_the_lines_stand_on_standard_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command, "environment", lambda: {**environment(), "VARDLAGRET_LOG": "json"})
    (tmp_path / "nothing").mkdir()
    done = vardlagret(tmp_path / "home", "ingest", tmp_path / "nothing")
    told = [json.loads(line) for line in done.stderr.splitlines() if line.startswith("{")]
    assert [list(line) for line in told] == [KEYS] * 2
    assert [(line["kind"], line["step"], line["event"], line["rows"]) for line in told] == [
        ("ingest", "take_in", "begun", None),
        ("ingest", "take_in", "ended", 0),
    ]
    monkeypatch.setattr(command, "environment", lambda: {**environment(), "VARDLAGRET_LOG": "xml"})
    assert "VARDLAGRET_LOG is xml" in vardlagret(tmp_path / "home", "status", expect=2).stderr
