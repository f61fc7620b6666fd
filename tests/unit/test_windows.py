"""Months, runs of months, chunks, vars and follow-up windows, with their bounds."""

from __future__ import annotations

from datetime import date

import pytest

from orchestration.warehouse.windows import (
    Window,
    chunks,
    dbt_environment,
    first_day,
    is_month,
    last_day,
    months_between,
    reached_by,
    runs,
    shifted,
)


@pytest.mark.parametrize(
    "text", ["2024-00", "2024-13", "2024-5", "202405", "open", "outside 2024-05", "2024-05-01", ""]
)
def test_what_is_no_month_is_told(text: str) -> None:
    assert not is_month(text)
    with pytest.raises(ValueError, match="write it as 2024-05"):
        first_day(text)


@pytest.mark.parametrize(
    ("month", "first", "last"),
    [
        ("2024-02", date(2024, 2, 1), date(2024, 2, 29)),
        ("2023-02", date(2023, 2, 1), date(2023, 2, 28)),
        ("2000-02", date(2000, 2, 1), date(2000, 2, 29)),
        ("1900-02", date(1900, 2, 1), date(1900, 2, 28)),
        ("2023-12", date(2023, 12, 1), date(2023, 12, 31)),
        ("2024-04", date(2024, 4, 1), date(2024, 4, 30)),
    ],
)
def test_bounds_of_a_month(month: str, first: date, last: date) -> None:
    assert (first_day(month), last_day(month)) == (first, last)


def test_months_cross_the_year_end() -> None:
    assert shifted("2023-12", 1) == "2024-01"
    assert shifted("2024-01", -1) == "2023-12"
    assert shifted("2024-05", -29) == "2021-12"
    assert months_between("2023-11", "2024-02") == ("2023-11", "2023-12", "2024-01", "2024-02")
    assert months_between("2024-02", "2024-01") == ()


@pytest.mark.parametrize(
    ("month", "days", "reached"),
    [
        ("2023-03", 30, ("2023-01", "2023-02")),  # 1 March − 30 days = 30 January
        ("2024-03", 30, ("2024-01", "2024-02")),  # leap year: 31 January
        ("2024-03", 29, ("2024-02",)),  # 1 February
        ("2023-03", 28, ("2023-02",)),  # 1 February
        ("2023-03", 29, ("2023-01", "2023-02")),  # 31 January
        ("2023-05", 30, ("2023-04",)),  # 1 April
        ("2023-05", 31, ("2023-03", "2023-04")),  # 31 March
        ("2024-01", 30, ("2023-12",)),  # 2 December
        ("2024-01", 31, ("2023-12",)),  # 1 December
        ("2024-01", 32, ("2023-11", "2023-12")),  # 30 November
        ("2024-01", 1, ("2023-12",)),
        ("2024-01", 0, ()),
    ],
)
def test_months_whose_follow_up_reaches_a_month(month: str, days: int, reached: tuple[str, ...]) -> None:
    assert reached_by(month, days) == reached


def test_runs_are_the_fewest_windows_of_the_months() -> None:
    months = ["2024-01", "2023-12", "2023-10", "2024-03", "2023-12"]
    assert runs(months) == [Window("2023-10", "2023-10"), Window("2023-12", "2024-01"), Window("2024-03", "2024-03")]
    assert runs([]) == []


@pytest.mark.parametrize(
    ("months", "sizes"), [(1, [1]), (24, [24]), (25, [12, 13]), (48, [12, 24, 12]), (120, [12, *[24] * 4, 12])]
)
def test_chunks_begin_with_even_years_and_hold_every_month_once(months: int, sizes: list[int]) -> None:
    whole = Window("2013-01", shifted("2013-01", months - 1))
    parts = chunks(whole)
    assert [len(p) for p in parts] == sizes
    assert [m for p in parts for m in p.months] == list(whole.months)


def test_months_that_begin_at_different_times_share_their_later_chunks() -> None:
    longer, shorter = chunks(Window("2015-01", "2024-12")), chunks(Window("2020-05", "2024-12"))
    assert longer[-2:] == shorter[-2:] == [Window("2022-01", "2023-12"), Window("2024-01", "2024-12")]
    assert shorter[0] == Window("2020-05", "2021-12")


@pytest.mark.parametrize(("last", "after"), [("2024-02", "2024-03-01"), ("2023-12", "2024-01-01")])
def test_a_window_ends_the_day_after(last: str, after: str) -> None:
    told = dbt_environment(Window("2023-12", last))
    assert told == {"VARDLAGRET_WINDOW_START": "2023-12-01", "VARDLAGRET_WINDOW_END": after}


def test_no_window_replaces_the_open_partition_alone() -> None:
    assert len(set(dbt_environment(None).values())) == 1
