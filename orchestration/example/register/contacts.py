"""Contacts in primary care: each has a day on which the clock starts, a wait, and what the owner tells of it."""

from __future__ import annotations

import numpy as np

from orchestration.example.places import REGION_CODES
from orchestration.example.register import targets
from orchestration.example.register.episodes import day_of
from orchestration.example.register.randomness import chosen, generator, happens
from orchestration.example.register.regional import RegionalTargets

# `start` is the day on which the clock of the phase starts, in days since 1970; `wait` in days.
CONTACT = np.dtype([
    ("start", "i4"), ("number", "u4"), ("wait", "i2"), ("before", "u1"), ("phase", "u1"), ("profession", "u1"),
    ("form", "u1"), ("deviation", "u1"), ("guarantee", "u1"), ("acute", "u1"), ("sex", "u1"), ("age", "u1"),
    ("unit", "u1"), ("residence", "u1"), ("referred", "u1"),
])  # fmt: skip
ASSESSMENT, FIRST_VISIT, INVESTIGATION, TREATMENT = range(4)
PHASES = ("assessment", "first_visit", "investigation", "treatment")
PROFESSIONS = ("physician", "nurse", "physiotherapist", "psychologist", "other")
FORMS = ("visit", "remote", "home_visit")
DEVIATIONS = ("", "PvV", "MoV", "SoV")
# All shares and waits below are invented; the targets are met by `_within_three` alone.
_PHASE_SHARES = (90, 6, 1, 3)
_PROFESSION_SHARES = (42, 38, 9, 5, 6)
_FORM_SHARES = (68, 28, 4)
_DEVIATION_SHARES = (95, 3.4, 1.1, 0.5)
_GUARANTEE_SHARE, _ACUTE_SHARE = 0.94, 0.03
_WITHIN_THREE = np.array([0] * 9 + [1] * 5 + [2] * 3 + [3] * 3)
_LONGEST = {FIRST_VISIT: 170, INVESTIGATION: 230, TREATMENT: 250}
_WOMEN = 0.56
_EXCLUDED_WITHIN = 0.2  # share within three days of contacts that the headline rule leaves out
_AGES = np.array([*range(0, 100, 2), *range(60, 90)])
UNITS_A_REGION = 40


def draw_contacts(seed: int, region: str, year: int, count: int, aims: RegionalTargets) -> np.ndarray:
    """The contacts of a region whose clock starts in a year, in no order. `number` is unique in region and year."""
    rng = generator(seed, "contacts", region, year)
    made = np.zeros(count, dtype=CONTACT)
    made["start"] = day_of(year) + (rng.random(count) * (day_of(year + 1) - day_of(year))).astype(np.int32)
    made["number"] = np.arange(count)
    made["phase"] = phase = chosen(rng, _PHASE_SHARES, count)
    made["profession"] = chosen(rng, _PROFESSION_SHARES, count)
    made["form"] = chosen(rng, _FORM_SHARES, count)
    made["deviation"] = chosen(rng, _DEVIATION_SHARES, count)
    made["guarantee"] = rng.random(count) < _GUARANTEE_SHARE
    made["acute"] = rng.random(count) < _ACUTE_SHARE
    made["sex"] = rng.random(count) < _WOMEN
    made["age"] = _AGES[(rng.random(count) * len(_AGES)).astype(int)]
    made["unit"] = (rng.random(count) * UNITS_A_REGION).astype(np.uint8)
    made["referred"] = rng.random(count) < 0.6
    made["before"] = (rng.random(count) * 40).astype(np.uint8)
    made["residence"] = REGION_CODES.index(region)
    away = rng.random(count) < 0.02
    made["residence"][away] = (rng.random(int(away.sum())) * len(REGION_CODES)).astype(np.uint8)
    known = targets.ASSESSMENT_NATION
    this, following = (aims.assessment(region, min(max(y, min(known)), max(known))) for y in (year, year + 1))
    made["wait"] = _waits(rng, made, phase, this, following, day_of(year + 1))
    return made


def _waits(
    rng: np.random.Generator, made: np.ndarray, phase: np.ndarray, percent: float, following: float, new_year: int
) -> np.ndarray:
    """Days from the clock's start until the contact.

    A contact counts in the year it is made: one that would come after new year if it waits long has the next year's
    percent.
    """
    count = len(made)
    luck, again = rng.random(count), rng.random(count)
    long = 4 + (40 * again * again).astype(np.int16)
    left_out = (made["deviation"] == 1) | (made["deviation"] == 2)
    gap = targets.ASSESSMENT_MEN_ABOVE_WOMEN / 100
    chance = np.where(made["start"] + long < new_year, percent, following) / 100
    chance += np.where(made["sex"] == 0, gap * _WOMEN, -gap * (1 - _WOMEN))
    judged = (phase == ASSESSMENT) & ~left_out & (made["guarantee"] == 1) & (made["acute"] == 0)
    soon = luck < np.where(left_out, _EXCLUDED_WITHIN, chance)
    soon[judged] = happens(rng, chance[judged])
    short = _WITHIN_THREE[(rng.random(count) * len(_WITHIN_THREE)).astype(int)]
    wait = np.where(soon, short, long)
    for place, longest in _LONGEST.items():
        wait = np.where(phase == place, (longest * again * (0.35 + 0.65 * luck)).astype(int), wait)
    return wait.astype(np.int16)
