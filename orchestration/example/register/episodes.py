"""Episodes of care of one region's residents: first ones drawn from the population, readmissions from each that ends.

Followed episodes (avoidable causes and pneumonia, 20 and over) are those the targets speak of. A person's followed
episodes belong to chains: an episode that does not end in death is followed by a readmission 1 to 30 days later with
the region's probability, times the person's frailty. Chains of one person lie more than 30 days apart, so the
probability is the share that is later computed. Other episodes fill the hospitals, and give way to followed ones.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from orchestration.example.register import coding, targets
from orchestration.example.register.grouped import FAR, latest_before, mean_by, rank_within
from orchestration.example.register.population import Population
from orchestration.example.register.randomness import cells_of, chosen, generator, happens, scattered
from orchestration.example.register.regional import RegionalTargets

# `person` holds municipality, sex, year of birth and a slot; `start`, `end`, `born` are days since 1970.
EPISODE = np.dtype([
    ("person", "i8"), ("start", "i4"), ("end", "i4"), ("born", "i4"), ("chain", "i4"), ("frailty", "f4"),
    ("municipality", "i2"), ("sex", "u1"), ("code", "u1"), ("shape", "u1"), ("planned", "u1"), ("died", "u1"),
    ("followed", "u1"),
])  # fmt: skip
ONE, CODED, UNCODED, GAP, THREE, NESTED = range(6)  # how an episode is made of stays
_SHAPES_FOLLOWED = (84, 8.5, 2, 1.5, 2.5, 1.5)
_SHAPES_OTHER = (88, 6.5, 1.5, 1, 2, 1)
SLOT_BITS = 20
_MOVED = 1 << (SLOT_BITS - 1)
_PHI = 0.6180339887498949
# Readmissions of other episodes: share by age below 18, 18 to 64, 65 and over; invented.
_OTHER_AGAIN = np.array([0.03, 0.06, 0.11])
_NIGHTS = np.array([0, 1, 1, 1, 2, 2, 2, 3, 3, 3, 4, 4, 5, 5, 6, 7, 8, 10, 14, 21], dtype=np.int32)


@dataclass(frozen=True)
class Frame:
    """What is drawn: years of first episodes, last day kept, and how many other stays a person has a year."""

    years: tuple[int, ...]
    first_day: int
    last_day: int
    other_stays: float


def day_of(year: int, month: int = 1) -> int:
    """Days since 1970 of the first day of a month."""
    return int((np.datetime64(f"{year}-{month:02d}", "D")).astype(int))


def draw_episodes(seed: int, region: str, frame: Frame, population: Population, aims: RegionalTargets) -> np.ndarray:
    """All episodes of a region's residents, by person and day; those of a dead person belong to another."""
    parts = []
    for kind in ("avoidable", "pneumonia", "other"):
        rng = generator(seed, "episodes", region, kind)
        first = np.concatenate([_first(rng, kind, region, year, frame, population, aims) for year in frame.years])
        first["chain"] = np.arange(len(first))
        share = _shares(kind, region, frame, aims)
        parts.append(_with_readmissions(rng, first, share, frame, kind))
    followed = _apart(np.concatenate(_numbered(parts[:2])))
    return _merged(followed, parts[2])


def death_share(age: np.ndarray) -> np.ndarray:
    """Share of followed episodes that end in death, invented."""
    return np.where(age >= 85, 0.10, np.where(age >= 75, 0.07, np.where(age >= 65, 0.045, 0.01)))


