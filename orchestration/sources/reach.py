"""Whether what is declared can happen: every series, attribute and key column reaches the fact that it names.

A declaration that no model reads would be accepted and dropped in silence, so it is refused when it is read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from orchestration.sources.crosswalk import area_names
from orchestration.sources.facts import FACTS, measures_of
from orchestration.sources.paths import ModelPaths, Reading

if TYPE_CHECKING:
    from orchestration.sources.model import Layout, Series, Source

ATTRIBUTES_HELP = 'see "attributes" in docs/adding-a-source.md'


def unreachable(source: Source, paths: ModelPaths) -> list[str]:
    """What of a source's declaration no model would act on, one sentence each; empty when all is well."""
    return [fault for layout in source.layouts for fault in _of_layout(source, layout, paths)]


def _of_layout(source: Source, layout: Layout, paths: ModelPaths) -> Iterator[str]:
    if layout.family == "document":
        return
    staging = f"stg_{source.source_id}__{layout.layout_id}"
    where = f"layout {layout.layout_id}"
    yield from (f"{where}: {fault}" for fault in _unreached_rules(layout))
    if staging not in paths.texts:
        yield f"{where}: no model {staging} reads it. Write dbt_project/models/staging/{source.source_id}/{staging}.sql"
        return
    if not layout.series and layout.period and layout.areas and not paths.readers(staging):
        yield (
            f"{where}: it has areas and a period, but no series, and no model reads {staging}: all its values would "
            "be dropped. Declare its series, or leave out the period"
        )
    seen: set[tuple[str, ...]] = set()
    for series in layout.series:
        name = f"{where}, series {series.key}"
        if tuple(series.key) in seen:
            yield f"{name}: it is declared twice; each record would count twice"
        seen.add(tuple(series.key))
        readings = paths.readings(series.fact, staging)
        if series.fact not in FACTS or not readings:
            yield (
                f"{name}: no model of {series.fact} reads {staging}. Add a branch to "
                f"dbt_project/models/marts/{series.fact}.sql, or name a fact that reads it: "
                f"{', '.join(f for f in FACTS if paths.readings(f, staging)) or 'none does yet'}"
            )
        elif not source.personal:
            # Rows of persons are counted: their models decide what the fact says.
            yield from (f"{name}: {fault}" for fault in _of_series(layout, series, readings))
    for fact in sorted({s.fact for s in layout.series} & FACTS.keys()):
        if source.personal or not (readings := paths.readings(fact, staging)):
            continue
        for column in layout.key:
            if not _one_code(layout, column) and not any(r.reads_column(column) for r in readings):
                yield (
                    f"{where}: {fact} cannot hold the key column {column}: its model does not read it, so records that "
                    "differ in it alone would be given as one. Select it in the model, declare the one code that is "
                    "meant, or make it a series column"
                )


def _unreached_rules(layout: Layout) -> Iterator[str]:
    """Rules that can never speak: of a naming system without a name, of headings or labels that are not there."""
    known = area_names()
    named = [*((a.column, a.system) for a in layout.areas)]
    named += [(a.column, system) for group in layout.agree for a in group for system in a.systems]
    named += [("area_labels", system) for system in getattr(layout, "area_labels", [])]
    for place, system in dict.fromkeys(named):
        if system not in known:
            yield f"{place} names areas by {system}, of which the crosswalk has none; it knows {', '.join(known)}"
    if getattr(layout, "area_labels", None) and not layout.areas:
        yield "area_labels says how areas are labelled, but no column names an area"
    for column in layout.columns:
        if column.labels and layout.family != "jsonstat":
            yield f"column {column.name}: labels stand in json-stat alone; nothing reads those of {layout.family}"
    unpivot = getattr(layout, "unpivot", None)
    if unpivot and unpivot.consecutive and not (layout.period and set(layout.period.columns) <= set(unpivot.groups)):
        yield "unpivot is declared consecutive, but its headings do not carry the period"


def _one_code(layout: Layout, name: str) -> bool:
    """Whether a column lets one value through: records cannot differ in it."""
    column = layout.column(name)
    return column.type == "code" and column.unknown == "quarantine" and len(set(column.codes.values())) == 1


def _of_series(layout: Layout, series: Series, readings: list[Reading]) -> Iterator[str]:
    form = FACTS[series.fact]
    read = set().union(*(r.attributes for r in readings))
    offered = sorted(read & form.attributes.keys())
    measures = measures_of(series.fact, series.unit)
    if measures is None:
        yield f"unit {series.unit} is none of {series.fact}; it holds {', '.join(form.units)}"
    for attribute, value in series.attributes.items():
        text = str(value).lower() if isinstance(value, bool) else str(value)
        pattern = form.attributes.get(attribute)
        if attribute not in read or pattern is None:
            yield (
                f"attribute {attribute} is not read by the model of {series.fact} for this layout; it reads "
                f"{', '.join(offered) or 'none'} ({ATTRIBUTES_HELP})"
            )
        elif not re.fullmatch(pattern, text):
            allowed = pattern.replace("|", ", ") if re.fullmatch(r"[\w|]+", pattern) else f"what fits {pattern}"
            yield f"attribute {attribute} is {text!r}; {series.fact} knows {allowed}"
    declared = series.attributes.keys()
    columns = {c.name for c in layout.columns}
    for attribute in form.required:
        if attribute not in declared and form.by_column.get(attribute) not in columns:
            yield f"attribute {attribute} is missing; {series.fact} needs {', '.join(form.required)}"
    measure = series.attributes.get("measure")
    if measure is not None and measures is not None and measure not in measures:
        yield f"attribute measure is {measure!r}, but the unit {series.unit} means {', '.join(measures)}"
    if (measure == "waiting_count") != ("wait_interval" in declared):
        yield "attributes measure: waiting_count and wait_interval go together: give both or neither"
