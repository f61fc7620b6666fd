"""Confidence intervals, one published formula per function (methods M1 and M2).

Counts are integers, computation is in float64, rounding is for display only. Where a formula does not hold, the
scalar functions refuse and the vectorised ones are called on sound counts only.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

# Standard normal quantiles, not 1.96 and 3: 95 % and 99.8 % two-sided.
Z = {0.95: 1.959963984540054, 0.998: 3.090232306167813}
EXACT_BELOW = 10


def z_of(level: float) -> float:
    """The two-sided standard normal quantile of a confidence level; `ValueError` for a level that is not offered."""
    if level not in Z:
        raise ValueError(f"confidence level {level}: offered are {sorted(Z)}")
    return Z[level]


def wilson(k: np.ndarray, n: np.ndarray, level: float = 0.95) -> tuple[np.ndarray, np.ndarray]:
    """Wilson score interval of proportions k/n, as fractions 0 to 1. Wilson 1927; Newcombe 1998.

    k, n: counts of equal shape, 0 <= k <= n, n > 0. Exactly 0 at k = 0 and exactly 1 at k = n.
    Not for weighted surveys (no effective n), shares of money, or indices.

    Raises:
        ValueError: counts out of bounds, with the first offending pair.
    """
    import numpy as np

    k, n = np.asarray(k, dtype=np.float64), np.asarray(n, dtype=np.float64)
    unsound = ~((n > 0) & (k >= 0) & (k <= n))
    if unsound.any():
        at = int(np.flatnonzero(unsound)[0])
        raise ValueError(f"wilson: k = {k.flat[at]:.0f}, n = {n.flat[at]:.0f}; needs 0 <= k <= n and n > 0")
    z = z_of(level)
    middle, spread = 2 * k + z * z, z * np.sqrt(z * z + 4 * k * (1 - k / n))
    low, high = (middle - spread) / (2 * (n + z * z)), (middle + spread) / (2 * (n + z * z))
    return np.where(k == 0, 0.0, low.clip(0, 1)), np.where(k == n, 1.0, high.clip(0, 1))


def poisson_count(events: np.ndarray, level: float = 0.95) -> tuple[np.ndarray, np.ndarray]:
    """Interval of a count of rare independent events: exact below 10, Byar's approximation from 10 on.

    events: non-negative counts. Limits are in events; divide by person-years for a rate. Breslow & Day 1987.

    Raises:
        ValueError: a negative count.
    """
    import numpy as np
    from scipy.stats import chi2

    o = np.asarray(events, dtype=np.float64)
    if (o < 0).any():
        raise ValueError(f"poisson_count: {o.min():.0f} events; a count is not negative")
    z, alpha = z_of(level), 1 - level
    base = np.maximum(o, 1)
    byar_low = base * (1 - 1 / (9 * base) - z / (3 * np.sqrt(base))) ** 3
    byar_high = (o + 1) * (1 - 1 / (9 * (o + 1)) + z / (3 * np.sqrt(o + 1))) ** 3
    exact_low = np.where(o > 0, chi2.ppf(alpha / 2, 2 * base) / 2, 0.0)
    exact_high = chi2.ppf(1 - alpha / 2, 2 * o + 2) / 2
    exact = o < EXACT_BELOW
    return np.where(exact, exact_low, byar_low), np.where(exact, exact_high, byar_high)


def poisson_rate(
    events: np.ndarray, persons: np.ndarray, per: float, level: float = 0.95
) -> tuple[np.ndarray, np.ndarray]:
    """Interval of a rate: the limits of the count, divided by person-years at risk and multiplied by `per`.

    Raises:
        ValueError: a denominator that is not positive, or a negative count.
    """
    import numpy as np

    n = np.asarray(persons, dtype=np.float64)
    if not (n > 0).all():
        raise ValueError(f"poisson_rate: {n.min():.0f} person-years; a denominator is positive")
    low, high = poisson_count(events, level)
    return low / n * per, high / n * per
