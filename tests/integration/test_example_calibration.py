"""The example country gives what it was made for: indicators computed from its files lie by their targets."""

from __future__ import annotations

import json
import re
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from orchestration.example.country import Country
from orchestration.example.places import REGION_CODES
from orchestration.example.register import targets
from orchestration.example.register.calibration import Row, as_table, calibrate
from orchestration.example.register.regional import RegionalTargets
from orchestration.example.register.scale import scale_of
from orchestration.example.write import write_example
from orchestration.settings import REPOSITORY
from tests.support.command import answer, vardlagret

INDICATORS = {"readmissions", "avoidable stays", "avoidable stays, men", "assessment in 3 days"}


def _calibrated(folder: Path, seed: int) -> list[Row]:
    write_example(folder, seed, scale=scale_of("small"))
    return calibrate(folder, seed, memory="1GB")


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_small_country_lies_within_three_standard_errors(seed: int, tmp_path: Path) -> None:
    rows = _calibrated(tmp_path / "example", seed)
    assert {(r.indicator, r.area, r.year) for r in rows} == {
        (i, area, year) for i in INDICATORS for area in ("00", "01", "12", "18") for year in (2022, 2023, 2024)
    }
    assert [r for r in rows if r.ok is False] == []
    # Örebro is silent for some months of 2022, so neither it nor the whole is judged that year.
    assert {(r.area, r.year) for r in rows if r.ok is None} == {("00", 2022), ("18", 2022)}
    assert all(abs(r.computed - r.target) <= 3 * r.standard_error for r in rows if r.ok)
    if seed == 1:
        page = (REPOSITORY / "docs" / "example-country.md").read_text("utf-8")
        assert as_table(rows, (2024,)) in page


@pytest.mark.parametrize(
    ("first", "last", "year", "indicators"),
    [("2013-01", "2014-12", 2013, INDICATORS - {"assessment in 3 days"}), ("2019-06", "2021-03", 2020, INDICATORS)],
)
def test_earlier_published_years_lie_within_three_standard_errors_too(
    first: str, last: str, year: int, indicators: set[str], tmp_path: Path
) -> None:
    write_example(tmp_path / "example", 1, scale=scale_of("small", first, last))
    rows = [r for r in calibrate(tmp_path / "example", 1, memory="1GB") if r.year == year]
    assert {r.indicator for r in rows} >= indicators
    assert {r.ok for r in rows if r.indicator in indicators} == {True}


def test_targets_of_the_nation_are_the_published_ones() -> None:
    assert (targets.READMISSION_NATION[2013], targets.READMISSION_NATION[2024]) == (10.0, 8.9)
    assert (targets.AVOIDABLE_NATION[2013], targets.AVOIDABLE_NATION[2024]) == (817, 562)
    assert (targets.ASSESSMENT_NATION[2020], targets.ASSESSMENT_NATION[2024]) == (81.0, 88.0)


def test_targets_of_regions_are_the_published_ones() -> None:
    aims = RegionalTargets(Country(1))
    assert aims.readmission("18", 2024) == pytest.approx(5.8)
    assert aims.readmission("12", 2024) == pytest.approx(11.8)
    assert aims.avoidable("18", 2024) == pytest.approx(407)
    assert aims.avoidable("01", 2024) == pytest.approx(761)
    assert aims.assessment("01", 2024) == pytest.approx(96)
    for year in (2013, 2017, 2024):
        for find, least, most in ((aims.readmission, "18", "12"), (aims.avoidable, "18", "01")):
            told = {r: find(r, year) for r in REGION_CODES}
            assert (min(told, key=told.__getitem__), max(told, key=told.__getitem__)) == (least, most)
        people = {r: aims.people(r, year)[:, targets.ADULT :].sum() for r in REGION_CODES}
        mean = sum(aims.avoidable(r, year) * people[r] for r in people) / sum(people.values())
        assert mean == pytest.approx(targets.AVOIDABLE_NATION[year])
    assert all(aims.avoidable(r, 2024) < aims.avoidable(r, 2017) for r in REGION_CODES)


