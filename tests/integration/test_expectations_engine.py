"""Broken is never failed, empty never passed; what was judged is named by fingerprint; nothing of the data leaks."""

from __future__ import annotations

import shutil
from pathlib import Path

import duckdb
import pytest

from expectations import data_docs
from expectations.declarations import DATASETS, FOLDER
from expectations.engine import judge
from tests.support.fact_tables import write
from tests.support.sound_facts import sound_warehouse

ONE = "areas"


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return sound_warehouse(tmp_path_factory.mktemp("sound") / "warehouse.duckdb")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the suites that a test may spoil."""
    copy = tmp_path / "expectations"
    for part in ("suites", "sql"):
        shutil.copytree(FOLDER / part, copy / part)
    return copy


def spoil(folder: Path, old: str, new: str) -> None:
    suite = folder / "suites" / f"{ONE}.yml"
    text = suite.read_text(encoding="utf-8")
    assert old in text
    suite.write_text(text.replace(old, new, 1), encoding="utf-8")


def test_empty_tables_are_broken_since_nothing_of_them_was_judged(tmp_path: Path) -> None:
    verdicts = judge(write(tmp_path / "warehouse.duckdb", {}))
    assert {v.dataset: v.outcome for v in verdicts} == dict.fromkeys(DATASETS, "broken")
    for verdict in verdicts:
        (finding,) = verdict.findings
        assert finding.expectation == "table"
        assert "has no row" in finding.message


def test_missing_warehouse_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="build it first"):
        judge(tmp_path / "warehouse.duckdb")
    assert not (tmp_path / "warehouse.duckdb").exists()


def test_missing_table_is_broken_and_the_others_are_judged(sound: Path, tmp_path: Path) -> None:
    warehouse = Path(shutil.copy(sound, tmp_path / "warehouse.duckdb"))
    con = duckdb.connect(str(warehouse))
    con.execute("drop table marts.fct_costs")
    con.close()
    costs, known = judge(warehouse, ["fct_costs", ONE])
    assert (costs.outcome, known.outcome) == ("broken", "passed")
    assert "marts.fct_costs is not in the warehouse" in costs.findings[0].message
    assert costs.findings[0].outcome == "broken"


def test_missing_column_is_broken(sound: Path, tmp_path: Path) -> None:
    warehouse = Path(shutil.copy(sound, tmp_path / "warehouse.duckdb"))
    con = duckdb.connect(str(warehouse))
    con.execute("alter table marts.areas drop column successor_code")
    con.close()
    (verdict,) = judge(warehouse, [ONE])
    assert verdict.outcome == "broken"
    assert "successor_code" in verdict.findings[0].message


def test_missing_suite_is_broken(sound: Path, folder: Path) -> None:
    (folder / "suites" / f"{ONE}.yml").unlink()
    (verdict,) = judge(sound, [ONE], folder=folder)
    assert (verdict.outcome, verdict.suite_version) == ("broken", "")
    assert f"{ONE}.yml is missing" in verdict.findings[0].message


def test_unknown_dataset_is_broken(sound: Path) -> None:
    (verdict,) = judge(sound, ["fct_invented"])
    assert verdict.outcome == "broken"


@pytest.mark.parametrize(
    "text", ["", "version: 1\nslice_columns: [slice_source, slice_period]\nexpectations: []\n", "version: [\n"]
)
def test_empty_or_unreadable_suite_is_broken(sound: Path, folder: Path, text: str) -> None:
    (folder / "suites" / f"{ONE}.yml").write_text(text, encoding="utf-8")
    (verdict,) = judge(sound, [ONE], folder=folder)
    assert verdict.outcome == "broken"
    assert "not usable" in verdict.findings[0].message


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("column: parent_unknown", "column: no_such_column"),  # Great Expectations raises while it runs
        ("type: ExpectColumnValuesToNotBeNull", "type: ExpectColumnValuesToBeInvented"),  # or is never built
    ],
)
def test_an_expectation_that_raises_is_broken(sound: Path, folder: Path, old: str, new: str) -> None:
    spoil(folder, old, new)
    (verdict,) = judge(sound, [ONE], folder=folder)
    assert verdict.outcome == "broken"
    broken = [f for f in verdict.findings if f.outcome == "broken"]
    assert broken
    assert all(f.failed_rows is None for f in broken)
    if "no_such_column" in new:
        assert [f.expectation for f in broken] == ["parent_known"]


def test_an_error_that_quotes_the_data_is_not_repeated(
    sound: Path, folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    query = folder / "sql" / f"{ONE}.sql"
    text = query.read_text(encoding="utf-8")
    query.write_text(text.replace("select areas.*,", "select areas.*, name_sv" + "::integer as number,", 1))
    spoil(folder, "column: parent_unknown", "column: number")
    (verdict,) = judge(sound, [ONE], folder=folder)
    assert verdict.outcome == "broken"
    broken = [f.message for f in verdict.findings if f.outcome == "broken"]
    assert broken
    assert all("Conversion Error (its message may quote the data and is left out)" in m for m in broken)
    assert "Riket" not in str(verdict)
    assert "Riket" not in caplog.text


def test_a_colon_in_the_query_is_refused(sound: Path, folder: Path) -> None:
    """SQLAlchemy ran `period[:4]` as `period[NULL]`: a rule fell silent and nothing said so."""
    query = folder / "sql" / f"{ONE}.sql"
    query.write_text(query.read_text(encoding="utf-8").replace("left(area_code, 2)", "area_code[:2]", 1))
    (verdict,) = judge(sound, [ONE], folder=folder)
    assert verdict.outcome == "broken"
    assert "parameter" in verdict.findings[0].message


def test_verdicts_name_what_was_judged_by_what(sound: Path, tmp_path: Path, folder: Path) -> None:
    (first,) = judge(sound, [ONE])
    (again,) = judge(sound, [ONE])
    assert first == again
    spoil(folder, "max_value: 2000", "max_value: 2001")
    (other_suite,) = judge(sound, [ONE], folder=folder)
    assert other_suite.suite_version != first.suite_version
    assert other_suite.data_fingerprint == first.data_fingerprint
    warehouse = Path(shutil.copy(sound, tmp_path / "warehouse.duckdb"))
    con = duckdb.connect(str(warehouse))
    con.execute("update marts.areas set name_en = 'changed' where area_code = '0180'")
    con.execute("update marts.areas set name_en = 'changed' where area_code = '0101'")
    con.close()
    (other_data,) = judge(warehouse, [ONE])
    assert other_data.data_fingerprint != first.data_fingerprint


def test_the_warehouse_is_left_closed_and_unchanged(sound: Path) -> None:
    before = sound.read_bytes()
    seen: list[str] = []
    judge(sound, ["fct_staffing", ONE], progress=seen.append)
    assert seen == ["fct_staffing", ONE]
    assert sound.read_bytes() == before
    con = duckdb.connect(str(sound))  # opens for writing only when nobody holds it
    con.close()


def test_data_docs_hold_no_value(sound: Path, tmp_path: Path) -> None:
    warehouse = Path(shutil.copy(sound, tmp_path / "warehouse.duckdb"))
    con = duckdb.connect(str(warehouse))
    con.execute("update marts.fct_staffing set value = 987654.321 where measure = 'per_100000' and area_code = '05'")
    con.execute("update marts.areas set name_sv = 'Planted Person', parent_code = 'PLANTED' where area_code = '0501'")
    con.close()
    docs = tmp_path / "docs"
    staffing, known = judge(warehouse, ["fct_staffing", ONE], docs=docs)
    assert (staffing.outcome, known.outcome) == ("warned", "failed")
    pages = "".join(p.read_text(encoding="utf-8") for p in docs.rglob("*.html"))
    assert data_docs.index(docs).is_file()
    assert "fct_staffing" in pages
    assert "rate_per_100000" in pages
    for planted in ("987654", "Planted Person", "PLANTED"):
        assert planted not in pages
        assert planted not in str((staffing, known))
    pages_before = len(list(docs.rglob("*.html")))
    # A judgement that was killed left its first pages and no index.
    data_docs.index(docs).unlink()
    shutil.rmtree(docs / "validations")
    judge(warehouse, ["fct_staffing", ONE], docs=docs)
    assert len(list(docs.rglob("*.html"))) == pages_before, "pages of an earlier judgement are left"


def test_data_docs_do_not_replace_other_files(sound: Path, tmp_path: Path) -> None:
    (tmp_path / "note.txt").write_text("keep me")
    with pytest.raises(FileExistsError, match="choose an empty directory"):
        judge(sound, [ONE], docs=tmp_path)
    assert (tmp_path / "note.txt").is_file()
