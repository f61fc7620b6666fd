"""Which months really changed: the cells that were current then against those that are current now.

A delivery covers several months and is sent again and again; a month whose rows are the same has not changed. Cells are
compared as they lie on disk, all columns as text, without their place (file, line) and without the sending's name.
Person ids are read here as pseudonyms and leave no trace: what comes out are months.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from orchestration.sources.model import Column, Layout, Source
from orchestration.warehouse.held import Held, cells_of, compared, file_of, load, scratch
from orchestration.warehouse.windows import OPEN, is_month

if TYPE_CHECKING:
    import duckdb

#: A transfer is coded with at most one day between: such stays are one episode of care.
CHAIN_DAYS = 1
Pair = tuple[str, str]


@dataclass
class Changes:
    """Scopes and periods whose rows differ; months into which stays of the persons concerned reach beside.

    `everything`: a layout without months differs, so every month may.
    """

    pairs: set[Pair] = field(default_factory=set)
    reached: set[str] = field(default_factory=set)
    everything: bool = False

    @property
    def months(self) -> set[str]:
        return {period if is_month(period) else OPEN for _, period in self.pairs}


def is_dated(source: Source, layout: Layout) -> bool:
    """Whether a record's period key is its month: by a date of its own, or since a sending is a month of the source.

    Where other layouts of the source have dates, records without one belong to the month of what they hang on.
    """
    if layout.window is None:
        return False
    return layout.window.date is not None or not any(x.window and x.window.date for x in source.layouts)


def compare(
    source: Source,
    before: Sequence[Held],
    after: Sequence[Held],
    cells: Path,
    *,
    history: Sequence[Held] = (),
    look_ahead_days: int = 0,
    look_back_months: int = 0,
) -> Changes:
    """What differs between the cells of `before` and those of `after`, both of one source and of the same months.

    A scope and month that is current on one side only has changed, also without a record: its owner said that there is
    none. Where cells are gone, what they were current for counts as changed.

    Args:
        history: all that is current of the source's dated layouts, to follow the persons of changed rows in.
        look_ahead_days: follow-up after a stay; with it, `reached` holds the months of stays of these persons that one
            episode joins with a changed row, or that end so few days before such an episode begins.
        look_back_months: also the months of these persons' stays so many months after.
    """
    changes = Changes()
    layouts = {layout.layout_id: layout for layout in source.layouts}
    for layout in layouts.values():
        if is_dated(source, layout):
            was, now = (
                {
                    (h.scope_key, h.period_key)
                    for h in side
                    if h.layout_id == layout.layout_id and is_month(h.period_key)
                }
                for side in (before, after)
            )
            changes.pairs |= was ^ now
    sides = [(-1, h) for h in before] + [(1, h) for h in after]
    gone = [h for _, h in sides if not file_of(cells, h).exists()]
    changes.pairs |= {(h.scope_key, h.period_key) for h in gone if is_dated(source, layouts[h.layout_id])}
    changes.everything = any(not is_dated(source, layouts[h.layout_id]) for h in gone)
    present = [(side, h) for side, h in sides if file_of(cells, h).exists()]
    with scratch() as connection:
        connection.execute(
            "create table differing (scope_key varchar, period_key varchar, person varchar, starts date, ends date)"
        )
        load(connection, "held", present, set(before) & set(after))
        parents = [layout for layout in layouts.values() if is_dated(source, layout)]
        for layout in layouts.values():
            own = [h for _, h in present if h.layout_id == layout.layout_id]
            if own and is_dated(source, layout):
                _note_rows(connection, layout, own, cells)
            elif own and layout.window and (over := [p for p in parents if set(p.key) <= set(layout.key)]):
                for parent in over:
                    if held := [h for _, h in present if h.layout_id == parent.layout_id]:
                        _note_attached(connection, layout, own, parent, held, cells)
            elif own and _differ(connection, layout, own, cells):
                changes.everything = True
        changes.pairs |= set(connection.execute("select distinct scope_key, period_key from differing").fetchall())
        if look_ahead_days or look_back_months:
            changes.reached = _reached(connection, parents, before, history, cells, look_ahead_days, look_back_months)
    return changes


def _span(layout: Layout, alias: str = "") -> str:
    """SQL for person, first day and last day of a record; null where the layout or the record has none."""
    person = next((f"{alias}{c.name}" for c in layout.columns if c.pseudonym), "null::varchar")
    end = layout.window.date if layout.window else None
    start = next((first for first, second in layout.ordered if second == end), end)
    days = [_day(layout.column(name), alias) if name else "null::date" for name in (start, end)]
    return f"{person} as person, {days[0]} as starts, {days[1]} as ends"


def _day(column: Column, alias: str) -> str:
    return f"try_strptime(replace(trim({alias}{column.name}), '-', ''), '%Y%m%d')::date"


def _note_rows(connection: duckdb.DuckDBPyConnection, layout: Layout, held: list[Held], cells: Path) -> None:
    """Note the rows of a dated layout that stand on one side only, as often as they stand there."""
    columns = ", ".join(compared(layout))
    connection.execute(
        f"""insert into differing
            select scope_key, period_key, {_span(layout)} from (
              select scope_key, period_key, {columns} from {cells_of(layout, held, cells)} where not same
              group by all having sum(side) <> 0)"""
    )


def _note_attached(
    connection: duckdb.DuckDBPyConnection,
    layout: Layout,
    held: list[Held],
    parent: Layout,
    parents: list[Held],
    cells: Path,
) -> None:
    """Note what differs in records without a date, such as diagnoses: they belong to the month of their stay.

    They hang on the record of the same sending with the same key; records that hang on none feed no month.
    """
    assert layout.window is not None
    assert parent.window is not None
    joined = " and ".join(
        [f"c.{name} = p.{name}" for name in parent.key] + [f"c.{layout.window.column} = p.{parent.window.column}"]
    )
    columns = ", ".join(f"c.{name}" for name in compared(layout))
    connection.execute(
        f"""insert into differing
            select scope_key, period_key, person, starts, ends from (
              select p.scope_key, p.period_key, {_span(parent, "p.")}, {columns}
              from {cells_of(layout, held, cells)} as c join {cells_of(parent, parents, cells)} as p
                on c.side = p.side and {joined}
              where not (c.same and p.same)
              group by all having sum(c.side) <> 0)"""
    )


def _differ(connection: duckdb.DuckDBPyConnection, layout: Layout, held: list[Held], cells: Path) -> bool:
    columns = ", ".join(compared(layout))
    found = connection.execute(
        f"select 1 from {cells_of(layout, held, cells)} where not same group by {columns} having sum(side) <> 0 limit 1"
    )
    return found.fetchone() is not None


def _reached(
    connection: duckdb.DuckDBPyConnection,
    layouts: list[Layout],
    before: Sequence[Held],
    history: Sequence[Held],
    cells: Path,
    look_ahead_days: int,
    look_back_months: int,
) -> set[str]:
    """Months of stays that hang together with a changed row of the same person.

    Stays with at most `CHAIN_DAYS` between them make one episode. What changes in it changes the episode, in the months
    of all its stays, and the follow-up of every stay of the person that ends at most `look_ahead_days` before it.
    """
    everything = [(1, h) for h in {*before, *history} if file_of(cells, h).exists()]
    load(connection, "everywhere", everything, set())
    parts = []
    for layout in layouts:
        held = [h for _, h in everything if h.layout_id == layout.layout_id]
        if held and any(c.pseudonym for c in layout.columns):
            told = cells_of(layout, held, cells, "everywhere")
            parts.append(f"select period_key, false as changed, {_span(layout)} from {told}")
    if not parts:
        return set()
    rows = connection.execute(
        f"""
        with concerned as (select distinct person from differing where person is not null),
        stays as (
          select person, period_key, changed, coalesce(starts, ends) as starts,
            coalesce(ends, date '9999-12-31') as ends, row_number() over () as n
          from (
            select period_key, true as changed, person, starts, ends from differing
            union all by name
            select * from ({" union all ".join(parts)}) where person in (select person from concerned))
          where person is not null and coalesce(starts, ends) is not null
        ),
        ordered as (
          select *, max(ends) over (
            partition by person order by starts, ends, n rows between unbounded preceding and 1 preceding) as until
          from stays
        ),
        chained as (
          select *, count(*) filter (until is null or starts > until + {CHAIN_DAYS}) over (
            partition by person order by starts, ends, n rows unbounded preceding) as chain
          from ordered
        ),
        episodes as (
          select person, chain, min(starts) as starts, max(ends) as ends
          from chained group by person, chain having bool_or(changed)
        )
        select distinct stay.period_key from chained as stay join episodes as e using (person)
        where stay.chain = e.chain
          or (stay.ends < e.starts and stay.ends >= e.starts - {int(look_ahead_days)})
          or (stay.starts > e.ends and e.ends < date '9999-01-01'
              and stay.starts < date_trunc('month', e.ends) + to_months({int(look_back_months)} + 1)
              and {int(look_back_months)} > 0)
        """
    ).fetchall()
    return {month for (month,) in rows if is_month(month)}
