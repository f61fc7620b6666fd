"""What is wrong on purpose in the example country's months is found, and little else: through the command."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from orchestration.example.register.scale import scale_of
from orchestration.example.write import write_example
from orchestration.warehouse.windows import months_between
from tests.support.built import Built
from tests.support.command import answer, vardlagret

#: What a signal is raised for where a pattern lasts: its every month, or where it begins.
EVERY_MONTH = {"stops_reporting", "volume_spike", "late_correction", "withdrawn"}


@pytest.fixture(scope="module")
def patterns(tmp_path_factory: pytest.TempPathFactory) -> list[dict]:
    """The key of the example that the built home has taken in."""
    report = write_example(tmp_path_factory.mktemp("key") / "example", scale=scale_of("small"))
    return json.loads(report.key_path.read_text("utf-8"))["patterns"]


def test_the_planted_patterns_are_found_with_few_false_alarms(example_home: Built, patterns: list[dict]) -> None:
    told = answer(example_home.home, "delivery", "signals")["signals"]
    assert {p["kind"] for p in patterns} == EVERY_MONTH | {"planned_missing"}
    lines = {(s["source_id"], s["signal"], s["reporter"], s["month"]) for s in told}
    planted = {
        (p["register"], p["kind"], p["region"], month)
        for p in patterns
        for month in months_between(p["first"], p["last"])
    }
    due = {
        (p["register"], p["kind"], p["region"], month)
        for p in patterns
        for month in (months_between(p["first"], p["last"]) if p["kind"] in EVERY_MONTH else [p["first"]])
    }
    assert due - lines == set()
    # Three regions' months over three years: seven questions of the stays, four of the contacts.
    asked = (7 + 4) * 3 * 36
    assert len(lines - planted) <= 0.01 * asked, sorted(lines - planted)


def test_signals_of_one_source_since_a_month(example_home: Built) -> None:
    told = answer(example_home.home, "delivery", "signals", "--source", "wait_contacts", "--since", "2023-01")[
        "signals"
    ]
    assert [(s["signal"], s["reporter"], s["month"]) for s in told] == [("volume_spike", "12", "2023-04")]
    assert told[0]["observed_percent"] > 150
    shown = vardlagret(example_home.home, "delivery", "signals", "--source", "wait_contacts")
    assert "volume_spike" in shown.stdout
    assert "far more records than usual" in shown.stdout


def test_before_a_night_the_command_says_what_to_do(example_home: Built, tmp_path: Path) -> None:
    home = example_home.copy(tmp_path / "home")
    (home / "warehouse.duckdb").unlink()
    shutil.rmtree(home / "releases", ignore_errors=True)
    done = vardlagret(home, "delivery", "signals", expect=1)
    assert "vardlagret nightly" in done.stderr
