"""Series long enough for the rules with memory: 21 regions far apart, six years, each moving by about a percent."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

from tests.support.fact_tables import REGIONS, Row, row

SOURCE = "remembered"
REMEMBERED_YEARS = tuple(str(y) for y in range(2011, 2017))
WOMEN, MEN = 1.0, 0.3


def remembered(level: float, sexes: bool = True, whole: bool = False, **head: Any) -> Iterable[Row]:
    """From `level` in the first region to three times as much in the last; women far above men, without a total."""
    for y, year in enumerate(REMEMBERED_YEARS):
        for n, area in enumerate(REGIONS):
            value = level * (1 + 0.1 * n) * (1 + 0.01 * math.sin(12.9 * n + 7.1 * y))
            shares = {"women": WOMEN, "men": MEN} if sexes else {None: 1.0}
            for sex, share in shares.items():
                made = row(area, year, round(value * share, 0 if whole else 3), **head)
                yield made | {"source_id": SOURCE} | ({"sex": sex} if sex else {})


def with_nation(rows: Iterable[Row]) -> Iterable[Row]:
    """The rows of regions and their sum as the nation's, by period and sex."""
    sums: dict[tuple[str, str], Row] = {}
    for one in rows:
        yield one
        key = (one["period"], one.get("sex", "total"))
        sums[key] = {**one, "area_code": "00", "area_level": "nation", "value": sums.get(key, {"value": 0})["value"] + one["value"]}  # fmt: skip
    yield from sums.values()
