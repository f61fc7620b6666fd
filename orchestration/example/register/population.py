"""People of the regions by municipality, sex and age: the denominators, and the pools persons are drawn from."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from orchestration.example.country import AGE_WEIGHTS, Country, shared_out
from orchestration.example.places import municipalities
from orchestration.example.register.targets import BANDS

SEXES = ("men", "women")


@dataclass(frozen=True)
class Population:
    """`country` divided by `sample`, for some regions and years, on 31 December."""

    country: Country
    regions: tuple[str, ...]
    years: tuple[int, ...]
    sample: int

    @cached_property
    def codes(self) -> tuple[str, ...]:
        """Municipality codes, region by region."""
        return tuple(m.code for r in self.regions for m in municipalities() if m.county_code == r)

    def slice_of(self, region: str) -> slice:
        """Where a region's municipalities lie among `codes`."""
        inside = [i for i, code in enumerate(self.codes) if code[:2] == region]
        return slice(inside[0], inside[-1] + 1)

    @cached_property
    def singles(self) -> np.ndarray:
        """People [year, municipality, sex, single year of age 0 to 100]."""
        told = [[[self._ages(code, year, sex) for sex in SEXES] for code in self.codes] for year in self.years]
        return np.array(told, dtype=np.int64)

    @cached_property
    def bands(self) -> np.ndarray:
        """People [year, municipality, sex, five-year band], the last band 90 and over."""
        starts = [5 * band for band in range(len(BANDS))]
        return np.add.reduceat(self.singles, starts, axis=3)

    def of(self, region: str, year: int) -> np.ndarray:
        """People [municipality, sex, band] of a region; the nearest year known stands for one outside."""
        return self.bands[self._place(year)][self.slice_of(region)]

    def singles_of(self, region: str, year: int) -> np.ndarray:
        """People [municipality, sex, single age] of a region."""
        return self.singles[self._place(year)][self.slice_of(region)]

    def _place(self, year: int) -> int:
        return min(max(year, self.years[0]), self.years[-1]) - self.years[0]

    def _ages(self, code: str, year: int, sex: str) -> list[int]:
        return shared_out(self.country.people(code, year, sex) // self.sample, AGE_WEIGHTS[sex])
