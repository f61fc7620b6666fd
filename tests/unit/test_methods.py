"""Confidence intervals against the worked numbers of the methods (M1 and M2)."""

from __future__ import annotations

import numpy as np
import pytest

from orchestration.indicators.methods import Z, poisson_count, poisson_rate, wilson, z_of

# k, n, 95 % low and high, 99.8 % low and high; right to ten decimals.
WILSON = [
    (65, 100, 0.5525444330, 0.7363575176, 0.4954946574, 0.7783540614),
    (5, 20, 0.1118617014, 0.4687008776, 0.0717136629, 0.5898715444),
    (0, 30, 0.0, 0.1135133932, 0.0, 0.2414575933),
    (30, 30, 0.8864866068, 1.0, 0.7585424067, 1.0),
    (242, 724, 0.3008471179, 0.3694107424, 0.2825454911, 0.3902782402),
    (1, 290, 0.0006089649, 0.0192706628, 0.0003009125, 0.0382554341),
    (10498, 11840, 0.8808193619, 0.8922406315, 0.8773389143, 0.8953486864),
]
# Events, limits; exact below 10 and Byar's approximation from 10 on, with the other method's limits.
COUNTS = [
    (0, 0.0, 3.6888794541, None, None),
    (1, 0.0253178080, 5.5716433909, 0.0130721329, 5.5637555825),
    (9, 4.1153730974, 17.0848034514, 4.1068850240, 17.0857806885),
    (10, 4.7874499140, 18.3914586058, 4.7953886961, 18.3903560420),
    (25, 16.1742659217, 36.9064506922, 16.1786818478, 36.9049316975),
    (100, 81.3621054905, 121.6279375792, 81.3639912509, 121.6267937924),
    (562, 516.4896104862, 610.4456467421, 516.4903198802, 610.4450698250),
]


def near(expected: float) -> object:
    return pytest.approx(expected, rel=1e-9, abs=6e-11)


@pytest.mark.parametrize(("k", "n", "low", "high", "low_998", "high_998"), WILSON)
def test_wilson_gives_the_worked_limits(
    k: int, n: int, low: float, high: float, low_998: float, high_998: float
) -> None:
    assert [x.item() for x in wilson(np.array(k), np.array(n))] == [near(low), near(high)]
    assert [x.item() for x in wilson(np.array(k), np.array(n), 0.998)] == [near(low_998), near(high_998)]


def test_wilson_of_none_and_of_all_is_exact() -> None:
    low, high = wilson(np.array([0, 30, 0, 7]), np.array([30, 30, 1_904_005, 7]))
    assert low[0] == 0.0
    assert low[2] == 0.0
    assert high[1] == 1.0
    assert high[3] == 1.0


def test_wilson_works_on_columns_as_on_single_counts() -> None:
    low, high = wilson(np.array([w[0] for w in WILSON]), np.array([w[1] for w in WILSON]))
    for at, (k, n, *_) in enumerate(WILSON):
        assert (low[at], high[at]) == tuple(x.item() for x in wilson(np.array(k), np.array(n)))


@pytest.mark.parametrize(("k", "n"), [(1, 0), (0, 0), (-1, 10), (11, 10)])
def test_wilson_refuses_counts_that_make_no_proportion(k: int, n: int) -> None:
    with pytest.raises(ValueError, match=rf"k = {k}, n = {n}; needs 0 <= k <= n and n > 0"):
        wilson(np.array([5, k]), np.array([10, n]))


@pytest.mark.parametrize(("events", "low", "high", "other_low", "other_high"), COUNTS)
def test_count_uses_the_method_of_its_size(
    events: int, low: float, high: float, other_low: float | None, other_high: float | None
) -> None:
    got_low, got_high = (x.item() for x in poisson_count(np.array(events)))
    assert [got_low, got_high] == [near(low), near(high)]
    if other_low is not None:
        assert got_low != near(other_low)
        assert got_high != near(other_high or 0)


def test_rate_switches_between_nine_and_ten_events() -> None:
    low, high = poisson_rate(np.array([9, 10]), np.array([12_000, 12_000]), per=100_000)
    assert low.tolist() == [pytest.approx(34.294776, abs=5e-7), pytest.approx(39.895416, abs=5e-7)]
    assert high.tolist() == [pytest.approx(142.373362, abs=5e-7), pytest.approx(153.262155, abs=5e-7)]


def test_rate_refuses_nobody_at_risk_and_negative_events() -> None:
    with pytest.raises(ValueError, match="a denominator is positive"):
        poisson_rate(np.array([1, 1]), np.array([100, 0]), per=1000)
    with pytest.raises(ValueError, match="-3 events; a count is not negative"):
        poisson_count(np.array([4, -3]))


def test_quantiles_are_not_rounded() -> None:
    assert Z == {0.95: 1.959963984540054, 0.998: 3.090232306167813}
    with pytest.raises(ValueError, match=r"confidence level 0.9: offered are \[0.95, 0.998\]"):
        z_of(0.9)
