"""Which months really changed: the cells that were current then against those that are current now.

A delivery covers several months and is sent again and again; a month whose rows are the same has not changed. Cells are
compared as they lie on disk, all columns as text, without their place (file, line) and without the sending's name.
Person ids are read here as pseudonyms and leave no trace: what comes out are months.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from orchestration.sources.model import Column, Layout, Source
from orchestration.sql import quoted
from orchestration.warehouse.windows import OPEN, is_month

if TYPE_CHECKING:
    import duckdb

#: A transfer is coded with at most one day between: such stays are one episode of care.
CHAIN_DAYS = 1
Pair = tuple[str, str]


@dataclass(frozen=True, order=True)
class Held:
    """A delivery that is, or was, current for a scope and a period, and the hash of what read it."""

    source_id: str
    layout_id: str
    scope_key: str
    period_key: str
    delivery_sha256: str
    reader_hash: str = ""

    @property
    def sender(self) -> str:
        """The scope without its layout: what the same sender's other files share."""
        return "/".join([self.source_id, *self.scope_key.split("/")[2:]])

    @property
    def month(self) -> str:
        """The month of its records; `open` for those that have none."""
        return self.period_key if is_month(self.period_key) else OPEN


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
    gone = [h for _, h in sides if not _file(cells, h).exists()]
    changes.pairs |= {(h.scope_key, h.period_key) for h in gone if is_dated(source, layouts[h.layout_id])}
    changes.everything = any(not is_dated(source, layouts[h.layout_id]) for h in gone)
    present = [(side, h) for side, h in sides if _file(cells, h).exists()]
    with _scratch() as connection:
        _load(connection, "held", present, set(before) & set(after))
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


@contextmanager
def _scratch() -> Iterator[duckdb.DuckDBPyConnection]:
    """A database in memory: the warehouse is not opened, and nothing stays."""
    import duckdb

    with duckdb.connect(config={"temp_directory": ""}) as connection:
        connection.execute("set enable_progress_bar = false; set preserve_insertion_order = false")
        connection.execute(
            "create table differing (scope_key varchar, period_key varchar, person varchar, starts date, ends date)"
        )
        yield connection


def _file(cells: Path, held: Held) -> Path:
    return cells / held.source_id / held.layout_id / f"{held.delivery_sha256}.parquet"


def _load(connection: duckdb.DuckDBPyConnection, name: str, sides: Iterable[tuple[int, Held]], same: set[Held]) -> None:
    import pyarrow as pa

    rows = [(side, h.layout_id, h.delivery_sha256, h.scope_key, h.period_key, h in same) for side, h in sides]
    names = ("side", "layout_id", "delivery_sha256", "scope_key", "period_key", "same")
    types = (pa.int32(), pa.string(), pa.string(), pa.string(), pa.string(), pa.bool_())
    table = pa.table({n: pa.array([r[i] for r in rows], t) for i, (n, t) in enumerate(zip(names, types, strict=True))})
    connection.register("_sides", table)
    connection.execute(f"create or replace table {name} as select * from _sides")
    connection.unregister("_sides")


def _cells(layout: Layout, held: Iterable[Held], cells: Path, sides: str = "held") -> str:
    """SQL: the layout's cells of what is held, with side, scope and period; and whether both sides hold the same."""
    files = ", ".join(quoted(str(path)) for path in sorted({_file(cells, h) for h in held}))
    return f"""(
      select h.side, h.same, h.scope_key, h.period_key, c.* exclude (scope_key, period_key, filename)
      from read_parquet([{files}], filename = true, union_by_name = true) as c
      join {sides} as h on h.layout_id = {quoted(layout.layout_id)}
        and h.delivery_sha256 = parse_filename(c.filename, true)
        and h.scope_key = c.scope_key and h.period_key = c.period_key)"""


def _compared(layout: Layout) -> list[str]:
    """Columns that make a record what it is: all but the name of its sending."""
    sending = layout.window.column if layout.window else None
    return [*(name for name in layout.cell_names if name != sending), "fields_fault"]


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
    columns = ", ".join(_compared(layout))
    connection.execute(
        f"""insert into differing
            select scope_key, period_key, {_span(layout)} from (
              select scope_key, period_key, {columns} from {_cells(layout, held, cells)} where not same
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
    columns = ", ".join(f"c.{name}" for name in _compared(layout))
    connection.execute(
        f"""insert into differing
            select scope_key, period_key, person, starts, ends from (
              select p.scope_key, p.period_key, {_span(parent, "p.")}, {columns}
              from {_cells(layout, held, cells)} as c join {_cells(parent, parents, cells)} as p
                on c.side = p.side and {joined}
              where not (c.same and p.same)
              group by all having sum(c.side) <> 0)"""
    )


def _differ(connection: duckdb.DuckDBPyConnection, layout: Layout, held: list[Held], cells: Path) -> bool:
    columns = ", ".join(_compared(layout))
    found = connection.execute(
        f"select 1 from {_cells(layout, held, cells)} where not same group by {columns} having sum(side) <> 0 limit 1"
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
    everything = [(1, h) for h in {*before, *history} if _file(cells, h).exists()]
    _load(connection, "everywhere", everything, set())
    parts = []
    for layout in layouts:
        held = [h for _, h in everything if h.layout_id == layout.layout_id]
        if held and any(c.pseudonym for c in layout.columns):
            parts.append(
                f"select period_key, false as changed, {_span(layout)} from {_cells(layout, held, cells, 'everywhere')}"
            )
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
