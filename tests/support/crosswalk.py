"""The areas crosswalk as the seeds give it, and looking up a text as staging does.

Here belong reading the two seeds and `resolve`; what must hold of them is the tests' matter.
"""

from __future__ import annotations

import csv
import itertools
from collections.abc import Callable, Iterable
from functools import cache

from orchestration.settings import DBT_PROJECT

SEEDS = DBT_PROJECT / "seeds"
BEGIN, END = "0001-01-01", "9999-12-31"
Row = dict[str, str]


@cache
def areas() -> list[Row]:
    return list(csv.DictReader((SEEDS / "seed_areas.csv").open(encoding="utf-8", newline="")))


@cache
def aliases() -> list[Row]:
    return list(csv.DictReader((SEEDS / "seed_area_aliases.csv").open(encoding="utf-8", newline="")))


@cache
def by_text() -> dict[tuple[str, str], list[Row]]:
    found: dict[tuple[str, str], list[Row]] = {}
    for row in aliases():
        found.setdefault((row["system"], row["alias"].lower()), []).append(row)
    return found


def span(row: Row) -> tuple[str, str]:
    return row["valid_from"] or BEGIN, row["valid_to"] or END


def resolve(system: str, text: str, day: str = "2020-01-01") -> tuple[str, str] | None:
    """`(area_level, area_code)` of the text on that day, or None."""
    rows = [r for r in by_text().get((system, text.lower()), []) if span(r)[0] <= day <= span(r)[1]]
    assert len(rows) <= 1, f"{text!r} is ambiguous in {system} on {day}"
    return (rows[0]["area_level"], rows[0]["area_code"]) if rows else None


def overlap(one: Row, other: Row) -> bool:
    return max(span(one)[0], span(other)[0]) <= min(span(one)[1], span(other)[1])


def overlapping(rows: Iterable[Row], key: Callable[[Row], tuple[str, ...]]) -> list[tuple[str, ...]]:
    """Keys that two rows share at one time."""
    groups: dict[tuple[str, ...], list[Row]] = {}
    for row in rows:
        groups.setdefault(key(row), []).append(row)
    return [k for k, same in groups.items() if any(overlap(a, b) for a, b in itertools.combinations(same, 2))]