@pytest.fixture(scope="module")
def country(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("country") / "example"
    write_example(folder, scale=scale_of("small"))
    return folder


def _spoilt(country: Path, tmp_path: Path, pattern: str, change: tuple[str, str]) -> dict[tuple[str, str, int], Row]:
    """The rows after a change to every line of the files that the pattern names."""
    folder = tmp_path / "example"
    shutil.copytree(country, folder)
    shutil.copy(country.with_name("example-key.json"), tmp_path / "example-key.json")
    files = list(folder.glob(pattern))
    assert files
    for path in files:
        text = path.read_text("utf-8")
        path.write_text(re.sub(change[0], change[1], text, flags=re.MULTILINE), "utf-8")
    return {(r.indicator, r.area, r.year): r for r in calibrate(folder, 1, memory="1GB")}


def test_files_that_say_something_else_are_found_out(country: Path, tmp_path: Path) -> None:
    # Every admission of Skåne from 2024 on planned: nothing there counts as a readmission.
    rows = _spoilt(country, tmp_path / "a", "register/PAR_VARDTILLFALLEN_12_2*", (r";2;(\d{8};[1-4])$", r";1;\1"))
    spoilt = rows["readmissions", "12", 2024]
    assert spoilt.ok is False
    assert spoilt.computed < 2
    assert rows["readmissions", "01", 2024].ok
    assert rows["avoidable stays", "12", 2024].ok
    # Heart failure coded as something else.
    rows = _spoilt(country, tmp_path / "b", "register/PAR_DIAGNOSER_01_*", (r";I50\d?;", ";I480;"))
    assert rows["avoidable stays", "01", 2024].ok is False
    assert rows["avoidable stays", "18", 2024].ok
    # Contacts performed on the day they were sought.
    rows = _spoilt(
        country, tmp_path / "c", "contacts/*_12_*",
        (r"^(\d+);([\d-]+);;([\d-]*);([\d-]*);[\d-]+;", r"\1;\2;;\3;\4;\2;"),
    )  # fmt: skip
    assert rows["assessment in 3 days", "12", 2024].ok is False
    assert rows["assessment in 3 days", "01", 2024].ok


def test_a_nation_is_drawn_and_sent_as_one(tmp_path: Path) -> None:
    """A twentieth of the national example: all regions, private providers, corrections, a layout that changes."""
    scale = replace(scale_of("national", "2022-01"), sample=20, stays_a_year=40_000, contacts_a_year=40_000)
    report = write_example(tmp_path / "example", 5, scale=scale)
    assert report.registers
    names = sorted(p.name for p in (tmp_path / "example" / "register").iterdir())
    assert {n.split("_")[1] for n in names} == {"VARDTILLFALLEN", "DIAGNOSER"}
    assert {n.split("_")[2] for n in names} >= {*REGION_CODES, "01801-301", "05801-301"}
    skane = [n for n in names if n.startswith("PAR_VARDTILLFALLEN_12_")]
    assert "PAR_VARDTILLFALLEN_12_2023-06_2023-05_2023-05_synthetic.txt" in skane
    # The correction of May, sent with August's delivery.
    assert "PAR_VARDTILLFALLEN_12_2023-09_2023-05_2023-05_synthetic.txt" in skane
    assert "PAR_VARDTILLFALLEN_12_2023-09_2023-08_2023-08_synthetic.txt" in skane
    assert len(skane) == 36 + 1
    assert len([n for n in names if n.startswith("PAR_VARDTILLFALLEN_23_")]) == 36 - 2
    assert len(list((tmp_path / "example" / "contacts").iterdir())) == 21 * 12 - 2
    kinds = {p["kind"] for p in json.loads(report.key_path.read_text())["patterns"]}
    assert kinds == {
        "late_correction", "withdrawn", "stops_reporting", "planned_missing", "main_missing", "volume_spike",
    }  # fmt: skip
    rows = calibrate(tmp_path / "example", 5, memory="1GB")
    # At a twentieth, the nation is judged as a nation and may lie outside by chance; its regions may not.
    regions = [r for r in rows if r.area != "00"]
    assert len({r.area for r in regions}) == 21
    assert [r for r in regions if r.ok is False and abs(r.computed - r.target) > 4 * r.standard_error] == []
    assert sum(r.ok is False for r in regions) <= 0.02 * len(regions)


def test_the_command_writes_and_tells(tmp_path: Path) -> None:
    told = answer(
        tmp_path / "home", "example", tmp_path / "d", "--from", "2024-01", "--resend", "1", "--seed", "4",
        "--calibration",
    )  # fmt: skip
    assert told["registers"]["scale"] == "small"
    assert told["registers"]["files"] == sum(
        p.is_file() for f in ("register", "contacts") for p in (tmp_path / "d" / f).iterdir()
    )
    assert {r["year"] for r in told["calibration"]} == {2024}
    done = vardlagret(tmp_path / "home", "example", tmp_path / "d", "--from", "2024-01", "--resend", "2", expect=2)
    assert "1 or 3 times" in done.stderr
    shown = vardlagret(tmp_path / "home", "example", tmp_path / "e", "--from", "2024-07", "--scale", "small")
    assert "register files" in shown.stdout + shown.stderr


def test_the_table_says_what_is_not_judged() -> None:
    row = Row("readmissions", "18", 2022, 6, 102, 5.88, 5.87, 2.33, None)
    assert "| readmissions | 18 | 2022 | 5.88 | 5.87 | 2.33 | 6 | 102 | not judged" in as_table([row])
    assert "**no**" in as_table([replace(row, ok=False)])
    assert as_table([row], years=(2023,)).count("\n") == 1
