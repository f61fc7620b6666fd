"""How a month was revised: the cells of its first delivery against those that are current, record by record.

Owners correct months after the fact, and withdraw records. Both are lawful, and both are told, since a figure that was
published from the first delivery was another. Counts are of records with the layout's key; nobody is named.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from orchestration.sources.model import Layout, Source
from orchestration.warehouse.changes import is_dated
from orchestration.warehouse.held import Held, cells_of, compared, file_of, load, scratch


@dataclass(frozen=True, order=True)
class Revision:
    """Records of a scope and month: in the first delivery, gone since, come since, and changed since."""

    source_id: str
    scope_key: str
    period_key: str
    first: int
    withdrawn: int
    added: int
    changed: int

    @property
    def reporter(self) -> str:
        return self.scope_key.rsplit("/", 1)[-1]

    def percent(self, count: int) -> float:
        """A count in percent of the records of the first delivery."""
        return 100.0 * count / self.first if self.first else 0.0


def revisions(source: Source, first: Sequence[Held], last: Sequence[Held], cells: Path) -> list[Revision]:
    """What became of the months whose first delivery is no longer current, scope by scope.

    A month may come anew in another layout: records are compared by what the source's dated layouts share. Months whose
    cells are gone are left out.
    """
    layouts = [layout for layout in source.layouts if is_dated(source, layout)]
    known = {layout.layout_id for layout in layouts}
    gone = {(h.scope_key, h.period_key) for h in (*first, *last) if not file_of(cells, h).exists()}
    sides = [
        (side, h)
        for side, of in ((-1, first), (1, last))
        for h in of
        if (h.scope_key, h.period_key) not in gone and h.layout_id in known
    ]
    if not sides:
        return []
    with scratch() as connection:
        load(connection, "held", sides, set())
        rows = connection.execute(_counted(layouts, [h for _, h in sides], cells)).fetchall()
    return sorted(Revision(source.source_id, *row) for row in rows)


def _counted(layouts: list[Layout], held: list[Held], cells: Path) -> str:
    shared = set.intersection(*(set(compared(layout)) for layout in layouts))
    key = ", ".join(layouts[0].key)
    content = ", ".join(f"coalesce({name}, '')" for name in compared(layouts[0]) if name in shared)
    parts = [
        f"""select side, scope_key, period_key, {key}, concat_ws('|', {content}) as content
            from {cells_of(layout, own, cells)}"""
        for layout in layouts
        if (own := [h for h in held if h.layout_id == layout.layout_id])
    ]
    one = f"""select scope_key, period_key, {key}, min(content) as content from told where side = {{side}}
      group by scope_key, period_key, {key}"""
    return f"""
    with told as materialized ({" union all ".join(parts)}),
    first as ({one.format(side=-1)}), last as ({one.format(side=1)})
    select scope_key, period_key,
      count(*) filter (where first.content is not null),
      count(*) filter (where last.content is null),
      count(*) filter (where first.content is null),
      count(*) filter (where first.content <> last.content)
    from first full join last using (scope_key, period_key, {key})
    group by scope_key, period_key
    """
