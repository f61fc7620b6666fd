"""A file most of whose records break rules does not take the place of a good one: it is refused, or let in by name."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import duckdb
import pytest

from tests.support.command import answer, vardlagret

STAYS = "PAR_VARDTILLFALLEN_01_2024-06_2024-03_2024-03_synthetic.txt"
AGAIN = "PAR_VARDTILLFALLEN_01_2024-07_2024-03_2024-03_synthetic.txt"


def person(n: int) -> str:
    """A synthetic person id of the register's form, born 1941 in March."""
    return f"194103{n % 28 + 1:02}{3000 + n:04}"


def stay(n: int, admitted: date, discharged: date, *, form: str = "%Y%m%d", county: str = "01", sex: str = "1") -> str:
    days = f"{admitted:%Y%m%d}", discharged.strftime(form)
    return f"{700000 + n};{person(n)};01001;101;{county};{county}80;{sex};{person(n)[:8]};{days[0]};3;2;{days[1]};3"


def stays(records: int, broken: int, **how: str) -> str:
    """A month of stays, the last `broken` of them written in another way."""
    first = date(2024, 3, 1)
    lines = [
        stay(n, first + timedelta(n % 20), first + timedelta(n % 20 + 2), **(how if n >= records - broken else {}))
        for n in range(records)
    ]
    return "".join(f"{line}\n" for line in lines)


def diagnoses(records: int, dotted: int) -> str:
    return "".join(f"{700000 + n};1;{'I50.9' if n < dotted else 'I509'};;\n" for n in range(records))


def write(folder: Path, name: str, text: str) -> Path:
    (folder / name).write_text(text, encoding="utf-8")
    return folder / name


def ingest(tmp_path: Path, name: str, text: str, expect: int | None = None) -> dict:
    """What became of the one file."""
    return answer(tmp_path / "home", "ingest", write(tmp_path, name, text), expect=expect)["files"][0]


def current(home: Path) -> list[str]:
    return [d["file"] for d in answer(home, "delivery", "list", "--period", "2024-03")["deliveries"]]


def test_a_month_sent_again_with_dates_in_another_form_does_not_replace_the_good_one(tmp_path: Path) -> None:
    home = tmp_path / "home"
    assert ingest(tmp_path, STAYS, stays(270, 0))["outcome"] == "loaded"
    refused = ingest(tmp_path, AGAIN, stays(270, 270, form="%Y-%m-%d"), expect=3)
    assert (refused["outcome"], refused["code"]) == ("refused", "F_RULES")
    assert "270 of 270 records (100.0 %) break R_DATE in discharge_date, first at line 1" in refused["message"]
    assert "2024-03-" not in refused["message"], "no raw text of a row-level source"
    assert current(home) == [STAYS]

    (listed,) = answer(home, "quarantine", "list")["items"]
    assert "delivery accept" in listed["next_command"]
    shown = answer(home, "quarantine", "show", listed["delivery_sha256"][:12])
    assert shown["rules"].keys() == {"F_RULES"}
    (incident,) = [i for i in answer(home, "status")["incidents"] if i["code"] == "file_refused"]
    assert "patient_register" in incident["id"]

    assert ingest(tmp_path, AGAIN, stays(271, 0))["outcome"] == "loaded", "the owner's repair needs nobody's name"
    assert current(home) == [AGAIN]
    assert answer(home, "quarantine", "list")["items"] == []


