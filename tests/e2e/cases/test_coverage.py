"""A provider that stops sending, and a hole in a region's months: through the command, on the files of a synthetic country."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import duckdb
import pytest

from tests.support.built import Built
from tests.support.command import answer, vardlagret

#: Sendings of region 12 that tell of January 2024, and of nothing that no other sending tells of.
OF_JANUARY = ("2024-02", "2024-03", "2024-04")


@pytest.fixture(scope="module")
def sent(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two years of three regions. 01 stops after its sending of July 2024, its private provider goes on."""
    base = tmp_path_factory.mktemp("silent")
    vardlagret(base / "none", "example", base / "whole", "--seed", "77", "--from", "2023-01", "--to", "2024-12")
    (base / "later").mkdir()
    for name in ("register", "scb", "geography"):
        shutil.copytree(base / "whole" / name, base / "sent" / name)
    for path in (base / "sent" / "register").glob("PAR_*"):
        _, _, provider, sending = path.name.split("_")[:4]
        if provider == "01" and sending[:7] > "2024-07":
            path.unlink()
        elif provider == "12" and sending[:7] in OF_JANUARY:
            path.rename(base / "later" / path.name)
    return base


@pytest.fixture(scope="module")
def first(sent: Path) -> Built:
    vardlagret(sent / "home", "nightly", "--deliveries", sent / "sent", expect=None)
    return Built(Built(sent / "home").copy(sent / "first"))


@pytest.fixture(scope="module")
def second(first: Built, sent: Path) -> Built:
    """The night after, when January of region 12 has come."""
    vardlagret(sent / "home", "nightly", "--deliveries", sent / "later", expect=None)
    return Built(sent / "home")


def readmissions(home: Built, method: str) -> dict[tuple[str, str], tuple[Any, ...]]:
    """By region and year: readmissions, index stays and flags of both sexes."""
    with duckdb.connect(str(home.warehouse), read_only=True) as con:
        rows = con.execute(
            "select area_code, period, numerator, denominator, value_flags from marts.fct_readmissions "
            "where method_code = ? and measure = 'readmission_percent' and sex = 'total' and area_level <> 'municipality'",
            [method],
        ).fetchall()
    return {(area, period): tuple(rest) for area, period, *rest in rows}


def published(home: Built, indicator: str) -> dict[tuple[str, str], tuple[Any, ...]]:
    with duckdb.connect(str(home.warehouse), read_only=True) as con:
        rows = con.execute(
            "select area_code, period, value_flags, quality_grade from published.indicator_values "
            "where indicator_id = ? and sex = 'total'",
            [indicator],
        ).fetchall()
    return {(area, period): tuple(rest) for area, period, *rest in rows}


@pytest.mark.parametrize("indicator", ["avoidable_stays_register", "readmissions_register_30d"])
def test_a_county_that_stops_is_not_stood_in_for_by_its_private_provider(first: Built, indicator: str) -> None:
    values = published(first, indicator)
    for area in ("01", "00"):
        flags, grade = values[area, "2024"]
        assert "partial_coverage" in flags.split("|")
        assert grade == "C"
    assert values["01", "2023"] == ("derived", "B")
    assert "partial_coverage" not in values["18", "2024"][0]


def test_stays_before_the_hole_are_not_followed_and_the_year_is_not_final(first: Built) -> None:
    counted = readmissions(first, "all_cause")
    for area in ("12", "00"):
        assert {"partial_coverage", "provisional"} <= set(counted[area, "2023"][2].split("|"))
    assert counted["18", "2023"][2] == "derived"
    with duckdb.connect(str(first.warehouse), read_only=True) as con:
        reasons = dict(
            con.execute(
                "select strftime(index_month, '%Y-%m'), sum(stay_count) from intermediate.int_readmissions__monthly "
                "where method_code = 'all_cause' and residence_region = '12' and exclusion_reason = 'incomplete_follow_up' "
                "group by 1"
            ).fetchall()
        )
    assert reasons["2023-12"] > 0
    assert "2023-11" not in reasons


def test_stays_of_the_year_before_the_hole_are_whole(first: Built) -> None:
    """What needs no follow-up is not flagged for a hole after the year."""
    assert published(first, "avoidable_stays_register")["12", "2023"] == ("derived", "B")


def test_silence_is_a_signal_with_a_severity(first: Built) -> None:
    told = {(s["signal"], s["reporter"], s["month"]) for s in answer(first.home, "delivery", "signals")["signals"]}
    assert ("stops_reporting", "01", "2024-08") in told
    assert ("stops_reporting", "12", "2024-01") in told
    with duckdb.connect(str(first.warehouse), read_only=True) as con:
        found = con.execute(
            "select distinct severity from intermediate.int_completeness__signals where signal = 'stops_reporting'"
        ).fetchall()
    assert found == [("amber",)]


def test_when_the_month_comes_the_year_before_is_built_again_and_final(second: Built) -> None:
    assert readmissions(second, "all_cause")["12", "2023"] == (419, 5210, "derived")
    assert readmissions(second, "nhs")["12", "2023"][::2] == (464, "derived")
