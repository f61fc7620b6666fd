"""Persons as the register names them: twelve digits that cannot belong to anyone, or a reserve number.

The last digit of a real personal number is a check digit; here it is always another one.
"""

from __future__ import annotations

import numpy as np

from orchestration.example.register.grouped import rank_within
from orchestration.example.register.randomness import scattered

PERSON = np.dtype([("born", "i4"), ("municipality", "i2"), ("number", "u2"), ("kind", "u1"), ("sex", "u1")])
PERSONAL, COORDINATION, RESERVE = range(3)
_ORIGIN = np.datetime64("1850-01-01").astype(int)
_CAPACITY = 4500  # a day and sex: 500 numbers, each with nine wrong check digits
_RESERVE_SHARE, _COORDINATION_SHARE = 0.003, 0.01
_LETTERS = np.frombuffer(b"ABCDEFGHJKLMNPRSTUVWXYZ", dtype=np.uint8)


class Persons:
    """The persons met so far, region by region; a place among them is what the arrays hold."""

    def __init__(self) -> None:
        self._parts: list[np.ndarray] = []
        self._count = 0
        self._taken = np.zeros((75_000, 2), dtype=np.uint16)

    def add(self, episodes: np.ndarray) -> np.ndarray:
        """The place of each episode's person, who is new; `episodes` of one region, sorted by `person`."""
        changed = np.diff(episodes["person"], prepend=-1) != 0
        heads = episodes[changed]
        new = np.zeros(len(heads), dtype=PERSON)
        for name in ("born", "municipality", "sex"):
            new[name] = heads[name]
        luck = scattered(heads["person"], 11)
        new["kind"] = np.where(
            luck < _RESERVE_SHARE,
            RESERVE,
            np.where(luck < _RESERVE_SHARE + _COORDINATION_SHARE, COORDINATION, PERSONAL),
        )
        new["number"] = self._numbers(new["born"] - _ORIGIN, new["sex"])
        self._parts.append(new)
        places = self._count + np.cumsum(changed) - 1
        self._count += len(new)
        return places.astype(np.uint32)

    def table(self) -> np.ndarray:
        """All persons, in the order of their places."""
        self._parts = [np.concatenate(self._parts)]
        return self._parts[0]

    def _numbers(self, day: np.ndarray, sex: np.ndarray) -> np.ndarray:
        """A number of its own for each person of a day and sex."""
        group = day.astype(np.int64) * 2 + sex
        number = rank_within(group) + self._taken[day, sex]
        if number.max(initial=0) >= _CAPACITY:
            raise ValueError("more persons born on one day than there are numbers: draw a smaller country")
        np.add.at(self._taken, (day, sex), 1)
        return number.astype(np.uint16)


def person_ids(persons: np.ndarray) -> np.ndarray:
    """The ids as text, S12: `YYYYMMDDNNNN`, day + 60 for coordination numbers, `YYYYMMDD` + letter and three more."""
    dates = persons["born"].astype("datetime64[D]")
    months = dates.astype("datetime64[M]")
    year = dates.astype("datetime64[Y]").astype(np.int32) + 1970
    month = months.astype(np.int32) % 12 + 1
    day = (dates - months).astype(np.int32) + 1 + np.where(persons["kind"] == COORDINATION, 60, 0)
    serial = (persons["number"] % 500) * 2 + (persons["sex"] == 0)
    digits = np.empty((len(persons), 12), dtype=np.uint8)
    for column, (value, power) in enumerate(
        [(year, p) for p in (1000, 100, 10, 1)]
        + [(part, p) for part in (month, day) for p in (10, 1)]
        + [(serial, p) for p in (100, 10, 1)]
    ):
        digits[:, column] = value // power % 10
    doubled = digits[:, 2:11] * np.array([2, 1, 2, 1, 2, 1, 2, 1, 2], dtype=np.uint8)
    check = (10 - (doubled // 10 + doubled % 10).sum(axis=1) % 10) % 10
    digits[:, 11] = (check + 1 + persons["number"] // 500) % 10
    digits += ord("0")
    reserve = persons["kind"] == RESERVE
    number = persons["number"][reserve].astype(np.int64) * 2 + persons["sex"][reserve]
    digits[reserve, 8] = ord("R")
    digits[reserve, 9] = ord("0") + number % 10
    digits[reserve, 10] = _LETTERS[number // 10 % len(_LETTERS)]
    digits[reserve, 11] = _LETTERS[number // 10 // len(_LETTERS) % len(_LETTERS)]
    return digits.view("S12").ravel()
