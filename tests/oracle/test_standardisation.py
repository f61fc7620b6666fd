"""The worked cases of methods M3 and M5, to the digits given."""

from __future__ import annotations

import pytest

from .standardisation import (
    ESP2013,
    SE_2015,
    Z_998,
    Rate,
    crude,
    overdispersion,
    standardised,
    weight,
)

A_EVENTS, A_PEOPLE = (2, 10, 30, 58), (40000, 30000, 20000, 10000)
A_BANDS = ((20, 44), (45, 64), (65, 79), (80, None))
A_PERSONS = ({1: 2}, {1: 8, 2: 1}, {1: 18, 2: 3, 3: 2}, {1: 30, 2: 8, 4: 3})
B_EVENTS = (1, 1, 2, 3, 5, 8, 12, 18, 27, 40, 58, 66, 61, 49, 30)
B_PEOPLE = (6100, 6400, 6000, 5900, 6300, 6500, 6400, 5800, 5600, 5700, 5100, 3500, 2400, 1600, 950)


def weights(standard, bands) -> list[int]:
    return [weight(standard, *band) for band in bands]


def fine(standard) -> list[int]:
    return [w for band, w in standard.items() if int(band.rstrip("+").split("-")[0]) >= 20]


def near(rate: Rate, value: float, low: float, high: float, rel: float = 1e-11) -> None:
    assert (rate.value, rate.low, rate.high) == pytest.approx((value, low, high), rel=rel)


def test_the_standards_are_whole() -> None:
    assert weights(ESP2013, A_BANDS) == [32500, 26500, 14500, 5000]
    assert weights(SE_2015, A_BANDS) == [3218446, 2445729, 1445577, 501650]
    assert sum(ESP2013.values()) == 100_000
    assert sum(SE_2015.values()) == 9_851_017
    assert (sum(fine(ESP2013)), sum(fine(SE_2015))) == (78_500, 7_611_402)


def test_case_a() -> None:
    near(standardised(A_EVENTS, A_PEOPLE, weights(ESP2013, A_BANDS)), 77.9723991507, 63.0708874648, 95.2645328955)
    near(standardised(A_EVENTS, A_PEOPLE, weights(SE_2015, A_BANDS)), 79.5398902857, 64.4036422051, 97.1044187523)
    wide = standardised(A_EVENTS, A_PEOPLE, weights(ESP2013, A_BANDS), z=Z_998)
    assert (wide.low, wide.high) == pytest.approx((55.508624, 105.910790), rel=1e-7)
    near(crude(A_EVENTS, A_PEOPLE), 100, 81.3621054905, 121.6279375792)


def test_case_b_the_banding_matters() -> None:
    near(standardised(B_EVENTS, B_PEOPLE, fine(ESP2013)), 504.4457865482, 454.9410520904, 557.8575121568)
    near(standardised(B_EVENTS, B_PEOPLE, fine(SE_2015)), 504.6961002021, 455.2783880771, 558.0139355392)
    assert crude(B_EVENTS, B_PEOPLE).value == pytest.approx(513.131313, rel=1e-8)


def test_case_c_no_value_below_ten_events() -> None:
    assert standardised((0, 1, 3, 5), A_PEOPLE, weights(ESP2013, A_BANDS)) == Rate(None, None, None)
    assert standardised((0, 1, 3, 6), A_PEOPLE, weights(ESP2013, A_BANDS)).value is not None


def test_several_events_per_person_widen_the_limits_only() -> None:
    phi = overdispersion(A_PERSONS)
    assert phi == pytest.approx(1.72, rel=1e-12)
    near(crude(A_EVENTS, A_PEOPLE, phi), 100, 75.5566305063, 128.3647742166)
    several = standardised(A_EVENTS, A_PEOPLE, weights(ESP2013, A_BANDS), A_PERSONS)
    near(several, 77.9723991507, 59.0655763493, 99.9124086922)
    assert overdispersion([{1: o} for o in A_EVENTS]) == 1


def test_bands_without_people() -> None:
    known = weights(ESP2013, A_BANDS)
    emptied = standardised((0, 10, 30, 58), (0, 30000, 20000, 10000), known)
    assert emptied == standardised((10, 30, 58), (30000, 20000, 10000), known[1:])
    with pytest.raises(ValueError, match="2 events among no people"):
        standardised(A_EVENTS, (0, 30000, 20000, 10000), known)
    with pytest.raises(ValueError, match="are not 10 events"):
        standardised(A_EVENTS, A_PEOPLE, known, ({1: 2}, {1: 8}, *A_PERSONS[2:]))
