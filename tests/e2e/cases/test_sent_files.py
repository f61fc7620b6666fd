"""Workbooks and text from the file that an owner sends to the published figure and the owner's list of faults.

One night takes all in: error cells, a hidden sheet, doubles, an old workbook, characters without a shape, formulas.
"""

from __future__ import annotations

import csv
from decimal import Decimal
from pathlib import Path

import duckdb
import openpyxl
import pytest

from tests.e2e.cases.test_old_workbooks import table
from tests.e2e.cases.test_workbooks import book, fill, saved
from tests.support.command import answer, latest, vardlagret
from tests.support.kolada_answers import kolada_answer
from tests.support.old_workbook import Sheet, old_workbook

CONTACTS = "vantetider_kontakter_09_2024-01_synthetic.csv"
HEADING = (
    "contact_id;contact_sought_date;referral_date;decision_date;booked_date;performed_date;guarantee_applies;acute;phase;"
    "profession;contact_form;provider_region;unit;residence_region;deviation_code;status;sex;age"
)
COSTS = "Huvudområde;Område;Delområde;Underkonto;År;Region;Värde\n"
COST = (
    "Hälso- och sjukvård;Politisk verksamhet;Politisk verks. avs hälso- och sjukvård;Nettokostnad exkl läkemedel;2016;"
)
SENT = {
    "Blekinge": "129,3", "Dalarna": "128,3", "Gävleborg": "196,1", "Halland": "=cmd|' /C calc'!A0", "Jönköping": "@SUM(1+9)",
    "Kalmar": "\u221212,5", "Kronoberg": "131,9", "Norrbotten": "171,0",
}  # fmt: skip


def contact(number: int, more: str = "") -> str:
    """The first 40 of 60 contacts came the day after, the others after six days."""
    sought = 2 + number % 5
    performed = sought + (1 if number <= 40 else 6)
    dates = f"2024-01-{sought:02};;2024-01-{sought:02};;2024-01-{performed:02}"
    unit = "090\x0010" if number == 59 else "09010"
    return f"{90_000_000 + number}{more};{dates};1;0;assessment;nurse;visit;09;{unit};09;;performed;{1 + number % 2};50"


def with_hidden_sheet() -> bytes:
    made = openpyxl.Workbook()
    fill(made.active, [9.99, 9.98], "Juli 2024")
    fill(made.create_sheet("Tabell"), [1.11, 1.12], "Juli 2024")
    made.worksheets[0].sheet_state = "hidden"
    made.active = 1
    return saved(made)


def doubles() -> bytes:
    made = openpyxl.Workbook()
    fill(made.active, [0.00005, 100 / 3, 0.1 + 0.2], "November 2023")
    return saved(made)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sent")
    lines = [HEADING, *(contact(n) for n in range(1, 61)), *(contact(n, "\u200b") for n in range(1, 11))]
    costs = COSTS + "".join(f"{COST}{region};{value}\n" for region, value in SENT.items())
    old = [
        table([9.99, 9.98], "Arkiv", hidden=1, month="Mars 2024"),
        Sheet("Om", [["Om statistiken"]]),
        table([2.21, "#DIV/0!", "#N/A", 2.24], month="Mars 2024"),
    ]
    files = {
        "synthetic_errors.xlsx": book([0.41, "#DIV/0!", "#N/A", 0.55]),
        "synthetic_hidden.xlsx": with_hidden_sheet(),
        "synthetic_doubles.xlsx": doubles(),
        "synthetic_old.xls": old_workbook(old),
        CONTACTS: "".join(line + ("\r\n" if n % 2 else "\n") for n, line in enumerate(lines)).encode(),
        "synthetic_kostnad_2016.csv": costs.encode("utf-8-sig"),
    }
    for name, content in files.items():
        (folder / name).write_bytes(content)
    kolada_answer(
        folder / "synthetic_doubles.json",
        {
            ("U79133", "0001", 2022): 1.2e-05,
            ("U79133", "0003", 2022): 33.333333333333336,
            ("U79133", "0004", 2022): 812.4,
        },
    )
    answer(folder / "home", "nightly", "--deliveries", folder, expect=None)
    return folder / "home"


def published(home: Path, query: str) -> list[tuple]:
    data = home / "releases" / latest(home)["release"] / "data"
    return duckdb.sql(query.replace("$", str(data))).fetchall()


def observed(home: Path, period: str) -> dict[str, tuple[Decimal, str]]:
    rows = published(
        home, f"select area_code, value, value_status from '$/fct_observations.parquet' where period = '{period}'"
    )
    return {area: (value, status) for area, value, status in rows}


def faults(home: Path) -> set[tuple[str, str, int]]:
    return {(i["file"], i["code"], i["count"]) for i in answer(home, "quarantine", "list")["items"]}


@pytest.mark.shows("error cell")
@pytest.mark.parametrize(
    ("month", "file", "kept"),
    [
        ("2024-05", "synthetic_errors.xlsx", {"00": "0.41", "12": "0.55"}),
        ("2024-03", "synthetic_old.xls", {"00": "2.21", "12": "2.24"}),
    ],
)
def test_an_error_cell_is_never_published_as_missing(home: Path, month: str, file: str, kept: dict[str, str]) -> None:
    assert observed(home, month) == {area: (Decimal(value), "normal") for area, value in kept.items()}
    assert (file, "R_MISSING_MARKER", 2) in faults(home)


@pytest.mark.shows("sheet")
def test_the_hidden_sheet_is_not_published(home: Path) -> None:
    assert observed(home, "2024-07") == {"00": (Decimal("1.11"), "normal"), "01": (Decimal("1.12"), "normal")}


@pytest.mark.shows("scale")
def test_a_small_double_is_exact_and_a_long_one_is_told_by_its_scale(home: Path) -> None:
    assert observed(home, "2023-11") == {"00": (Decimal("0.00005"), "normal"), "03": (Decimal("0.3"), "normal")}
    assert observed(home, "2022") == {"01": (Decimal("0.000012"), "normal"), "04": (Decimal("812.4"), "normal")}
    assert {("synthetic_doubles.xlsx", "R_SCALE", 1), ("synthetic_doubles.json", "R_SCALE", 1)} <= faults(home)


@pytest.mark.shows("invisible")
def test_an_id_with_a_character_without_a_shape_is_the_same_contact(home: Path) -> None:
    waits = published(
        home,
        "select measure, value from '$/fct_wait_times.parquet' where area_code = '09' and sex = 'total' "
        "and exclusion_set = 'pvv_mov' and attribution = 'provider' and contact_type = 'assessment'",
    )
    assert {"total_count": 60, "within_count": 40}.items() <= dict(waits).items()
    assert round(dict(waits)["within_percent"], 6) == Decimal("66.666667")


@pytest.mark.shows("number")
def test_no_text_for_the_owner_begins_a_formula(home: Path, tmp_path: Path) -> None:
    vardlagret(home, "quarantine", "export", "--source", "skr_costs", tmp_path / "owner.csv")
    with (tmp_path / "owner.csv").open(encoding="utf-8-sig", newline="") as file:
        texts = [row["text"] for row in csv.DictReader(file)]
    assert texts == ["'=cmd|' /C calc'!A0", "'@SUM(1+9)", "\u221212,5"]
    assert {area for (area,) in published(home, "select distinct area_code from '$/fct_costs.parquet'")} >= {"10", "20"}
