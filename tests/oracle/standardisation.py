"""Direct age standardisation with Dobson's limits (methods M3), also for several events per person (M5), by hand.

`O` events and `n` people by age band; weights of the standard for the same bands, not rescaled. Rates per 100 000.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import fsum, sqrt

Z_95 = 1.959963984540054
Z_998 = 3.090232306167813
LEAST_EVENTS = 10
PER = 100_000

_BANDS = [f"{a}-{a + 4}" for a in range(0, 90, 5)] + ["90+"]  # fmt: skip
#: European standard population 2013, per 100 000.
ESP2013 = dict(
    zip(
        _BANDS,
        (
            5000,
            5500,
            5500,
            5500,
            6000,
            6000,
            6500,
            7000,
            7000,
            7000,
            7000,
            6500,
            6000,
            5500,
            5000,
            4000,
            2500,
            1500,
            1000,
        ),
        strict=True,
    )
)
#: Sweden on 31 December 2015, people.
SE_2015 = dict(
    zip(
        _BANDS,
        (586218, 589118, 541807, 522472, 656448, 682413, 619071, 608570, 651944, 662423, 644465, 580194, 558647, 588931,
         511169, 345477, 243179, 162108, 96363),
        strict=True,
    )
)  # fmt: skip


@dataclass(frozen=True)
class Rate:
    """Per 100 000; all three None where the method gives no value."""

    value: float | None
    low: float | None = None
    high: float | None = None


def weight(standard: Mapping[str, int], lowest: int, highest: int | None) -> int:
    """People of the standard in the five-year bands from `lowest` to `highest` years; None: to the oldest."""
    starts = {band: int(band.rstrip("+").split("-")[0]) for band in standard}
    return sum(
        w for band, w in standard.items() if starts[band] >= lowest and (highest is None or starts[band] <= highest)
    )


def byar(events: int, z: float = Z_95) -> tuple[float, float]:
    """Byar's limits of a count; right from 10 events."""
    low = events * (1 - 1 / (9 * events) - z / (3 * sqrt(events))) ** 3
    more = events + 1
    return low, more * (1 - 1 / (9 * more) + z / (3 * sqrt(more))) ** 3


def crude(events: Sequence[int], people: Sequence[int], spread: float = 1.0, z: float = Z_95) -> Rate:
    """Events per 100 000; `spread` is the factor of `overdispersion`."""
    observed, all_people = sum(events), sum(people)
    low, high = byar(observed, z)
    root = sqrt(spread)
    limits = (PER * (observed + root * (limit - observed)) / all_people for limit in (low, high))
    return Rate(PER * observed / all_people, *limits)


def overdispersion(persons_by_events: Sequence[Mapping[int, int]]) -> float:
    """How many times the variance of the count exceeds that of independent events; 1 when nobody has more than one."""
    squares = sum(f * f * m for band in persons_by_events for f, m in band.items())
    return squares / sum(f * m for band in persons_by_events for f, m in band.items())


def standardised(
    events: Sequence[int],
    people: Sequence[int],
    weights: Sequence[int],
    persons_by_events: Sequence[Mapping[int, int]] | None = None,
    z: float = Z_95,
) -> Rate:
    """The rate had the population the standard's ages; none below 10 events.

    Raises `ValueError` where a band has events and no people, or where `persons_by_events` does not give the events.
    """
    bands = list(zip(events, people, weights, persons_by_events or [{1: o} for o in events], strict=True))
    for o, n, _, persons in bands:
        if n == 0 and o > 0:
            raise ValueError(f"{o} events among no people")
        if sum(f * m for f, m in persons.items()) != o:
            raise ValueError(f"{dict(persons)} are not {o} events")
    observed = sum(events)
    if observed < LEAST_EVENTS:
        return Rate(None)
    kept = [band for band in bands if band[1] > 0]
    whole = sum(w for _, _, w, _ in kept)
    value = fsum(w * o / n for o, n, w, _ in kept) / whole
    variance = fsum(w * w * sum(f * f * m for f, m in p.items()) / (n * n) for _, n, w, p in kept) / whole**2
    low, high = byar(observed, z)
    scale = sqrt(variance / observed)
    return Rate(PER * value, PER * (value + scale * (low - observed)), PER * (value + scale * (high - observed)))
