"""Quarantine for the engineer: a file for the owner, and another try after something was mended."""

from __future__ import annotations

import csv
from pathlib import Path

from tests.support.built import Built
from tests.support.command import answer, vardlagret


def test_the_export_names_place_text_rule_and_what_was_expected(example_home: Built, tmp_path: Path) -> None:
    target = tmp_path / "to_owner.csv"
    vardlagret(example_home.home, "quarantine", "export", target, "--source", "varden_i_siffror")
    with target.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert {r["rule"] for r in rows} == {"R_PERIOD", "R_MISSING_MARKER", "R_CONFLICT"}
    marker = next(r for r in rows if r["rule"] == "R_MISSING_MARKER")
    assert (marker["column"], marker["text"]) == ("Värde", "..")
    assert "decimal ','" in marker["expected"]
    assert "'UNK'" in marker["expected"]
    assert int(marker["line"]) > 1
    vardlagret(example_home.home, "quarantine", "export", target, "--source", "skr_costs")
    with target.open(encoding="utf-8-sig", newline="") as file:
        (area,) = [r for r in csv.DictReader(file) if r["rule"] == "R_AREA"]
    assert (area["column"], area["text"]) == ("Region", "Mälardalen"), "the owner's own heading"
    assert "an area that existed then" in area["expected"]


def test_an_undeclared_source_is_an_error_that_names_the_declared_ones(example_home: Built, tmp_path: Path) -> None:
    done = vardlagret(example_home.home, "quarantine", "export", tmp_path / "x.csv", "--source", "nobody", expect=1)
    assert "no source nobody" in done.stderr
    assert "skr_costs" in done.stderr


def test_retry_says_what_is_released_and_what_stays(example_home: Built, tmp_path: Path) -> None:
    home = example_home.copy(tmp_path / "home")
    before = answer(home, "quarantine", "list")["totals"]
    empty = tmp_path / "synthetic_nothing.csv"
    empty.touch()
    vardlagret(home, "ingest", empty, expect=None)
    again = answer(home, "quarantine", "retry")
    assert [(f["file"], f["outcome"], f["code"]) for f in again["files"]] == [(empty.name, "refused", "F_EMPTY")]
    assert again["records"]["released"] == {}
    assert sum(again["records"]["still_refused"].values()) == before["quarantined"]
    assert again["release"] is None


def test_show_of_an_unknown_delivery_is_a_clear_error(example_home: Built) -> None:
    done = vardlagret(example_home.home, "quarantine", "show", "ffffffffffff", expect=1)
    assert "quarantine list" in done.stderr