def _first(
    rng: np.random.Generator, kind: str, region: str, year: int, frame: Frame, population: Population,
    aims: RegionalTargets,
) -> np.ndarray:  # fmt: skip
    """The episodes of a year that are no readmissions."""
    people = population.of(region, year)
    lows = np.array(targets.BAND_LOWS)
    again = aims.readmission(region, year) / 100
    if kind == "other":
        rates = other_rates() * frame.other_stays
    else:
        rates = aims.avoidable_rates(region, year) if kind == "avoidable" else aims.pneumonia_rates()
        # Each first episode brings readmissions, which count towards the target too.
        rates = rates * (1 - again * (1 - death_share(lows + 2)))
    local = 0.85 + 0.3 * scattered(np.arange(len(people)), 1 if kind == "other" else 2)
    expected = rates * people * local[:, None, None]
    expected *= (rates * people).sum() / expected.sum()
    since, until = max(day_of(year), frame.first_day), day_of(year + 1)
    expected *= (until - since) / (until - day_of(year))
    cell = cells_of(rng, expected)
    municipality, sex, band = np.unravel_index(cell, expected.shape)
    size = len(cell)
    inside = rng.random(size)
    age = (lows[band] + np.where(band == len(lows) - 1, 9 * inside * inside, 5 * inside)).astype(np.int32)
    start = since + (rng.random(size) * (until - since)).astype(np.int32)
    made = np.zeros(size, dtype=EPISODE)
    offset = population.slice_of(region).start
    made["municipality"], made["sex"], made["start"] = municipality + offset, sex, start
    pool = np.maximum(population.singles_of(region, 2016)[municipality, sex, np.minimum(age, 95)], 1)
    share = rng.random(size)
    slot = (pool * share * share * share).astype(np.int64)
    made["frailty"] = 1.5 - slot / pool
    # A person's birthday hangs on the slot, the year of birth on whether it has been when the stay begins.
    birthday = (((slot + 1) * _PHI + (made["municipality"] * 2 + made["sex"]) * 0.7548776662466927) % 1.0 * 365).astype(
        np.int32
    )
    born_year = year - age - (birthday > start - day_of(year))
    made["born"] = _new_years()[born_year - 1850] + birthday
    cohort = (made["municipality"].astype(np.int64) * 2 + sex) * 256 + (born_year - 1850)
    made["person"] = (cohort << SLOT_BITS) | slot
    made["followed"] = kind != "other"
    _fill(rng, made, kind, age, first=True)
    return made[made["start"] <= frame.last_day]


def _fill(rng: np.random.Generator, made: np.ndarray, kind: str, age: np.ndarray, first: bool) -> None:
    """Diagnosis, length, shape, planned and death of episodes whose start is known."""
    size = len(made)
    share = rng.random(size)
    if kind == "avoidable":
        group = coding.avoidable_groups(rng, age)
    elif kind == "pneumonia":
        group = np.full(size, coding.PNEUMONIA_GROUP, dtype=np.uint8)
    else:
        group = coding.other_groups(rng, age, made["sex"] == 1)
    made["code"] = coding.code_in(group, share)
    made["shape"] = chosen(rng, _SHAPES_OTHER if kind == "other" else _SHAPES_FOLLOWED, size)
    nights = _NIGHTS[(rng.random(size) * len(_NIGHTS)).astype(np.int32)]
    nights = np.where(rng.random(size) < 0.004, nights * 9 + 30, nights)
    nights = np.where(made["shape"] == ONE, nights, np.maximum(nights, 3))
    made["end"] = made["start"] + nights + (made["shape"] == GAP)
    chance = (0.3 if kind == "other" else 0.06) if first else (0.25 if kind == "other" else 0.0)
    made["planned"] = rng.random(size) < chance
    dying = death_share(age) * (0.25 if kind == "other" else 1.0)
    made["died"] = happens(rng, dying)


def _with_readmissions(
    rng: np.random.Generator, first: np.ndarray, share: dict[int, float] | np.ndarray, frame: Frame, kind: str
) -> np.ndarray:
    """First episodes and, generation by generation, the readmissions that follow those not ended by death."""
    every, current = [first], first
    while len(current):
        alive = current[current["died"] == 0]
        alive = alive[np.argsort(alive["end"], kind="stable")]
        year = _year_of(alive["end"])
        if isinstance(share, dict):
            lowest = min(share)
            chance = np.array([share.get(y, 0.0) for y in range(lowest, max(share) + 1)])[
                np.clip(year - lowest, 0, len(share) - 1)
            ]
        else:
            chance = share[np.digitize((alive["start"] - alive["born"]) / 365.25, (18, 65))]
        frailty = alive["frailty"] / mean_by(year, alive["frailty"])
        again = alive[happens(rng, chance * frailty)].copy()
        again["start"] = again["end"] + 1 + (targets.FOLLOW_UP_DAYS * rng.random(len(again)) ** 2).astype(np.int32)
        age = ((again["start"] - again["born"]) / 365.25).astype(np.int32)
        _fill(rng, again, kind, age, first=False)
        current = again[again["start"] <= frame.last_day]
        every.append(current)
    return np.concatenate(every)


