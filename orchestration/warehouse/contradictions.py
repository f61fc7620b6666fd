"""SQL that tells a record that contradicts itself: a code beside another area's name, a series beside another sex.

No value is judged here, only what the owner says twice. A text that the crosswalk does not know says nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import combinations

from orchestration.sources.crosswalk import county_of, names_of
from orchestration.sources.model import AreaName, Layout
from orchestration.sql import quoted


def with_area_names(layout: Layout) -> str:
    """The common table `area_names` that `meanings` looks texts up in, with a comma; empty without `agree`.

    One literal of lines and tabs: DuckDB plans it in a tenth of the time that as many rows of VALUES take.
    """
    if not layout.agree:
        return ""
    lines = [
        "\t".join([_systems(name), text, _listed(codes), _listed(map(county_of, codes))])
        for name in {_systems(n): n for group in layout.agree for n in group}.values()
        for text, codes in sorted(names_of(name.systems).items())
    ]
    fields = "string_split(unnest(string_split({}, chr(10))), chr(9))".format(quoted("\n".join(lines)))
    return (
        "area_names as materialized (select told[1] as systems, told[2] as alias, string_split(told[3], ' ') as areas, "
        f"string_split(told[4], ' ') as counties from (select {fields} as told)), "
    )


def joined_meanings(layout: Layout) -> str:
    """The joins that add to a relation what each text under `agree` means (`meanings`), null where it is unknown.

    A subquery for each text would have DuckDB judge every record twice.
    """
    return "".join(
        f" left join (select alias as {_text(name)}, {{'areas': areas, 'counties': counties}} as {_meant(name)} "
        f"from area_names where systems = {quoted(_systems(name))}) on {_text(name)} = lower(trim({name.column}))"
        for name in _names(layout)
    )


def meanings(layout: Layout) -> list[str]:
    """The columns that `joined_meanings` adds."""
    return [column for name in _names(layout) for column in (_text(name), _meant(name))]


def contradictions(layout: Layout) -> list[tuple[str, str, str]]:
    """(SQL condition over the columns of `meanings`, rule, column) of what a record says of itself and cannot be."""
    found = []
    for group in layout.agree:
        for one, other in combinations(group, 2):
            places = "counties" if one.county or other.county else "areas"
            condition = f"not list_has_any({_meant(one)}.{places}, {_meant(other)}.{places})"
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
    """The columns that `meanings` and `contradictions` read."""
    named = {name.column for group in layout.agree for name in group}
    only = {name for series in layout.series for name in series.only}
    return named | only | (set(layout.series_columns) if only else set())


def _names(layout: Layout) -> list[AreaName]:
    return list({name.column: name for group in layout.agree for name in group}.values())


def _meant(name: AreaName) -> str:
    return f"meant_by_{name.column}"


def _text(name: AreaName) -> str:
    return f"text_of_{name.column}"


def _systems(name: AreaName) -> str:
    return " ".join(name.systems)


def _listed(codes: Iterable[str]) -> str:
    return " ".join(sorted(set(codes)))
