"""SQL that tells a record that contradicts itself: a code beside another area's name, a series beside another sex.

No value is judged here, only what the owner says twice. A text that the crosswalk does not know says nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import combinations

from orchestration.sources.crosswalk import county_of, names_of
from orchestration.sources.model import AreaName, Layout
from orchestration.sql import quoted


def contradictions(layout: Layout) -> list[tuple[str, str, str]]:
    """(SQL condition, rule, column) of what a record says of itself and cannot be."""
    found = []
    for group in layout.agree:
        for one, other in combinations(group, 2):
            county = one.county or other.county
            condition = f"not list_has_any({_meant(one, county)}, {_meant(other, county)})"
            found.append((condition, "R_AREA", other.column))
    text = "concat_ws('|', " + ", ".join(f"trim({name})" for name in layout.series_columns) + ")"
    meant: dict[tuple[str, str], list[str]] = {}
    for series in layout.series:
        for name, code in series.only.items():
            meant.setdefault((name, code), []).append("|".join(series.key))
    for (name, code), keys in meant.items():
        here = f"{text} in ({', '.join(map(quoted, keys))}) and " if layout.series_columns else ""
        found.append((f"{here}{name}_code <> {quoted(code)}", "R_CODE", name))
    return found


def judged_columns(layout: Layout) -> set[str]:
    """The columns that a record's contradictions lie in."""
    named = {name.column for group in layout.agree for name in group}
    only = {name for series in layout.series for name in series.only}
    return named | only | (set(layout.series_columns) if only else set())


def _meant(name: AreaName, county: bool) -> str:
    """SQL giving the areas, or their counties, that a column's text means; null where the crosswalk has none.

    A constant map and no join: a join has DuckDB plan the judgement of all columns once more, which takes longer than
    reading the file.
    """
    names = names_of(name.systems)
    texts = quoted("\n".join(names))
    codes = quoted("\n".join(_listed(map(county_of, c) if county else c) for c in names.values()))
    known = f"map(string_split({texts}, chr(10)), string_split({codes}, chr(10)))"
    return f"string_split({known}[lower(trim({name.column}))], ' ')"


def _listed(codes: Iterable[str]) -> str:
    return " ".join(sorted(set(codes)))
