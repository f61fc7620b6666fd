"""The waits oracle: W1 to W5, the worked exclusion sets and quantiles, and that each rule bites on random contacts."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from .contact_worlds import MONTHS, contacts
from .waits import (
    ASSESSMENT,
    ASSESSMENT_FROM_DECISION,
    EXCLUSIONS,
    FIRST_VISIT,
    TREATMENT,
    Contact,
    Rule,
    Slice,
    by_interval,
    fault,
    percent,
    quantile,
    wait,
    waits,
    within,
)

MAY = date(2024, 5, 1)
DONE = Slice(MAY, "performed")


def performed(days: int, on: date = date(2024, 5, 20), **more) -> Contact:
    return Contact("c", MAY, contact_sought_date=on - timedelta(days=days), performed_date=on, **more)


def test_w1_a_patient_chosen_wait_is_outside_numerator_and_denominator() -> None:
    found = [performed(2, deviation_code="PvV"), performed(2), performed(9)]
    assert waits(found, ASSESSMENT, replace(DONE, exclusion_set="pvv")) == [2, 9]
    assert waits(found, ASSESSMENT, DONE) == [2, 2, 9]


def test_w2_ninety_days_are_within_and_ninety_one_over() -> None:
    visits = [performed(90, phase="first_visit"), performed(91, phase="first_visit")]
    assert within(waits(visits, FIRST_VISIT, DONE), FIRST_VISIT.days) == 1
    assert percent([3, 4], 3) == 50


def test_w3_what_cannot_be_is_a_fault() -> None:
    assert fault(performed(-1), ASSESSMENT) == "negative wait"
    assert fault(performed(0), ASSESSMENT) is None
    assert fault(replace(performed(3), month=date(2024, 6, 1)), ASSESSMENT) == "performed in another month"
    assert fault(replace(performed(3), status="waiting"), ASSESSMENT) == "waiting with a date performed"
    assert fault(replace(performed(3), performed_date=None), ASSESSMENT) == "performed without a date"


def test_w4_an_assessment_on_the_day_is_no_days() -> None:
    assert wait(performed(0), ASSESSMENT) == 0
    assert percent(waits([performed(0)], ASSESSMENT, DONE), 3) == 100


def test_w5_performed_on_the_last_day_is_performed() -> None:
    last = performed(5, on=date(2024, 5, 31))
    waiting = Contact("w", MAY, contact_sought_date=date(2024, 5, 1), status="waiting")
    assert fault(last, ASSESSMENT) is None
    assert waits([last, waiting], ASSESSMENT, DONE) == [5]
    assert waits([last, waiting], ASSESSMENT, Slice(MAY, "waiting")) == [30]


def test_the_clock_starts_where_the_rule_says() -> None:
    visit = Contact("c", MAY, date(2024, 5, 1), date(2024, 5, 4), date(2024, 5, 9), performed_date=date(2024, 5, 11))
    assert [wait(visit, r) for r in (ASSESSMENT, FIRST_VISIT, TREATMENT, ASSESSMENT_FROM_DECISION)] == [10, 7, 2, 2]
    assert wait(replace(visit, referral_date=None), FIRST_VISIT) == 10
    assert wait(replace(visit, decision_date=None), TREATMENT) is None


def test_the_worked_exclusion_sets() -> None:
    """M10: none (78 within, 9 over), PvV (2, 6), MoV (1, 3), SoV (0, 1)."""
    counted = {None: (78, 9), "PvV": (2, 6), "MoV": (1, 3), "SoV": (0, 1)}
    found = [
        performed(days, deviation_code=code)
        for code, (inside, over) in counted.items()
        for days in [3] * inside + [4] * over
    ]
    shares = {name: percent(waits(found, ASSESSMENT, replace(DONE, exclusion_set=name)), 3) for name in EXCLUSIONS}
    assert shares == pytest.approx(
        {"none": 81, "pvv": 85.869565, "pvv_mov": 88.636364, "pvv_mov_sov": 89.655172}, rel=1e-8
    )


def test_quantiles_of_type_7() -> None:
    days = [1, 2, 2, 3, 5, 8, 13, 21, 34, 55]
    assert (quantile(days, 0.5), quantile(days, 0.9)) == pytest.approx((6.5, 36.1), rel=1e-12)
    assert quantile(days[:9], 0.5) is None
    assert quantile([4] * 10, 0.9) == 4


def test_intervals_hold_every_wait_once() -> None:
    edges = [0, 30, 31, 60, 61, 90, 91, 120, 121, 180, 181, 365, 366, 2000]
    assert list(by_interval(edges).values()) == [2] * 7


def test_acute_and_unguaranteed_contacts_are_left_out_and_areas_add_up() -> None:
    found = [performed(1, acute=True), performed(1, guarantee_applies=False), performed(1, residence_region=None)]
    assert len(waits(found, ASSESSMENT, DONE)) == 1
    assert waits(found, ASSESSMENT, replace(DONE, area="01", attribution="residence")) == []
    assert waits(found, ASSESSMENT, replace(DONE, area="01")) == [1]


def _answers(rule: Rule, found: list[Contact], bound: int) -> list:
    days = [waits(found, rule, Slice(m, s, e)) for m in MONTHS for s in ("performed", "waiting") for e in EXCLUSIONS]
    return [(percent(d, bound), quantile(d, 0.5), tuple(by_interval(d).values())) for d in days]


def test_each_rule_bites_on_random_contacts() -> None:
    worlds = [contacts(n) for n in range(10)]
    assert contacts(3) == contacts(3)
    bent = {
        "the bound itself is over": lambda w: _answers(ASSESSMENT, w, 2),
        "the clock starts at the decision": lambda w: _answers(ASSESSMENT_FROM_DECISION, w, 3),
        "acute contacts count": lambda w: _answers(ASSESSMENT, [replace(c, acute=False) for c in w], 3),
        "all are guaranteed": lambda w: _answers(ASSESSMENT, [replace(c, guarantee_applies=True) for c in w], 3),
        "deviations are not excluded": lambda w: _answers(ASSESSMENT, [replace(c, deviation_code=None) for c in w], 3),
    }
    for name, answers in bent.items():
        assert sum(answers(w) != _answers(ASSESSMENT, w, 3) for w in worlds) == len(worlds), name
    for rule in (ASSESSMENT, FIRST_VISIT, TREATMENT):
        assert all(fault(c, rule) is None for w in worlds for c in w if c.phase == rule.phase)
        seen = {wait(c, rule) for w in worlds for c in w if c.phase == rule.phase}
        assert {rule.days, rule.days + 1} <= seen
