"""The oracle itself: the worked cases R1 to R15 by hand, its joins pair by pair, and that it stands alone."""

from __future__ import annotations

import ast
import sys
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from .episodes import EPISODES, SPELLS, Joins, units
from .readmissions import ALL_CAUSE, CIHI_LIKE, NHS, SOCIALSTYRELSEN, Index, Method, judge
from .stays import Stay, complete_years

DATA_END = {("se", "01"): date(2025, 12, 31)}
ANY = replace(CIHI_LIKE, method_code="any")


def stay(admission: str, discharge: str | None, **more) -> Stay:
    """A stay of one person; dates as month-day of 2024 or in full."""

    def day(text: str) -> date:
        return date.fromisoformat(text if len(text) == 10 else f"2024-{text}")

    return Stay(more.pop("stay_id", admission), "p", day(admission), discharge and day(discharge), **more)


def run(method: Method, *stays: Stay, end: date | None = None) -> list[Index]:
    return judge(stays, {("se", "01"): end} if end else DATA_END, [method])


def outcome(method: Method, *stays: Stay, end: date | None = None) -> tuple[int, int]:
    """Index stays and readmissions."""
    rows = [r for r in run(method, *stays, end=end) if r.eligible]
    return len(rows), sum(bool(r.readmitted) for r in rows)


