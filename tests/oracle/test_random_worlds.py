"""The oracle on random worlds: each of its rules bites, and it has the symmetries that it must have."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import timedelta

import pytest

from .episodes import SPELLS, Joins, units
from .readmissions import ALL_CAUSE, CIHI_LIKE, NHS, PRESETS, SOCIALSTYRELSEN, Index, Method, judge
from .stays import by_person
from .worlds import DAYS_OF_28_YEARS, World, shifted, world

#: Each mutant drops or bends one rule of a preset.
MUTANTS = {
    "the last day no longer counts": replace(SOCIALSTYRELSEN, last_day_counts=False),
    "day 0 counts": replace(ALL_CAUSE, window_first=0),
    "transfers are not joined": replace(SOCIALSTYRELSEN, joins=Joins(same_day=True, transfer_days=None)),
    "transfers are not joined in spells": replace(ALL_CAUSE, joins=Joins(same_day=False, transfer_days=None)),
    "a transfer may take two days": replace(NHS, joins=Joins(same_day=False, transfer_days=2)),
    "same-day stays are not joined": replace(CIHI_LIKE, joins=SPELLS),
    "follow-up need not be complete": replace(CIHI_LIKE, run_out=False),
    "planned returns count": replace(SOCIALSTYRELSEN, planned_rule="all"),
    "a planned first return is passed over": replace(ALL_CAUSE, planned_rule="any_unplanned"),
    "an unknown flag is planned": replace(NHS, unknown_is_planned=True),
    "any age": replace(SOCIALSTYRELSEN, age_min=None),
    "age at admission": replace(SOCIALSTYRELSEN, age_moment="admission"),
    "diagnoses are not needed": replace(CIHI_LIKE, needs_diagnoses=False),
    "any index diagnosis": replace(SOCIALSTYRELSEN, index_diagnoses=None),
    "any return diagnosis": replace(SOCIALSTYRELSEN, return_diagnoses=None),
    "death in the window excludes": replace(NHS, death_in_window="excluded"),
}
WORLDS = 60


@pytest.fixture(scope="module")
def worlds() -> list[World]:
    return [world(n, most=200) for n in range(WORLDS)]


@pytest.fixture(scope="module")
def results(worlds: list[World]) -> list[list[Index]]:
    return [judge(w.stays, w.delivered) for w in worlds]


@pytest.mark.parametrize("name", MUTANTS)
def test_each_mutant_disagrees_on_many_worlds(name: str, worlds: list[World], results: list[list[Index]]) -> None:
    mutant = MUTANTS[name]
    differing = sum(
        judge(w.stays, w.delivered, [mutant]) != [r for r in rows if r.method_code == mutant.method_code]
        for w, rows in zip(worlds, results, strict=True)
    )
    assert differing >= WORLDS // 20, f"{name}: {differing} of {WORLDS} worlds"


def test_worlds_hold_what_they_promise(worlds: list[World], results: list[list[Index]]) -> None:
    assert world(7) == world(7)
    sizes = [len(world(n).stays) for n in range(40)]
    assert min(sizes) >= 50
    assert 300 < max(sizes) <= 500
    reasons = Counter(r.exclusion_reason for rows in results for r in rows)
    wanted = {"open", "died", "reserve_number", "age", "diagnosis", "no_diagnoses", "incomplete_follow_up", None}
    assert set(reasons) == wanted
    assert min(reasons.values()) > 100
    days = Counter(r.days for rows in results for r in rows)
    assert all(days[d] > 20 for d in (0, 1, 2, 28, 29, 30)), days
    stays = [s for w in worlds for s in w.stays]
    assert {s.planned for s in stays} == {True, False, None}
    assert any(len(u.stays) >= 4 for own in by_person(stays).values() for u in units(own, SPELLS))


def test_shifting_everything_by_28_years_shifts_the_results(worlds: list[World], results: list[list[Index]]) -> None:
    by = DAYS_OF_28_YEARS
    for w, rows in zip(worlds[:20], results, strict=False):
        expected = [
            replace(
                r,
                index_admission=r.index_admission + by,
                index_discharge=r.index_discharge and r.index_discharge + by,
                readmission_admission=r.readmission_admission and r.readmission_admission + by,
                returns=tuple(d + by for d in r.returns),
            )
            for r in rows
        ]
        moved = shifted(w)
        assert judge(moved.stays, moved.delivered) == expected


@pytest.mark.parametrize("method", [SOCIALSTYRELSEN, NHS, CIHI_LIKE], ids=lambda m: m.method_code)
def test_a_planned_stay_that_bridges_nothing_can_be_removed(method: Method, worlds: list[World]) -> None:
    removed = 0
    for w in worlds[:20]:
        before = {r.stay_id: r for r in judge(w.stays, w.delivered, [method])}
        alone = [
            u.first
            for own in by_person(w.stays).values()
            for u in units(own, method.joins)
            if len(u.stays) == 1 and u.first.planned
        ]
        for gone in alone[:5]:
            left = [s for s in w.stays if s != gone]
            after = {r.stay_id: r for r in judge(left, w.delivered, [method])}
            assert after == {k: r for k, r in before.items() if k != gone.stay_id}
            removed += 1
    assert removed >= 50


def test_a_stay_outside_every_window_can_be_removed_where_the_first_return_decides(worlds: list[World]) -> None:
    """A single stay that begins more than 30 days after the end of each earlier one is nobody's return."""
    removed = 0
    for w in worlds:
        before = {r.stay_id: r for r in judge(w.stays, w.delivered, [ALL_CAUSE])}
        for own in by_person(w.stays).values():
            joined = units(own, ALL_CAUSE.joins)
            ends = [u.discharge for u in joined[:-1] if u.discharge]
            last = joined[-1]
            if len(last.stays) > 1 or not ends or (last.admission - max(ends)).days <= ALL_CAUSE.window_last:
                continue
            after = judge([s for s in w.stays if s != last.first], w.delivered, [ALL_CAUSE])
            assert {r.stay_id: r for r in after} == {k: r for k, r in before.items() if k != last.first.stay_id}
            removed += 1
    assert removed >= 20


def test_readmissions_never_exceed_index_stays(worlds: list[World], results: list[list[Index]]) -> None:
    many = 0
    for w, rows in zip(worlds, results, strict=True):
        for r in rows:
            assert len(r.returns) == (1 if r.readmitted else 0)
            assert (r.readmitted is None) == (not r.eligible)
            assert r.days is None or r.readmission_admission == r.index_discharge + timedelta(days=r.days)  # type: ignore[operator]
        every = judge(w.stays, w.delivered, [replace(NHS, many_per_index=True)])
        assert [r.readmitted for r in every] == [r.readmitted for r in rows if r.method_code == "nhs"]
        many += sum(len(r.returns) > 1 for r in every)
    assert many > 0
    assert {m.method_code for m in PRESETS} == {r.method_code for r in results[0]}