@pytest.mark.shows("ceiling")
@pytest.mark.parametrize(
    ("records", "broken", "how", "outcome"),
    [
        (400, 20, {"sex": "M"}, "loaded"),  # 5 percent is what may be
        (400, 21, {"sex": "M"}, "refused"),
        (400, 400, {"sex": "M"}, "refused"),  # R_CODE
        (400, 40, {"county": "9x"}, "refused"),  # R_PATTERN
        (400, 200, {"county": "99"}, "refused"),  # R_AREA: no municipality 9980
        (9, 4, {"sex": "M"}, "loaded"),  # a handful is quarantined alone
        (9, 5, {"sex": "M"}, "refused"),  # more than half is not
        (30, 10, {"sex": "M"}, "refused"),
        (3, 3, {"sex": "M"}, "refused"),
    ],
)
def test_both_sides_of_the_ceiling(records: int, broken: int, how: dict, outcome: str, tmp_path: Path) -> None:
    found = ingest(tmp_path, STAYS, stays(records, broken, **how))
    assert found["outcome"] == outcome
    assert found["code"] == ("F_RULES" if outcome == "refused" else None)


def test_a_name_lets_the_refused_file_in(tmp_path: Path) -> None:
    home = tmp_path / "home"
    ingest(tmp_path, STAYS, stays(100, 0))
    refused = ingest(tmp_path, AGAIN, stays(100, 30, form="%Y-%m-%d"), expect=3)
    sha = answer(home, "quarantine", "list")["items"][0]["delivery_sha256"]
    assert vardlagret(home, "delivery", "accept", sha[:12], "--by", "", "--reason", "x", expect=None).returncode
    assert vardlagret(home, "delivery", "accept", "ffff", "--by", "A", "--reason", "x", expect=None).returncode
    told = answer(home, "delivery", "accept", sha[:12], "--by", "Anna", "--reason", "the owner confirms the rest")
    assert [f["outcome"] for f in told["files"]] == ["loaded"]
    assert told["next_command"].endswith("nightly")
    assert current(home) == [AGAIN]
    (given,) = answer(home, "delivery", "list", "--accepted")["accepted"]
    assert (given["by"], given["overruled"], given["delivery_sha256"]) == ("Anna", "F_RULES", sha)
    again = answer(home, "ingest", tmp_path / AGAIN)["files"][0]
    assert again["outcome"] == "duplicate", "it stays accepted"
    assert refused["code"] == "F_RULES"


def test_no_name_lets_in_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    ingest(tmp_path, STAYS, "", expect=3)
    sha = answer(tmp_path / "home", "quarantine", "list")["items"][0]["delivery_sha256"]
    done = vardlagret(tmp_path / "home", "delivery", "accept", sha, "--by", "A", "--reason", "x", expect=None)
    assert done.returncode != 0
    assert "F_EMPTY" in done.stderr


@pytest.fixture(scope="module")
def dotted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with 60 stays of region 01, half of whose main diagnoses are written with their dot."""
    folder = tmp_path_factory.mktemp("dotted")
    write(folder, STAYS, stays(60, 0))
    write(folder, "PAR_DIAGNOSER_01_2024-06_2024-03_2024-03_synthetic.txt", diagnoses(60, 30))
    vardlagret(folder / "home", "ingest", folder)
    vardlagret(folder / "home", "nightly", expect=None)
    return folder / "home"


@pytest.mark.shows("dot")
def test_a_diagnosis_with_its_dot_is_the_diagnosis(dotted: Path) -> None:
    assert answer(dotted, "quarantine", "list")["totals"]["quarantined"] == 0
    with duckdb.connect(str(dotted / "warehouse.duckdb"), read_only=True) as connection:
        found = connection.execute(
            "select code, count(*) from staging.stg_patient_register__diagnoses group by code"
        ).fetchall()
    assert found == [("I509", 60)]


@pytest.mark.parametrize("wrong", ["i509", "I50,9", "I50 9", "I509."])
def test_half_of_the_diagnoses_in_a_form_that_nobody_declared_is_refused(wrong: str, tmp_path: Path) -> None:
    text = diagnoses(60, 30).replace("I50.9", wrong)
    found = ingest(tmp_path, "PAR_DIAGNOSER_01_2024-06_2024-03_2024-03_synthetic.txt", text)
    assert (found["outcome"], found["code"]) == ("refused", "F_RULES")
