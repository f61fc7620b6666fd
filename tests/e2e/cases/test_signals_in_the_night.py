"""What looks wrong in the registers' months stands as incidents and colours the night, until somebody answers for it."""

from __future__ import annotations

import shutil
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from orchestration.home import Home
from orchestration.ledger.ledger import Ledger
from orchestration.operations.signals import rewritten_months
from orchestration.sources.catalogue import load_catalogue
from tests.e2e.cases.test_rule_ceilings import stay, write
from tests.support.command import answer, vardlagret

YEAR, REPEATED, LOST = 2024, 5, 6


def month_of(month: int) -> str:
    """Forty stays, of which no month has the same; but May is March once more, sent as another month."""
    seed = 3 if month == REPEATED else month
    first = date(YEAR, month, 1)
    lines = []
    for n in range(40):
        admitted = first + timedelta((n * seed) % 20)
        lines.append(stay(1000 * month + n, admitted, admitted + timedelta(1 + (n + seed) % 5)))
    return "".join(f"{line}\n" for line in lines)


def diagnoses_of(month: int) -> str:
    """Every stay's main diagnosis; in June those of the first ten alone, each told twice and in two ways."""
    if month == LOST:
        return "".join(f"{700000 + 1000 * month + n};1;{code};;\n" for n in range(10) for code in ("I500", "I509"))
    return "".join(f"{700000 + 1000 * month + n};1;I50{n % 10};;\n" for n in range(40))


@pytest.fixture(scope="module")
def night(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict]:
    folder = tmp_path_factory.mktemp("signals")
    for month in (1, 2, 3, 5, 6):  # April is silent
        name = f"01_{YEAR}-{month + 3:02}_{YEAR}-{month:02}_{YEAR}-{month:02}_synthetic.txt"
        write(folder, f"PAR_VARDTILLFALLEN_{name}", month_of(month))
        write(folder, f"PAR_DIAGNOSER_{name}", diagnoses_of(month))
    vardlagret(folder / "home", "ingest", folder)
    return folder / "home", answer(folder / "home", "nightly", expect=None)


EXPECTED = {
    "month_suspect:patient_register.01.stops_reporting.2024-04",
    "month_suspect:patient_register.01.repeated_month.2024-05",
    "month_suspect:patient_register.01.main_missing.2024-06",
}


def test_a_silent_a_repeated_and_an_incomplete_month_are_told_by_the_night(night: tuple[Path, dict]) -> None:
    home, told = night
    assert {a["id"] for a in told["attention"] if a["id"].startswith("month_suspect")} == EXPECTED
    status = answer(home, "status")
    assert {i["id"] for i in status["incidents"] if i["code"] == "month_suspect"} == EXPECTED
    assert status["publish"]["light"] != "green"
    signals = {(s["signal"], s["month"]) for s in answer(home, "delivery", "signals")["signals"]}
    assert signals == {
        ("stops_reporting", "2024-04"), ("repeated_month", "2024-03"), ("repeated_month", "2024-05"),
        ("main_missing", "2024-06"),
    }  # fmt: skip


def published(home: Path) -> dict[tuple[str, str, str], tuple[Any, str]]:
    """What the latest release shows of stays with a reserve number, and of the first index that rests on them."""
    data = home / "releases" / answer(home, "release", "list")["latest"] / "data"
    rows = duckdb.sql(
        f"select area_code, period, measure, value, value_status from '{data}/fct_observations.parquet' "
        "union all select area_code, period, indicator_id, value, value_status "
        f"from '{data}/indicator_values.parquet' where indicator_id = 'reserve_number_share_register'"
    ).fetchall()
    return {(area, period, measure): (value, status) for area, period, measure, value, status in rows}


def test_what_is_counted_from_a_repeated_month_is_withheld_until_let_out_by_name(
    night: tuple[Path, dict], tmp_path: Path
) -> None:
    home = tmp_path / "home"
    shutil.copytree(night[0], home, symlinks=True)
    severity = {(s["month"], s["severity"]) for s in answer(home, "delivery", "signals")["signals"]}
    assert severity == {("2024-03", "withhold"), ("2024-05", "withhold"), ("2024-04", "amber"), ("2024-06", "amber")}
    told = published(home)
    for area in ("01", "00"):
        assert told[area, "2024", "stay_count"] == (None, "withheld")
        assert told[area, "2024", "reserve_number_share_register"] == (None, "withheld")
    who = ("--by", "Anna", "--reason", "the region has confirmed both months")
    answer(home, "release", "publish", "--accept", "fct_observations.month_withheld", *who, expect=None)
    told = published(home)
    assert told["01", "2024", "stay_count"] == (200, "normal")
    assert told["01", "2024", "reserve_number_share_register"] == (0, "normal")


