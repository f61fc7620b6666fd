"""What stands in a file and is declared by no column: is it a part of the total, all of it, or a remark?

A dimension (json-stat), a column (tables) or a field (Kolada) that qualifies a value and is dropped in silence makes a
subset look like the total. So it is refused, unless the layout declares that its values leave nothing out (`all_of`)
or that it says nothing of what the values count (`remarks`). A code list holds no value to qualify, and a record of a
person is one event whatever else is said of it: both are read over, and listed as unmapped headings.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from orchestration.deliveries.refusal import FileRefused
from orchestration.sources.model import Layout, Source

_SHOWN = 5


def is_judged(source: Source, layout: Layout) -> bool:
    """Whether an undeclared column of this layout may qualify a value."""
    return not source.personal and bool(layout.series) and any(c.type == "number" for c in layout.columns)


def qualifying(layout: Layout, undeclared: Mapping[str, Sequence[str]]) -> list[str]:
    """Headings whose values are neither declared as all nor as remarks. No value at all says nothing."""
    return [
        heading
        for heading, values in undeclared.items()
        if heading not in layout.remarks and not {v for v in values if v} <= set(layout.all_of.get(heading, []))
    ]


def check_undeclared(source: Source, layout: Layout, undeclared: Mapping[str, Sequence[str]]) -> None:
    """Raise `FileRefused` (F_DIMENSION) where an undeclared heading qualifies the values. Names it and its values."""
    if not is_judged(source, layout):
        return
    for heading in qualifying(layout, undeclared):
        values = [v for v in undeclared[heading] if v]
        shown = ", ".join(repr(v[:40]) for v in values[:_SHOWN]) + (", ..." if len(values) > _SHOWN else "")
        raise FileRefused(
            "F_DIMENSION",
            f"{heading[:80]!r} ({shown}) is declared by no column of {source.source_id}/{layout.layout_id}, so the "
            "values may be a part of the total: ask the owner for the total, or declare the heading as a column, or "
            "under all_of or remarks of the layout",
        )
