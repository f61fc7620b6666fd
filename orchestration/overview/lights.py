"""Green, amber, red: the rules that decide, each with its numbers, in one place."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from statistics import median

from orchestration.watch.schedule import NIGHTS_OF_HISTORY, SLOW_AT_LEAST_SECONDS, SLOW_FACTOR

ORDER = ("green", "amber", "red")
#: Percent of a source's records in quarantine: against the median of its earlier nights, times and points above it.
SHARE_AMBER = (2.0, 0.1)
SHARE_RED = (5.0, 1.0)
#: The same without a history of `NIGHTS_OF_HISTORY` nights, in percent.
SHARE_AMBER_ALONE = 1.0
SHARE_RED_ALONE = 5.0
#: Percent by which rows or records may fall from one release or night to the next.
ROWS_AMBER = 2.0
ROWS_RED = 10.0
_VERDICTS = {"passed": "green", "warned": "amber", "failed": "red", "broken": "red"}


def worst(lights: Iterable[str]) -> str:
    """The gravest of some lights; green where there is none."""
    return max(lights, key=ORDER.index, default="green")


def of_verdict(outcome: str) -> str:
    return _VERDICTS[outcome]


def of_exit(exit_code: int | None) -> str:
    """Of a run's exit: 0 green, 3 and a run that goes on amber, all else red."""
    return "green" if exit_code == 0 else "amber" if exit_code in (None, 3) else "red"


def of_share(percent: float, earlier: Sequence[float]) -> str:
    """Of a quarantine share in percent, by the shares of earlier nights; with too few of them by fixed bounds."""
    if len(earlier) < NIGHTS_OF_HISTORY:
        return "red" if percent > SHARE_RED_ALONE else "amber" if percent > SHARE_AMBER_ALONE else "green"
    usual = median(earlier)
    for light, (times, points) in (("red", SHARE_RED), ("amber", SHARE_AMBER)):
        if percent > max(times * usual, usual + points):
            return light
    return "green"


def of_rows(now: int, before: int | None) -> str:
    """Of a number of rows or records by the number before; growth is green, and so is what has no past."""
    if not before:
        return "green"
    lost = 100 * (before - now) / before
    return "red" if lost > ROWS_RED else "amber" if lost > ROWS_AMBER else "green"


def of_seconds(seconds: float, earlier: Sequence[float]) -> str:
    """Of a duration: amber where it is slow against the median of at least three earlier ones, as for the watch."""
    if len(earlier) < NIGHTS_OF_HISTORY:
        return "green"
    return "amber" if seconds > max(SLOW_FACTOR * median(earlier), SLOW_AT_LEAST_SECONDS) else "green"