def test_a_month_that_is_rewritten_later_colours_the_night_until_it_is_as_it_was(
    night: tuple[Path, dict], tmp_path: Path
) -> None:
    """January again with another person on every stay but half: what a sender does who draws each stay's id by itself."""
    home = tmp_path / "home"
    shutil.copytree(night[0], home, symlinks=True)
    lines = month_of(1).splitlines(keepends=True)
    others = [line.split(";") for line in month_of(4).splitlines(keepends=True)]
    name = "PAR_VARDTILLFALLEN_01_2024-{}_2024-01_2024-01_synthetic.txt"
    for sending, rewritten, severities in (("07", 19, ["info"]), ("08", 20, ["amber"])):
        again = [
            ";".join([row[0], other[1], *row[2:7], other[7], *row[8:]])
            for row, other in zip((line.split(";") for line in lines[:rewritten]), others, strict=False)
        ]
        vardlagret(home, "ingest", write(tmp_path, name.format(sending), "".join([*again, *lines[rewritten:]])))
        assert corrected(home) == severities
    suspect = "month_suspect:patient_register.01.late_correction.2024-01"
    assert suspect in {a["id"] for a in answer(home, "nightly", expect=None)["attention"]}
    vardlagret(home, "ingest", write(tmp_path, name.format("09"), month_of(1)))
    assert corrected(home) == []
    with Ledger.open(home / "ledger.sqlite") as ledger:
        assert rewritten_months(Home(home), ledger, load_catalogue()) == [], "the night that builds it clears it"


def corrected(home: Path) -> list[str]:
    """The severities of what `delivery signals` says of corrected months."""
    found = answer(home, "delivery", "signals")["signals"]
    return [s["severity"] for s in found if s["signal"] == "late_correction"]


def test_records_that_contradict_each_other_are_told_where_they_are_too_many(night: tuple[Path, dict]) -> None:
    (broken,) = [i for i in answer(night[0], "status")["incidents"] if i["code"] == "records_broken"]
    assert "20 of 20 records are in quarantine, 20 of them by R_CONFLICT" in broken["what"]
    assert broken["id"] in {a["id"] for a in night[1]["attention"]}


def test_what_somebody_answers_for_colours_no_later_night(night: tuple[Path, dict], tmp_path: Path) -> None:
    home = tmp_path / "home"
    shutil.copytree(night[0], home, symlinks=True)
    vardlagret(home, "watch", expect=None)
    *most, last = sorted(a["id"] for a in night[1]["attention"])
    for incident in most:
        vardlagret(home, "watch", "ack", incident, "--by", "Anna")
    shown = vardlagret(home, "nightly", expect=None)
    assert "AMBER" in shown.stdout
    assert last in shown.stdout
    vardlagret(home, "watch", "ack", last, "--by", "Anna")
    shown = vardlagret(home, "nightly", expect=None)
    assert "may be wrong" not in shown.stdout.lower()


def test_a_file_that_shrank_stands_until_it_is_replaced(tmp_path: Path) -> None:
    home = tmp_path / "home"
    name = "PAR_VARDTILLFALLEN_01_2024-{}_2024-03_2024-03_synthetic.txt"
    vardlagret(home, "ingest", write(tmp_path, name.format("06"), month_of(3)))
    half = "".join(month_of(3).splitlines(keepends=True)[:20])
    vardlagret(home, "ingest", write(tmp_path, name.format("07"), half))
    codes = [i["code"] for i in answer(home, "status")["incidents"]]
    assert codes == ["delivery_shrunk"]
    vardlagret(home, "ingest", write(tmp_path, name.format("08"), month_of(3).replace(";3\n", ";2\n", 1)))
    assert answer(home, "status")["incidents"] == []
