"""The days a period covers, in every form of the contract."""

from __future__ import annotations

from datetime import date

import pytest

from orchestration.releases.periods import bounds, overlap


@pytest.mark.parametrize(
    ("period", "first", "last"),
    [
        ("2024", (2024, 1, 1), (2024, 12, 31)),
        ("2024-02", (2024, 2, 1), (2024, 2, 29)),
        ("2024-12", (2024, 12, 1), (2024, 12, 31)),
        ("2017-H1", (2017, 1, 1), (2017, 6, 30)),
        ("2017-H2", (2017, 7, 1), (2017, 12, 31)),
        ("2013/2016", (2013, 1, 1), (2016, 12, 31)),
        ("2022-01-01/P3Y", (2022, 1, 1), (2024, 12, 31)),
        ("2024-11-01/P3M", (2024, 11, 1), (2025, 1, 31)),
        ("2024-12-31", (2024, 12, 31), (2024, 12, 31)),
    ],
)
def test_bounds(period, first, last):
    assert bounds(period) == (date(*first), date(*last))


@pytest.mark.parametrize("text", ["24", "2024-H3", "2024-13", "T1 2024", "", "2024-02-30"])
def test_what_is_no_period_is_refused(text):
    with pytest.raises(ValueError, match=r".+"):
        bounds(text)


@pytest.mark.parametrize(
    ("one", "other", "answer"),
    [
        ("2024", "2024-12-31", True),
        ("2024", "2025-01", False),
        ("2013/2016", "2016-H2", True),
        ("2017-H1", "2017-07", False),
        ("2024", "no period", True),
    ],
)
def test_overlap_is_symmetric_and_cautious(one, other, answer):
    assert overlap(one, other) is answer
    assert overlap(other, one) is answer
