"""Targets of each region and year: the published ones as they stand, the others moved together to make the nation."""

from __future__ import annotations

import numpy as np

from orchestration.example.country import Country
from orchestration.example.places import REGION_CODES
from orchestration.example.register import targets
from orchestration.example.register.population import SEXES

_STANDARD = np.array(targets.ESP2013[targets.ADULT :], dtype=float)
_SHAPE = np.array(targets.AVOIDABLE_BY_AGE, dtype=float)
_PNEUMONIA = np.array(targets.PNEUMONIA_BY_AGE, dtype=float)


class RegionalTargets:
    """Targets by region and year. They rest on the whole country, whichever regions and sample are then drawn."""

    def __init__(self, country: Country) -> None:
        self._people: dict[tuple[str, int], np.ndarray] = {}
        self._country = country
        self._avoidable: dict[int, dict[str, float]] = {}
        self._readmission: dict[int, dict[str, float]] = {}

    def people(self, region: str, year: int) -> np.ndarray:
        """People [sex, band] of a whole region."""
        if (region, year) not in self._people:
            ages = np.array([self._country.ages(region, year, sex) for sex in SEXES])
            self._people[region, year] = np.add.reduceat(ages, [5 * b for b in range(len(targets.BANDS))], axis=1)
        return self._people[region, year]

    def avoidable(self, region: str, year: int) -> float:
        """Avoidable stays per 100 000 of 20 and over, standardised."""
        if year not in self._avoidable:
            weights = {r: float(self.people(r, year)[:, targets.ADULT :].sum()) for r in REGION_CODES}
            nation = targets.AVOIDABLE_NATION[year]
            fixed = {r: f * nation for r, f in targets.AVOIDABLE_PUBLISHED.items()}
            free = {r: f * nation for r, f in targets.AVOIDABLE_INVENTED.items()}
            left = nation * sum(weights.values()) - sum(weights[r] * v for r, v in fixed.items())
            times = left / sum(weights[r] * v for r, v in free.items())
            self._avoidable[year] = fixed | {r: v * times for r, v in free.items()}
        return self._avoidable[year][region]

    def avoidable_rates(self, region: str, year: int) -> np.ndarray:
        """Avoidable stays per person and year [sex, band]: the shape by age, scaled to the region's target.

        Ratio of men to women as published; both sexes pooled by age give the standardised target.
        """
        ratio = targets.between(targets.AVOIDABLE_MEN_TO_WOMEN, year)
        relative = np.outer((ratio, 1.0), _SHAPE)
        people = self.people(region, year)
        pooled = (relative * people).sum(axis=0) / people.sum(axis=0)
        per_100_000 = 100_000 * float((_STANDARD * pooled[targets.ADULT :]).sum() / _STANDARD.sum())
        return relative * (self.avoidable(region, year) / per_100_000)

    def avoidable_men(self, region: str, year: int) -> float:
        """Avoidable stays of men per 100 000 men of 20 and over, standardised to the same weights."""
        rates = self.avoidable_rates(region, year)[0, targets.ADULT :]
        return 100_000 * float((_STANDARD * rates).sum() / _STANDARD.sum())

    def pneumonia_rates(self) -> np.ndarray:
        """Stays for pneumonia per person and year [sex, band]."""
        return np.outer((1.15, 0.9), _PNEUMONIA) / 100_000

    def readmission(self, region: str, year: int) -> float:
        """Share of index episodes followed by an unplanned readmission within 30 days, percent."""
        if year not in self._readmission:
            old = slice(targets.OLD, None)
            weights = {
                r: float(
                    ((self.avoidable_rates(r, year) + self.pneumonia_rates()) * self.people(r, year))[:, old].sum()
                )
                for r in REGION_CODES
            }
            nation = targets.READMISSION_NATION[year]
            fixed = {
                r: nation + targets.between({2013: first, 2024: last}, year)
                for r, (first, last) in targets.READMISSION_PUBLISHED.items()
            }
            free = {r: nation + points for r, points in targets.READMISSION_INVENTED.items()}
            self._readmission[year] = fixed | _shifted(free, weights, nation, fixed)
        return self._readmission[year][region]

    def assessment(self, region: str, year: int) -> float:
        """Share of assessments made within 3 days, percent."""
        weights = {r: float(self.people(r, year).sum()) for r in REGION_CODES}
        nation = targets.ASSESSMENT_NATION[year]
        fixed = {r: path[year] for r, path in targets.ASSESSMENT_PUBLISHED.items()}
        free = {r: nation + points for r, points in targets.ASSESSMENT_INVENTED.items()}
        return (fixed | _shifted(free, weights, nation, fixed))[region]


def _shifted(
    free: dict[str, float], weights: dict[str, float], nation: float, fixed: dict[str, float]
) -> dict[str, float]:
    """The free values moved by one number, so that the weighted mean of all is the nation's value."""
    missing = sum(weights[r] * (nation - v) for r, v in (free | fixed).items())
    shift = missing / sum(weights[r] for r in free)
    return {r: v + shift for r, v in free.items()}
