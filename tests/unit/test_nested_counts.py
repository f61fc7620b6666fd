"""Disclosure control on many nested counts: what must be hidden so that no single sum gives a small count back."""

from __future__ import annotations

import random

import pytest

from orchestration.releases.nested_counts import Sum, conflicting_sets, is_small, protected

T = 5


@pytest.mark.parametrize(
    ("counts", "small"),
    [((0,), False), ((1,), True), ((4,), True), ((5,), False), ((97, 3), True), ((97, 0), False), ((95, 5), False)],
)
def test_a_count_or_what_it_leaves_is_small(counts: tuple[int, ...], small: bool) -> None:
    assert is_small(counts, T) is small


def test_two_sets_that_differ_by_few_are_not_both_shown() -> None:
    order = ("pvv_mov", "none", "pvv", "pvv_mov_sov")
    sets = {"none": (90, 20), "pvv": (82, 14), "pvv_mov": (80, 12), "pvv_mov_sov": (80, 12)}
    # none and the headline differ by 10 and 8; pvv differs from the headline by 2 and 2; SoV has nobody: a true zero.
    assert conflicting_sets(sets, order, T) == ["pvv"]
    assert conflicting_sets({"none": (90, 20), "pvv_mov": (80, 17)}, order, T) == ["none"]
    assert conflicting_sets({"none": (90, 20), "pvv_mov": (85, 15)}, order, T) == []


def test_one_hidden_part_takes_the_smallest_shown_one_along() -> None:
    cells = [(60,), (3,), (20,), (37,)]
    one = Sum(0, (1, 2, 3))
    assert protected(cells, {1}, [one], T) == {1, 2}
    # 3 + 6 are less than twice the threshold: a third is hidden.
    assert protected([(60,), (3,), (6,), (51,)], {1}, [one], T) == {1, 2, 3}
    assert protected([(60,), (3,), (7,), (50,)], {1}, [one], T) == {1, 2}


def test_each_count_that_is_hidden_together_must_vary() -> None:
    """Within and beyond: 40 + 50 within are plenty, 1 + 2 beyond are not."""
    cells = [(150, 9), (40, 1), (50, 2), (60, 6)]
    assert protected(cells, {1}, [Sum(0, (1, 2, 3))], T) == {0, 1, 2, 3}
    assert protected([(150, 18), (40, 1), (50, 2), (60, 15)], {1}, [Sum(0, (1, 2, 3))], T) == {1, 2, 3}
    assert protected([(150, 0), (40, 0), (50, 0), (60, 0)], {1}, [Sum(0, (1, 2, 3))], T) == {1, 2}


def test_a_hidden_whole_needs_a_hidden_part_and_zeroes_protect_nothing() -> None:
    assert protected([(60,), (0,), (20,), (40,)], {0}, [Sum(0, (1, 2, 3))], T) == {0, 2}
    assert protected([(3,), (3,), (0,)], {1}, [Sum(0, (1, 2))], T) == {0, 1}


def test_what_one_sum_hides_is_protected_in_the_others() -> None:
    """The worked case of methods M14 by rows (women, men) and columns (towns, county)."""
    towns = {"M1": (12, 3), "M2": (20, 9), "M3": (8, 7), "M4": (30, 16)}
    cells, place, sums = [], {}, []
    for name, (women, men) in {**towns, "county": (70, 35)}.items():
        for sex, count in (("women", women), ("men", men), ("total", women + men)):
            place[name, sex] = len(cells)
            cells.append((count,))
        sums.append(Sum(place[name, "total"], (place[name, "women"], place[name, "men"])))
    for sex in ("women", "men", "total"):
        sums.append(Sum(place["county", sex], tuple(place[t, sex] for t in towns)))
    hidden = protected(cells, {place["M1", "men"]}, sums, T)
    assert hidden == {place[t, s] for t in ("M1", "M3") for s in ("women", "men")}


def test_no_single_sum_gives_a_small_count_back() -> None:
    for seed in range(200):
        rng = random.Random(seed)
        cells = [(rng.choice((0, 1, 3, 6, 9, 30)),) for _ in range(12)]
        sums = []
        for _ in range(4):
            parts = tuple(rng.sample(range(12), rng.randint(2, 6)))
            cells.append((sum(cells[p][0] for p in parts),))
            sums.append(Sum(len(cells) - 1, parts))
        small = {i for i, c in enumerate(cells) if is_small(c, T)}
        hidden = protected(cells, small, sums, T)
        assert small <= hidden
        for one in sums:
            inside = [p for p in one.parts if p in hidden]
            if one.whole not in hidden and inside:
                assert len(inside) > 1, (seed, one)
                assert sum(cells[p][0] for p in inside) >= 2 * T or not any(cells[p][0] for p in inside), (seed, one)
            if one.whole in hidden and any(cells[p][0] for p in one.parts):
                assert inside, (seed, one)
