"""Files of contacts: region and month by the name, columns by the heading, the month replaced whole."""

from __future__ import annotations

from pathlib import Path

import pytest

from orchestration.deliveries.readers import bulk
from orchestration.sources.catalogue import load_catalogue
from tests.support.readable import read, refusal

CATALOGUE = load_catalogue()
NAME = "vantetider_kontakter_18_2024-05_synthetic.csv"
HEADING = (
    "contact_id;contact_sought_date;referral_date;decision_date;booked_date;performed_date;guarantee_applies;acute;"
    "phase;profession;contact_form;provider_region;unit;residence_region;deviation_code;status;sex;age"
)
ROW = "900000001;2024-05-01;;2024-05-02;2024-05-03;2024-05-03;1;0;assessment;nurse;visit;18;18001;18;;performed;2;44"


@pytest.fixture(params=["rows", "bulk"])
def reader(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setattr(bulk, "LEAST_BYTES", 0 if request.param == "bulk" else 1 << 40)
    return request.param


def test_rows_belong_to_the_month_of_the_name_whatever_their_dates(tmp_path: Path, reader: str) -> None:
    waiting = "900000002;2023-01-01;;;;;1;0;treatment;physician;visit;18;18001;18;PvV;waiting;1;80"
    got = read(tmp_path / "d", f"{HEADING}\n{ROW}\n{waiting}\n", CATALOGUE, NAME)
    assert got.name == "wait_contacts/contacts"
    assert got.reading.coverage == {("wait_contacts/contacts/18", "2024-05"): 2}
    assert [(r["line"], r["region"], r["month"], r["contact_sought_date"]) for r in got.rows] == [
        (2, "18", "2024-05", "2024-05-01"), (3, "18", "2024-05", "2023-01-01"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "name",
    ["vantetider_kontakter_02_2024-05.csv", "vantetider_kontakter_18_2024.csv", "kontakter.csv",
     "vantetider_kontakter_18_2024-13.csv"],
)  # fmt: skip
def test_a_name_without_a_known_region_and_a_month_is_refused(tmp_path: Path, reader: str, name: str) -> None:
    assert refusal(tmp_path / "d", f"{HEADING}\n{ROW}\n", CATALOGUE, name).code in ("F_NAME", "F_PERIOD")


def test_a_missing_column_is_told(tmp_path: Path, reader: str) -> None:
    without = f"{HEADING.replace(';age', '')}\n{ROW.rsplit(';', 1)[0]}\n"
    found = refusal(tmp_path / "d", without, CATALOGUE, NAME)
    assert found.code == "F_LAYOUT"
    assert "age" in found.message
