"""The areas that owners' names mean, read from the crosswalk's seed: what tells a code from a name that contradicts it.

Dates play no part here: a text stands for every area that it ever meant, so only what was never true contradicts.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable
from functools import lru_cache

from orchestration.settings import DBT_PROJECT

ALIASES = DBT_PROJECT / "seeds" / "seed_area_aliases.csv"


@lru_cache(maxsize=1)
def area_names() -> dict[str, dict[str, frozenset[str]]]:
    """The codes of areas by naming system and text in lower case."""
    found: dict[str, dict[str, set[str]]] = {}
    with ALIASES.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            found.setdefault(row["system"], {}).setdefault(row["alias"].lower(), set()).add(row["area_code"])
    return {system: {alias: frozenset(codes) for alias, codes in names.items()} for system, names in found.items()}


def names_of(systems: Iterable[str]) -> dict[str, frozenset[str]]:
    """The codes of areas by text, where the text may be of any of these systems."""
    found: dict[str, frozenset[str]] = {}
    for system in systems:
        for alias, codes in area_names().get(system, {}).items():
            found[alias] = found.get(alias, frozenset()) | codes
    return found


def county_of(code: str) -> str:
    """The county or region that a code's area is or lies in: its first two digits."""
    return code[:2]