#: id, stays, index stays and readmissions under day 1 to 30 and unplanned, readmissions under day 0 to 29 (NHS spells).
CASES = {
    "R1": ([stay("02-20", "03-01"), stay("03-31", "04-05")], (2, 1), 0),
    "R2": ([stay("02-20", "03-01"), stay("04-01", "04-05")], (2, 0), 0),
    "R3": ([stay("02-20", "03-01"), stay("03-01", "03-05")], (1, 0), 1),
    "R4": ([stay("03-01", "03-05", transferred_out=True), stay("03-05", "03-08", transferred_out=True),
            stay("03-08", "03-12"), stay("04-11", "04-12")], (2, 1), 0),
    "R5": ([stay("03-01", "03-20"), stay("03-05", "03-10")], (1, 0), 0),
    "R8a": ([stay("01-20", "01-31"), stay("03-01", "03-05")], (2, 1), 0),
    "R8b": ([stay("2023-01-20", "2023-01-31"), stay("2023-03-01", "2023-03-05")], (2, 1), 1),
    "R9": ([stay("2023-12-10", "2023-12-15"), stay("01-10", "01-12")], (2, 1), 1),
    "R11": ([stay("01-01", "01-05"), stay("01-20", "01-25"), stay("02-10", "02-12")], (3, 2), 2),
    "R13": ([stay("03-20", "03-31", transferred_out=True), stay("04-01", "04-05")], (1, 0), 0),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_worked_cases(case: str) -> None:
    stays, expected, zero_to_29 = CASES[case]
    assert outcome(SOCIALSTYRELSEN, *stays) == expected
    assert outcome(CIHI_LIKE, *stays) == expected
    assert outcome(NHS, *stays)[1] == zero_to_29


def test_r4_the_index_ends_with_the_last_stay_of_the_chain() -> None:
    chain = run(SOCIALSTYRELSEN, *CASES["R4"][0])[0]
    assert (chain.index_discharge, chain.days, chain.stay_id) == (date(2024, 3, 12), 30, "03-08")


def test_r6_a_planned_return_is_passed_over_or_ends_the_follow_up() -> None:
    stays = [stay("02-20", "03-01"), stay("03-11", "03-12", planned=True), stay("03-21", "03-25")]
    under_any, under_first = run(ANY, *stays)[0], run(replace(ALL_CAUSE, joins=EPISODES), *stays)[0]
    assert (under_any.readmitted, under_any.days) == (True, 20)
    assert (under_first.readmitted, under_first.days) == (False, None)
    assert len(units(list(stays), EPISODES)) == 3


def test_r7_a_death_in_hospital_is_no_index() -> None:
    assert [r.exclusion_reason for r in run(ALL_CAUSE, stay("03-01", "03-05", deceased=True))] == ["died"]
    assert outcome(ALL_CAUSE, stay("03-01", "03-05")) == (1, 0)


def test_a_death_in_the_window_stays_in_the_denominator_unless_switched() -> None:
    alone = stay("03-01", "03-05", death_date=date(2024, 3, 20))
    assert outcome(ALL_CAUSE, alone) == (1, 0)
    without_deaths = replace(ALL_CAUSE, death_in_window="excluded")
    assert outcome(without_deaths, alone) == (0, 0)
    on_day_31 = stay("03-01", "03-05", death_date=date(2024, 4, 5))
    assert outcome(without_deaths, on_day_31) == (1, 0)
    returned = stay("03-10", "03-12", death_date=date(2024, 3, 20), deceased=True)
    assert outcome(without_deaths, alone, returned) == (1, 1), "who returned before dying is answered for"


def test_r9_belongs_to_the_year_of_the_index() -> None:
    readmitted = [r for r in run(SOCIALSTYRELSEN, *CASES["R9"][0]) if r.readmitted]
    assert [(r.index_discharge.year, r.readmission_admission.year, r.days) for r in readmitted if r.index_discharge and r.readmission_admission] == [(2023, 2024, 26)]  # fmt: skip


def test_r10_follow_up_must_be_complete_in_the_region() -> None:
    late = stay("2023-12-15", "2023-12-20")
    assert [r.exclusion_reason for r in run(ALL_CAUSE, late, end=date(2023, 12, 31))] == ["incomplete_follow_up"]
    assert outcome(ALL_CAUSE, late, end=date(2024, 1, 19)) == (1, 0)
    assert outcome(ALL_CAUSE, late, end=date(2024, 1, 18)) == (0, 0)


def test_r12_age_is_taken_at_discharge() -> None:
    turning = stay("03-01", "03-05", birth_date=date(1959, 3, 3))
    assert outcome(replace(SOCIALSTYRELSEN, age_moment="admission"), turning) == (0, 0)
    assert outcome(SOCIALSTYRELSEN, turning) == (1, 0)


def test_r14_reserve_numbers_are_excluded_and_counted() -> None:
    assert [r.exclusion_reason for r in run(ALL_CAUSE, stay("03-01", "03-05", followable=False))] == ["reserve_number"]


def test_r15_an_open_stay_is_a_readmission_and_no_index() -> None:
    rows = run(SOCIALSTYRELSEN, stay("2023-11-20", "2023-12-01"), stay("2023-12-13", None), end=date(2023, 12, 31))
    assert [(r.readmitted, r.days, r.exclusion_reason) for r in rows] == [(True, 12, None), (None, None, "open")]


def test_joining_pair_by_pair() -> None:
    def joined(joins: Joins, *stays: Stay) -> list[list[str]]:
        return [[s.stay_id for s in u.stays] for u in units(list(stays), joins)]

    one, touching = stay("03-01", "03-05"), stay("03-05", "03-09")
    assert joined(EPISODES, one, touching) == [["03-01", "03-05"]]
    assert joined(SPELLS, one, touching) == [["03-01"], ["03-05"]]
    next_day = stay("03-06", "03-09")
    assert joined(EPISODES, one, next_day) == [["03-01"], ["03-06"]]
    assert joined(EPISODES, one, replace(next_day, transferred_in=True)) == [["03-01", "03-06"]]
    assert joined(SPELLS, replace(one, transferred_out=True), next_day) == [["03-01", "03-06"]]
    assert joined(SPELLS, replace(one, transferred_out=True), stay("03-07", "03-09")) == [["03-01"], ["03-07"]]
    # The nested stay ended first; the transfer out of the stay that contains it is what counts.
    holding = replace(stay("03-01", "03-10"), transferred_out=True)
    assert joined(EPISODES, holding, stay("03-03", "03-05"), stay("03-11", "03-12")) == [["03-01", "03-03", "03-11"]]
    # An open stay reaches over everything after it.
    assert joined(SPELLS, stay("03-01", None), stay("05-01", "05-03")) == [["03-01", "05-01"]]
    # A stay of one day on the day the other began: touching, not overlapping.
    assert joined(SPELLS, stay("03-01", "03-01", stay_id="short"), one) == [["short"], ["03-01"]]
    # One coded admission links with both stays that ended on the day or the day before.
    both = [one, stay("03-05", "03-05", stay_id="between"), replace(next_day, transferred_in=True)]
    assert joined(SPELLS, *both) == [["03-01", "between", "03-06"]]


def test_ages_at_the_bound() -> None:
    assert complete_years(date(1959, 3, 5), date(2024, 3, 4)) == 64
    assert complete_years(date(1959, 3, 5), date(2024, 3, 5)) == 65
    assert complete_years(date(1960, 2, 29), date(2025, 2, 28)) == 64
    assert complete_years(date(1960, 2, 29), date(2025, 3, 1)) == 65


def test_a_site_without_diagnoses_answers_only_methods_that_need_none() -> None:
    bare = [stay("02-20", "03-01", main_diagnosis=None), stay("03-11", "03-12", main_diagnosis=None)]
    for method in (SOCIALSTYRELSEN, NHS, CIHI_LIKE):
        assert {(r.exclusion_reason, r.readmitted) for r in run(method, *bare)} == {("no_diagnoses", None)}
    assert outcome(ALL_CAUSE, *bare) == (2, 1)
    one_coded = [bare[0], replace(bare[1], main_diagnosis="S720")]
    assert outcome(NHS, *one_coded) == (2, 1)


def test_the_oracle_imports_nothing_of_the_project() -> None:
    for module in Path(__file__).parent.glob("*.py"):
        for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
            names = [a.name for a in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom) and node.level == 0:
                names = [node.module or ""]
            allowed = sys.stdlib_module_names | ({"pytest", "tests"} if module.name.startswith("test_") else set())
            assert [n for n in names if n.split(".")[0] not in allowed] == [], module.name
