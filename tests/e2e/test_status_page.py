"""The status page that a whole night leaves behind, against the files that were delivered and against `status --json`."""

from __future__ import annotations

import re
from pathlib import Path

from orchestration.warehouse.windows import months_between
from tests.support.built import Built
from tests.support.command import answer


def states(home: Path, source: str) -> dict[str, dict[str, str]]:
    """Region and month to state, as `status --json` tells them."""
    (found,) = [s for s in answer(home, "status", expect=None)["months"] if s["source_id"] == source]
    return {r["region"]: r["states"] for r in found["regions"]}


def test_the_matrix_says_what_the_files_say(example_home: Built, example_deliveries: Path) -> None:
    sent: dict[str, set[str]] = {}
    for file in (example_deliveries / "contacts").glob("vantetider_kontakter_*.csv"):
        _, region, month = re.fullmatch(r"(\D+)_(\d\d)_(\d{4}-\d\d)_synthetic\.csv", file.name).groups()
        sent.setdefault(region, set()).add(month)
    told = states(example_home.home, "wait_contacts")
    assert set(told) == set(sent)
    for region, months in sent.items():
        by_file = {m: "final" if m in months else "missing" for m in months_between(min(months), max(months))}
        assert told[region] == by_file
    register = states(example_home.home, "patient_register")
    # The last sending covers 2024-12: the follow-up of three months and their two later sendings are to come.
    assert {m for region in register.values() for m, s in region.items() if s == "provisional"} == {
        "2024-10", "2024-11", "2024-12"
    }  # fmt: skip
    facts = {f["fact"]: f for f in answer(example_home.home, "status")["facts"]}
    gaps = sorted({m for region in told.values() for m, s in region.items() if s == "missing"})
    assert facts["fct_wait_times"]["missing"] == gaps != []


def test_the_night_wrote_the_page_and_it_says_what_the_command_says(example_home: Built) -> None:
    page = (example_home.home / "status.html").read_text(encoding="utf-8")
    told = answer(example_home.home, "status")
    assert (example_home.home / "status.html").stat().st_mode & 0o777 == 0o644
    assert told["publish"]["state"] == "yes"
    assert "Ja, nattens siffror är publicerade." in page
    assert f"Release {told['release']['id']} is out." in page
    assert "SYNTETISKA" in page
    for source in told["sources"]:
        assert f'<th scope="row">{source["source_id"]}</th>' in page
    cells = [state for s in told["months"] for r in s["regions"] for state in r["states"].values()]
    for state in set(cells):
        assert page.count(f'class="c m-{state}" title=') == cells.count(state)
    (run, *_) = told["nights"]["runs"]
    assert run["records"] == sum(o["records_raw"] for o in told["quarantine"]) > 100_000
    assert {s["name"] for s in told["nights"]["stages"]} >= {"take_in", "dbt", "checks", "release"}
