"""Every suite says what it needs to be trusted, and a suite that does not is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from expectations.counting import failing
from expectations.declarations import DATASETS, FOLDER, Expectation, Suite, SuiteUnusable, load

GOOD = {"id": "percent_range", "severity": "critical", "type": "ExpectColumnValuesToBeBetween",
        "origin": "arithmetic", "message": "a share is too large", "message_sv": "en andel är för stor"}  # fmt: skip
COUNT = {**GOOD, "id": "row_count", "type": "ExpectTableRowCountToBeBetween", "kwargs": {"min_value": 1}}


def suite(*expectations: dict[str, object]) -> Suite:
    return Suite.model_validate(
        {"dataset": "d", "version": 1, "slice_columns": None, "sql": "", "digest": "0", "expectations": expectations}
    )


@pytest.mark.parametrize("dataset", DATASETS)
def test_suites_open_with_emptiness_and_missing_values(dataset: str) -> None:
    ids = [e.id for e in load(dataset).expectations]
    assert ids[:2] == ["row_count", "row_count_history"]
    assert ids[2] == "missing_share" or dataset == "areas"
    assert load(dataset).expectation("row_count").kwargs["min_value"] >= 1


@pytest.mark.parametrize("dataset", DATASETS)
def test_bounds_say_where_they_come_from(dataset: str) -> None:
    known = ("measured", "arithmetic", "statute", "methods", "known answers", "report figure", "choice", "decision",
             "structure", "SCB", "as in the facts", "the published contract")  # fmt: skip
    for expectation in load(dataset).expectations:
        assert expectation.origin.startswith(known), (dataset, expectation.id, expectation.origin)
        assert expectation.message != expectation.message_sv


@pytest.mark.parametrize("dataset", DATASETS)
def test_failing_rows_can_be_counted_or_the_rule_is_about_the_table(dataset: str) -> None:
    about_the_table = ("ExpectTableRowCountToBeBetween", "ExpectColumnUniqueValueCountToBeBetween")
    for expectation in load(dataset).expectations:
        assert (failing(expectation) is None) == (expectation.type in about_the_table), expectation.id


def test_no_suite_file_is_without_a_dataset() -> None:
    assert {p.stem for p in (FOLDER / "suites").glob("*.yml")} == set(DATASETS)
    assert {p.stem for p in (FOLDER / "sql").glob("[!_]*.sql")} == set(DATASETS)


def test_an_empty_suite_or_one_without_row_count_is_refused() -> None:
    with pytest.raises(ValueError, match="empty suite passes anything"):
        suite()
    with pytest.raises(ValueError, match="an empty table passes all others"):
        suite(GOOD)
    with pytest.raises(ValueError, match="stands twice"):
        suite(COUNT, GOOD, GOOD)
    assert len(suite(COUNT, GOOD).expectations) == 2


def test_a_bound_that_yaml_reads_as_text_is_refused() -> None:
    with pytest.raises(ValueError, match=r"write 0\.000001"):
        Expectation.model_validate({**GOOD, "kwargs": {"column": "x", "max_value": "1e-6"}})


def test_history_replaces_the_bounds_only_where_there_is_one() -> None:
    rule = Expectation.model_validate({**COUNT, "history": {"least": 0.5, "most": 3}})
    assert rule.arguments(None) == {"min_value": 1}
    assert rule.arguments(101) == {"min_value": 50, "max_value": 303}


def test_failing_rows_are_those_outside_the_bounds() -> None:
    rule = Expectation.model_validate({**GOOD, "kwargs": {"column": "x", "min_value": 0, "max_value": 100}})
    assert failing(rule) == "x < 0 or x > 100"
    assert failing(Expectation.model_validate({**COUNT})) is None


def test_version_follows_the_declaration_its_query_and_the_shared_rules(tmp_path: Path) -> None:
    import shutil

    for part in ("suites", "sql"):
        shutil.copytree(FOLDER / part, tmp_path / part)
    versions = {load("fct_costs", tmp_path).suite_version}
    for path in ("suites/fct_costs.yml", "sql/fct_costs.sql", "sql/_rules.sql"):
        with (tmp_path / path).open("a", encoding="utf-8") as file:
            file.write("\n")
        versions.add(load("fct_costs", tmp_path).suite_version)
    assert len(versions) == 4


def test_a_suite_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(SuiteUnusable, match=r"fct_costs: no suite, fct_costs\.yml is missing"):
        load("fct_costs", tmp_path)
