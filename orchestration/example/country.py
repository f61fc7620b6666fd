"""An invented country: how many people live where, by sex and age, in any month. Every file of the example agrees.

Sizes of regions are round numbers, those of municipalities invented; parts always add up to their whole.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise

from orchestration.example.draw import Draw
from orchestration.example.places import REGIONS, municipalities

NATION = "00"
# People per single year of age at 0, 10, 20, ... 100 years and more, in one unit; straight lines between them.
_PROFILE = {
    "women": (1180, 1150, 1210, 1270, 1290, 1310, 1170, 1040, 560, 210, 20),
    "men": (1240, 1210, 1300, 1330, 1320, 1330, 1180, 1000, 430, 100, 5),
}


def _weights(anchors: tuple[int, ...]) -> list[int]:
    steps = pairwise(anchors)
    return [low + (high - low) * year // 10 for low, high in steps for year in range(10)] + [anchors[-1]]


AGE_WEIGHTS = {sex: _weights(anchors) for sex, anchors in _PROFILE.items()}


def shared_out(total: int, weights: Iterable[int]) -> list[int]:
    """`total` in whole parts by weight (largest remainder)."""
    weights = list(weights)
    whole = sum(weights)
    parts = [total * weight // whole for weight in weights]
    by_remainder = sorted(range(len(weights)), key=lambda i: (-(total * weights[i] % whole), i))
    for i in by_remainder[: total - sum(parts)]:
        parts[i] += 1
    return parts


class Country:
    """Population of the example. Codes: `00` the nation, two digits a region, four a municipality."""

    def __init__(self, seed: int) -> None:
        self._draw = Draw(seed, "population")
        self._base: dict[str, int] = {}
        self._known: dict[tuple[str, int, int, str], int] = {}
        for region in REGIONS:
            codes = [m.code for m in municipalities() if m.county_code == region.code]
            # The seat of the county, whose code ends in 80, is larger than the rest.
            weights = [40 * len(codes) + 80 if c.endswith("80") else self._draw.whole(30, 150, c) for c in codes]
            self._base |= dict(zip(codes, shared_out(region.size * 1000, weights), strict=True))

    def people(self, code: str, year: int, sex: str = "total", month: int = 12) -> int:
        """People on the last day of the month. `sex`: total, women, men."""
        key = (code, year, month, sex)
        if key not in self._known:
            self._known[key] = self._count(code, year, sex, month)
        return self._known[key]

    def ages(self, code: str, year: int, sex: str, month: int = 12) -> list[int]:
        """People by single year of age, 0 to 99 and 100 and over: 101 numbers. `sex`: women, men."""
        return shared_out(self.people(code, year, sex, month), AGE_WEIGHTS[sex])

    def people_65(self, code: str, year: int, sex: str = "total") -> int:
        """People of 65 years and over."""
        sexes = ("women", "men") if sex == "total" else (sex,)
        return sum(sum(self.ages(code, year, one)[65:]) for one in sexes)

    def _count(self, code: str, year: int, sex: str, month: int) -> int:
        if len(code) == 2:
            inside = [m.code for m in municipalities() if code in (NATION, m.county_code)]
            return sum(self.people(c, year, sex, month) for c in inside)
        if sex == "total":
            # Linear, so that no power is needed; at most 1.1 percent a year.
            growth = self._draw.between(-0.003, 0.011, "growth", code)
            return int(self._base[code] * (1 + growth * (year - 2015 + month / 12 - 1)))
        women = self.people(code, year, "total", month) * self._draw.whole(490, 507, "women", code) // 1000
        return women if sex == "women" else self.people(code, year, "total", month) - women
