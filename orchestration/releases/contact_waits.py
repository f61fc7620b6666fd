"""Disclosure control on the waits that are counted from contacts: which rows of `fct_wait_times` must be hidden.

A cell is one month, area, sex, guarantee rule, phase, exclusion set and attribution: the contacts within and beyond the
bound, hidden together with share, median and percentile. Beside it each interval of those who wait is a cell. Sums that
a reader can form: women and men, regions and nation, intervals, months and the year that an indicator shows. The
deciding is `nested_counts`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING

from orchestration.releases.disclosure import SECONDARY, SMALL
from orchestration.releases.nested_counts import Counts, Sum, conflicting_sets, is_small, protected

if TYPE_CHECKING:
    import duckdb

FACT, SOURCE = "fct_wait_times", "wait_contacts"
HEADLINE = "pvv_mov"
#: Which exclusion set is shown where two cannot be: the headline, then all contacts.
SETS = (HEADLINE, "none", "pvv", "pvv_mov_sov")
_INTERVALS = ("0-30", "31-60", "61-90", "91-120", "121-180", "181-365", "366+")
_WITHIN_90 = 3
_UNIT = (
    "period", "service_code", "contact_type", "phase", "guarantee_rule", "guarantee_version", "attribution",
    "area_code", "sex", "exclusion_set",
)  # fmt: skip
_WHOLE = "whole"
Unit = tuple[str, ...]
Cell = tuple[Unit, str]
_AREA, _SEX, _SET = _UNIT.index("area_code"), _UNIT.index("sex"), _UNIT.index("exclusion_set")
_ATTRIBUTION, _PHASE, _RULE = _UNIT.index("attribution"), _UNIT.index("phase"), _UNIT.index("guarantee_rule")


def hide_contact_waits(
    con: duckdb.DuckDBPyConnection, threshold: int, indicators: Collection[str], released: dict[str, str]
) -> int:
    """Hide in `release_fct_wait_times` what must be hidden of the source; return the number of hidden rows.

    Runs after the indicators that rest on it: a year that is hidden there must not follow from its months.
    """
    counts = dict(_cells(con))
    if not counts:
        return 0
    names = list(counts)
    place = {name: i for i, name in enumerate(names)}
    cells = [counts[name] for name in names]
    small = {i for i, told in enumerate(cells) if is_small(told, threshold)}
    apart = {place[cell] for cell in _conflicts(counts, threshold)}
    earlier = {place[cell] for cell in _hidden_before(con, released) if cell in place}
    sums = [*_sums(counts, place), *_years(place, _secret_years(con, indicators), len(cells))]
    hidden = protected([*cells, ()], small | apart | earlier | {len(cells)}, sums, threshold) - {len(cells)}
    return _write(con, [(names[i], SMALL if i in small else SECONDARY) for i in sorted(hidden)])


def _cells(con: duckdb.DuckDBPyConnection) -> Iterator[tuple[Cell, Counts]]:
    """The counts of each cell, in order of their names; the nation stands once for both attributions."""
    shown = ", ".join(f"max(value) filter (where wait_interval = '{name}')::bigint" for name in _INTERVALS)
    rows = con.execute(
        f"""select {", ".join(_UNIT)}, max(value) filter (where measure = 'total_count')::bigint,
              max(value) filter (where measure = 'within_count')::bigint, {shown}
            from release_{FACT} where source_id = '{SOURCE}' and value_status = 'normal'
            group by {", ".join(_UNIT)} having max(value) filter (where measure = 'total_count') is not null
            order by {", ".join(_UNIT)}"""
    ).fetchall()
    for *told, total, within, _0, _1, _2, _3, _4, _5, _6 in rows:
        unit = tuple(told)
        if unit[_AREA] == "00" and unit[_ATTRIBUTION] != "provider":
            continue
        yield (unit, _WHOLE), (total,) if within is None else (within, total - within)
        for name, count in zip(_INTERVALS, (_0, _1, _2, _3, _4, _5, _6), strict=True):
            if count is not None:
                yield (unit, name), (count,)


def _replaced(unit: Unit, place: int, value: str) -> Unit:
    return (*unit[:place], value, *unit[place + 1 :])


def _conflicts(counts: dict[Cell, Counts], threshold: int) -> Iterator[Cell]:
    """Cells of exclusion sets that would tell a small number of contacts by their difference from another set."""
    families: dict[Cell, dict[str, Counts]] = defaultdict(dict)
    for (unit, what), told in counts.items():
        families[_replaced(unit, _SET, ""), what][unit[_SET]] = told
    for (unit, what), sets in families.items():
        for name in conflicting_sets(sets, SETS, threshold):
            yield _replaced(unit, _SET, name), what


def _sums(counts: dict[Cell, Counts], place: dict[Cell, int]) -> Iterator[Sum]:
    """Women and men, regions and the nation by either attribution, and the intervals of those who wait."""
    by_sex: dict[Cell, list[int]] = defaultdict(list)
    by_area: dict[Cell, list[int]] = defaultdict(list)
    for i, (unit, what) in enumerate(counts):
        if unit[_SEX] != "total":
            by_sex[_replaced(unit, _SEX, "total"), what].append(i)
        if unit[_AREA] != "00":
            by_area[_replaced(unit, _AREA, "00"), what].append(i)
    for whole, parts in by_sex.items():
        yield Sum(place.get(whole), tuple(parts))
    for (unit, what), parts in by_area.items():
        # Those of unknown residence are in the nation alone; that they are left out here errs on the safe side.
        yield Sum(place.get((_replaced(unit, _ATTRIBUTION, "provider"), what)), tuple(parts))
    for unit, what in counts:
        if what == _WHOLE and unit[_PHASE] == "waiting":
            cut = _WITHIN_90 if unit[_RULE] == "days_90" else len(_INTERVALS)
            for interval in (_INTERVALS[:cut], _INTERVALS[cut:]):
                yield Sum(place[unit, _WHOLE], tuple(place[unit, name] for name in interval if (unit, name) in place))


def _years(place: dict[Cell, int], secret: set[tuple[str, ...]], virtual: int) -> Iterator[Sum]:
    """Months that make a year of an indicator: headline set, care performed, by provider.

    secret: area, sex and year that an indicator hides; `virtual` is the position of a cell that is always hidden.
    """
    months: dict[Unit, list[int]] = defaultdict(list)
    for (unit, what), i in place.items():
        if what == _WHOLE and (unit[_SET], unit[_PHASE], unit[_ATTRIBUTION]) == (HEADLINE, "completed", "provider"):
            months[_replaced(unit, 0, unit[0][:4])].append(i)
    for year, parts in months.items():
        if (year[_AREA], year[_SEX], year[0]) in secret:
            # The year is hidden: so is one of its months, or the year would follow from them.
            yield Sum(virtual, tuple(parts))
        yield Sum(None, tuple(parts))


def _secret_years(con: duckdb.DuckDBPyConnection, indicators: Collection[str]) -> set[tuple[str, ...]]:
    rows = con.execute(
        f"""select distinct area_code, sex, period from release_indicator_values
        where indicator_id in (select unnest(?::varchar[])) and period_type = 'year'
          and value_status in ('{SMALL}', '{SECONDARY}')""",
        [list(indicators)],
    )
    return {tuple(row) for row in rows.fetchall()}


def _hidden_before(con: duckdb.DuckDBPyConnection, released: dict[str, str]) -> Iterator[Cell]:
    """Cells that the previous release hid; they stay hidden, or the two releases together would tell."""
    if FACT not in released:
        return
    rows = con.execute(
        f"""select distinct {", ".join(_UNIT)}, coalesce(wait_interval, '{_WHOLE}') from {released[FACT]}
        where source_id = '{SOURCE}' and value_status in ('{SMALL}', '{SECONDARY}')"""
    ).fetchall()
    for *told, what in rows:
        unit = tuple(told)
        yield (_replaced(unit, _ATTRIBUTION, "provider") if unit[_AREA] == "00" else unit), what


def _write(con: duckdb.DuckDBPyConnection, found: list[tuple[Cell, str]]) -> int:
    """Empty the rows that show a hidden cell, of the nation under both attributions. Returns their number."""
    if not found:
        return 0
    import pyarrow as pa

    columns = {name: pa.array([unit[i] for (unit, _), _ in found], pa.string()) for i, name in enumerate(_UNIT)}
    columns |= {
        "what": pa.array([what for (_, what), _ in found], pa.string()),
        "why": pa.array([why for _, why in found], pa.string()),
    }
    same = " and ".join(f"t.{name} = h.{name}" for name in _UNIT if name != "attribution")
    con.register("_hidden_waits", pa.table(columns))
    row = con.execute(
        f"""update release_{FACT} as t set value_status = h.why, value = null, numerator = null, denominator = null
        from _hidden_waits as h
        where t.source_id = '{SOURCE}' and t.value_status = 'normal' and {same}
          and (t.attribution = h.attribution or t.area_code = '00')
          and coalesce(t.wait_interval, '{_WHOLE}') = h.what"""
    ).fetchone()
    con.unregister("_hidden_waits")
    return (row or (0,))[0]
