"""Episodes become stays: one, or several that a transfer, a move on the same day, or nesting joins."""

from __future__ import annotations

import numpy as np

from orchestration.example.register import coding
from orchestration.example.register.episodes import CODED, GAP, NESTED, ONE, THREE, UNCODED
from orchestration.example.register.providers import Providers
from orchestration.example.register.randomness import generator

# `admitted` and `discharged` are days since `ORIGIN`; a stay may be discharged after the data end.
STAY = np.dtype([
    ("person", "u4"), ("admitted", "i2"), ("discharged", "i2"), ("code", "u1"), ("provider", "u1"), ("hospital", "u1"),
    ("field", "u1"), ("from", "u1"), ("to", "u1"), ("planned", "u1"), ("flags", "u1"),
])  # fmt: skip
ORIGIN = int(np.datetime64("2010-01-01").astype(int))
# Modes as the regulation is believed to code them; 0 is missing.
OTHER_CLINIC, SPECIAL_HOUSING, ORDINARY, DECEASED = 1, 2, 3, 4
PLANNED, ACUTE = 1, 2
FOLLOWED, NO_MAIN = 1, 2  # bits of `flags`
_NO_MAIN_SHARE, _NO_PLANNED_SHARE, _NO_MODE_SHARE = 0.01, 0.008, 0.005


def stays_of(seed: int, region: str, episodes: np.ndarray, person: np.ndarray, providers: Providers) -> np.ndarray:
    """The stays of a region's episodes; followed episodes keep their diagnosis, and lack neither it nor `planned`."""
    rng = generator(seed, "stays", region)
    shape, size = episodes["shape"], len(episodes)
    length = episodes["end"] - episodes["start"] - (shape == GAP)
    # Only the first stay begins on the episode's first day and only the last ends on its last: another, coded as a
    # transfer, would join an episode of the day before or after to this one.
    cut = 1 + (rng.random(size) * (length - 1)).astype(np.int32)
    later = cut + ((length - cut) * rng.random(size)).astype(np.int32)
    many = np.select([shape == ONE, shape == THREE], [1, 3], 2)
    row = np.repeat(np.arange(size), many)
    part = np.arange(len(row)) - np.repeat(np.cumsum(many) - many, many)
    first, last = part == 0, part == many[row] - 1
    of, cut, later = shape[row], cut[row], later[row]
    start, end = episodes["start"][row], episodes["end"][row]

    made = np.zeros(len(row), dtype=STAY)
    nested = of == NESTED
    begins = np.select(
        [first, nested, (part == 1) & (of == GAP), part == 1], [start, start + cut, start + cut + 1, start + cut],
        start + later,
    )  # fmt: skip
    inner_end = np.minimum(start + np.maximum(cut, later), end - 1)
    ends = np.select(
        [nested & first, nested, last, first, part == 1], [end, inner_end, end, start + cut, start + later], end
    )
    made["admitted"], made["discharged"] = begins - ORIGIN, ends - ORIGIN
    made["person"] = person[row]

    age = (start - episodes["born"][row]) // 365
    home = np.where((age >= 80) & (rng.random(len(row)) < 0.22), SPECIAL_HOUSING, ORDINARY)
    outer_end = np.where(nested, first, last)
    coded = (of == CODED) | (of == GAP) | (of == THREE)
    made["from"] = np.select([first, nested | coded], [home, OTHER_CLINIC], ORDINARY)
    made["to"] = np.select(
        [outer_end & (episodes["died"][row] == 1), outer_end, nested | coded], [DECEASED, home, OTHER_CLINIC], ORDINARY
    )
    made["from"][first & (rng.random(len(row)) < _NO_MODE_SHARE)] = 0
    followed = episodes["followed"][row] == 1
    made["planned"] = np.where(episodes["planned"][row] == 1, PLANNED, ACUTE)
    made["planned"][~followed & (rng.random(len(row)) < _NO_PLANNED_SHARE)] = 0
    made["code"] = episodes["code"][row]
    # Elsewhere in a stay of another kind the diagnosis may be another.
    elsewhere = ~followed & ~first & (rng.random(len(row)) < 0.3)
    made["code"][elsewhere] = coding.code_in(coding.GROUP_OF[made["code"][elsewhere]], rng.random(int(elsewhere.sum())))
    made["flags"] = followed * FOLLOWED + (~followed & (rng.random(len(row)) < _NO_MAIN_SHARE)) * NO_MAIN

    provider = providers.of(region, rng.random(size), rng.random(size))[row]
    moved = (of != ONE) & (of != UNCODED) & (part == 1) & (rng.random(len(row)) < 0.12)
    provider[moved] = providers.of(region, 0.96 + 0.04 * rng.random(int(moved.sum())), rng.random(int(moved.sum())))
    made["provider"] = provider
    made["hospital"] = providers.hospital_of(provider, rng.random(len(row)))
    made["field"] = coding.fields_of(made["code"], age, rng.random(len(row)))
    return made