def _shares(kind: str, region: str, frame: Frame, aims: RegionalTargets) -> dict[int, float] | np.ndarray:
    return _OTHER_AGAIN if kind == "other" else {y: aims.readmission(region, y) / 100 for y in frame.years}


def other_rates() -> np.ndarray:
    """Other stays relative to each other [sex, band], invented: infants, births, and rising with age."""
    men = (1.1, 0.3, 0.35, 0.5, 0.55, 0.55, 0.55, 0.6, 0.65, 0.8, 1.0, 1.3, 1.7, 2.3, 3.0, 4.0, 5.0, 6.0, 6.5)
    women = (0.9, 0.3, 0.4, 0.7, 1.3, 1.9, 2.0, 1.4, 0.9, 0.8, 0.9, 1.1, 1.4, 1.9, 2.5, 3.4, 4.4, 5.2, 5.6)
    return np.array((men, women))


def _numbered(parts: list[np.ndarray]) -> list[np.ndarray]:
    """Chains of several parts, each with a number of its own."""
    for before, part in pairwise(parts):
        part["chain"] += before["chain"].max(initial=-1) + 1
    return parts


def _apart(episodes: np.ndarray) -> np.ndarray:
    """Chains that would come within 30 days of an earlier one of the same person are given to a person of their own."""
    order = np.lexsort((episodes["start"], episodes["chain"]))
    episodes = episodes[order]
    heads = np.flatnonzero(np.diff(episodes["chain"], prepend=-1))
    ends = np.maximum.reduceat(episodes["end"], heads) if len(heads) else np.zeros(0, dtype=np.int32)
    person, start = episodes["person"][heads], episodes["start"][heads]
    order = np.lexsort((start, person))
    before = latest_before(person[order], ends[order])
    close = np.zeros(len(heads), dtype=bool)
    close[order] = start[order] <= before + targets.FOLLOW_UP_DAYS + 1
    moved = np.flatnonzero(close)
    cohort = person[moved] >> SLOT_BITS
    person = person.copy()
    person[moved] = (cohort << SLOT_BITS) | (_MOVED + rank_within(cohort))
    episodes["person"] = np.repeat(person, np.diff(heads, append=len(episodes)))
    return episodes


def _merged(followed: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Both kinds by person and day; other episodes that touch another are left out, and the dead do not come back."""
    every = np.concatenate((followed, other))
    every = every[np.lexsort((every["start"], every["person"]))]
    before = latest_before(every["person"], every["end"])
    following = _next_followed(every)
    is_other = every["followed"] == 0
    every["died"][is_other & (following - every["end"] <= targets.FOLLOW_UP_DAYS + 1)] = 0
    keep = ~is_other | ((every["start"] > before + 1) & (following > every["end"] + 1))
    every = every[keep]
    changed = np.diff(every["person"], prepend=-1) != 0
    deaths = np.cumsum(every["died"], dtype=np.int64) - every["died"]
    at_head = np.repeat(deaths[changed], np.diff(np.flatnonzero(changed), append=len(every)))
    every["person"] = (every["person"] << 6) | np.minimum(deaths - at_head, 63)
    return every


def _next_followed(every: np.ndarray) -> np.ndarray:
    """Per row: the next start of a followed episode of the same person, far ahead where there is none."""
    group = np.cumsum(np.diff(every["person"], prepend=-1) != 0).astype(np.int64) * FAR * 2
    starts = np.where(every["followed"] == 1, every["start"], FAR) + group
    ahead = np.minimum.accumulate(starts[::-1])[::-1]
    return np.concatenate((ahead[1:], [np.iinfo(np.int64).max // 2])) - group


def _new_years() -> np.ndarray:
    """Days since 1970 of each 1 January from 1850."""
    return np.arange("1850", "2031", dtype="datetime64[Y]").astype("datetime64[D]").astype(np.int32)


def _year_of(day: np.ndarray) -> np.ndarray:
    return np.searchsorted(_new_years(), day, side="right") + 1849
