"""What is held, and what was held: revisions, an older export that arrives late, overlapping queries, retraction."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from orchestration.example.write import write_example
from orchestration.warehouse.windows import Window
from tests.real import DELIVERIES, needs_deliveries
from tests.support.command import answer, vardlagret
from tests.support.corrections_of_months import resend


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_example(tmp_path_factory.mktemp("deliveries") / "example").target


def held(home: Path, source: str, *arguments: str) -> dict[str, list[str]]:
    """File name → periods it is current for."""
    found = answer(home, "delivery", "list", "--source", source, *arguments)["deliveries"]
    return {d["file"]: d["periods"] for d in found}


def revised(file: Path, target: Path, old: bytes, new: bytes) -> Path:
    content = file.read_bytes()
    assert old in content
    target.write_bytes(content.replace(old, new))
    return target


def test_a_revision_replaces_its_periods_and_the_past_can_be_asked(folder: Path, tmp_path: Path) -> None:
    home = tmp_path / "home"
    first = folder / "socialstyrelsen" / "synthetic_vantetider_bup_2026-08-24.csv"
    second = revised(first, tmp_path / "synthetic_bup_later.csv", b"2026-08-24", b"2026-09-24")
    vardlagret(home, "ingest", first)
    between = datetime.now(UTC).isoformat()
    vardlagret(home, "ingest", second)
    assert list(held(home, "sos_bup_waits")) == [second.name]
    assert list(held(home, "sos_bup_waits", "--as-of", between)) == [first.name]
    assert held(home, "sos_bup_waits", "--as-of", "2020-01-01") == {}


def test_what_was_held_for_one_month_before_it_was_corrected(example_deliveries: Path, tmp_path: Path) -> None:
    """Of a register sent month by month: the deliveries of that month then and now, diagnoses of the same sending too."""
    register, home = example_deliveries / "register", tmp_path / "home"
    vardlagret(
        home, "ingest", *sorted(register.glob("PAR_*_12_2024-05_*")), *sorted(register.glob("PAR_*_12_2024-06_*"))
    )
    before = datetime.now(UTC).isoformat()
    month = Window("2024-04", "2024-04")
    corrected = resend(register, tmp_path / "april", "12", "2025-06", month, "withdrawn")
    vardlagret(home, "ingest", *corrected)

    def of_april(*arguments: str) -> set[str]:
        return set(held(home, "patient_register", "--period", "2024-04", *arguments))

    sent_in_june = {f.name for f in register.glob("PAR_*_12_2024-06_*")}
    # Of the stays the newest sending alone; diagnoses belong to their sending, and April's stand in both.
    assert of_april("--as-of", before) == sent_in_june | {f.name for f in register.glob("PAR_DIAGNOSER_12_2024-05_*")}
    assert of_april() >= {f.name for f in corrected}
    assert not any("VARDTILLFALLEN" in name for name in of_april() & sent_in_june)
    assert sent_in_june <= set(held(home, "patient_register", "--period", "2024-05"))
    assert of_april("--as-of", "2020-03-01") == set()


def test_an_older_export_that_arrives_late_replaces_nothing(folder: Path, tmp_path: Path) -> None:
    home = tmp_path / "home"
    first = folder / "socialstyrelsen" / "synthetic_vantetider_bup_2026-08-24.csv"
    older = revised(first, tmp_path / "synthetic_bup_older.csv", b"2026-08-24", b"2026-07-24")
    vardlagret(home, "ingest", first)
    vardlagret(home, "ingest", older)
    assert list(held(home, "sos_bup_waits")) == [first.name]
    vardlagret(home, "ingest", older, "--as-of", "2026-10-01", "--reason", "the owner says that it is the latest")
    assert list(held(home, "sos_bup_waits")) == [older.name]


def test_a_survey_of_another_year_leaves_the_years_before(folder: Path, tmp_path: Path) -> None:
    """The year stands in the name; the next survey replaces nothing of this one."""
    home = tmp_path / "home"
    first = next(folder.rglob("*regionenkat_2025*.csv"))
    text = first.read_text()
    row = text.splitlines()[1]
    second = tmp_path / first.name.replace("2025", "2026")
    again = tmp_path / f"mended_{first.name}"
    second.write_text(text.replace(row, row.rsplit(";", 1)[0] + ";99"))
    again.write_text(text.replace(row, row.rsplit(";", 1)[0] + ";98"))
    for file in (first, second, again):
        assert answer(home, "ingest", file)["files"][0]["outcome"] == "loaded"
    assert held(home, "sos_region_survey") == {second.name: ["2026"], again.name: ["2025"]}


def test_as_of_needs_its_reason(folder: Path, tmp_path: Path) -> None:
    file = folder / "geography" / "synthetic_counties.csv"
    assert vardlagret(tmp_path / "home", "ingest", file, "--as-of", "2026-10-01", expect=2)


def test_the_owner_retracts(folder: Path, tmp_path: Path) -> None:
    """A, B, A: the same bytes as a superseded delivery, received later, are current again."""
    home = tmp_path / "home"
    a = folder / "skr" / "synthetic_kostnad_per_invanare_per_specialitet.csv"
    b = revised(a, tmp_path / "synthetic_b.csv", b";2017;Dalarna;", b";2017;Halland;")
    for file, expected in ((a, "loaded"), (b, "loaded"), (a, "loaded"), (a, "duplicate")):
        (outcome,) = answer(home, "ingest", file)["files"]
        assert outcome["outcome"] == expected
        assert list(held(home, "skr_costs")) == [b.name if file is b else a.name]
    cells = vardlagret(home, "gc", "--dry-run").stderr
    assert cells.count("would remove cells/skr_costs/pivot/") == 1
    vardlagret(home, "gc")
    assert answer(home, "ingest", b)["files"][0]["outcome"] == "loaded", "raw bytes stayed"
    assert list(held(home, "skr_costs")) == [b.name]


@pytest.mark.deliveries
@needs_deliveries
def test_queries_of_one_owner_stay_side_by_side(tmp_path: Path) -> None:
    """Kolada: two queries with the same indicators and other areas do not replace each other; the same query does."""
    assert DELIVERIES is not None
    home = tmp_path / "home"
    group, towns = (DELIVERIES / "kolada" / name for name in ("data_grp_data.json", "data_kld_data.json"))
    vardlagret(home, "ingest", group, towns)
    assert set(held(home, "kolada")) == {group.name, towns.name}
    content = json.loads(towns.read_text())
    content["values"][0]["values"][0]["value"] = 1.5
    again = tmp_path / "the_same_query.json"
    again.write_text(json.dumps(content))
    vardlagret(home, "ingest", again)
    assert set(held(home, "kolada")) == {group.name, again.name}
