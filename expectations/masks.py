"""Masked cells: the values that an expectation with a unit below the slice withholds, by key, in schema `judged`.

One table per fact, `judged.masked_<fact>`: the fact's key and the checks that failed. No value stands here. Indicators
and the release leave these cells out; what rests on them in the same fact is left out with them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import TYPE_CHECKING

from expectations.counting import failing
from expectations.declarations import FOLDER, Suite, SuiteUnusable, load

if TYPE_CHECKING:
    from pathlib import Path

    import duckdb

    from orchestration.ledger.verdict import Finding, Verdict
    from orchestration.releases.contract import Table

#: An area, or a topic, of which this many parts fail and this share of all is in doubt as a whole: a fault of unit or
#: of place leaves values that pass by themselves.
LEAST_PARTS, MOST_SHARE = 3, 0.1
_AREA = ("area_code", "area_level")


def masked(fact: str) -> str:
    """The table of a fact's masked cells."""
    return f"judged.masked_{fact}"


def make_tables(con: duckdb.DuckDBPyConnection) -> None:
    """The tables as indicators and the release read them, empty where there were none."""
    from orchestration.releases.contract import FACTS

    con.execute("create schema if not exists judged")
    for table in FACTS:
        kinds = dict(table.columns)
        columns = ", ".join(f"{name} {kinds[name]}" for name in table.key)
        con.execute(f"create table if not exists {masked(table.name)} ({columns}, checks varchar)")


def write_masks(
    con: duckdb.DuckDBPyConnection,
    verdicts: Iterable[Verdict],
    accepted: Collection[tuple[str, str, tuple[str, str] | None]] = (),
    folder: Path = FOLDER,
) -> dict[str, int]:
    """Replace the masked cells by those of these verdicts, less what somebody accepted; how many there are, by fact.

    con: the warehouse, open for writing, with the rows that were judged.
    accepted: (dataset, expectation, slice) whose rows are those that were accepted.
    """
    from orchestration.releases.contract import FACTS

    make_tables(con)
    known = {v.dataset: v for v in verdicts}
    counts: dict[str, int] = {}
    for table in FACTS:
        con.execute(f"delete from {masked(table.name)}")
        found = [f for f in known[table.name].findings if f.cell_slices] if table.name in known else []
        if not found:
            continue
        try:
            suite = load(table.name, folder)
        except SuiteUnusable:
            # Its verdict is broken, and the gate withholds the whole table.
            continue
        _collect(con, table, suite, found, accepted)
        _widen(con, table, suite)
        if table.name == "fct_costs":
            _totals_of_costs(con, table)
        key = ", ".join(table.key)
        con.execute(
            f"insert into {masked(table.name)} select {key}, "
            "string_agg(distinct expectation, '|' order by expectation) from _failing group by all"
        )
        (counts[table.name],) = con.execute(f"select count(*) from {masked(table.name)}").fetchone() or (0,)
    return {fact: cells for fact, cells in counts.items() if cells}


def _collect(
    con: duckdb.DuckDBPyConnection,
    table: Table,
    suite: Suite,
    findings: list[Finding],
    accepted: Collection[tuple[str, str, tuple[str, str] | None]],
) -> None:
    """Temporary table `_failing`: the fact's key, `expectation` and `reach` (cell, topic) of every row in doubt."""
    key = ", ".join(table.key)
    con.execute(
        f"create or replace temp table _failing as select {key}, ''::varchar as expectation, ''::varchar as reach "
        f"from {table.relation} where false"
    )
    for finding in findings:
        expectation = suite.expectation(finding.expectation)
        slices = [s for s in finding.cell_slices if (suite.dataset, expectation.id, s) not in accepted]
        if not slices:
            continue
        sources, periods = (list(parts) for parts in zip(*slices, strict=True))
        rows = (
            f"(select judged.* from ({suite.sql}) as judged "
            "join (select unnest(?::varchar[]) as s, unnest(?::varchar[]) as p) as failed_slices "
            f"on source_id = s and period = p where {failing(expectation)})"
        )
        if expectation.unit == "topic" and suite.cells:
            same = _same("f", "j", ("source_id", "period", *suite.cells.topic))
            named = ", ".join(("source_id", "period", *suite.cells.topic))
            taken = f"{table.relation} as f join (select distinct {named} from {rows}) as j on {same}"
            columns = ", ".join(f"f.{c}" for c in table.key)
        else:
            taken, columns = f"{rows} as j", key
        con.execute(
            f"insert into _failing select {columns}, '{expectation.id}', '{expectation.unit}' from {taken}",
            [sources, periods],
        )


def _widen(con: duckdb.DuckDBPyConnection, table: Table, suite: Suite) -> None:
    """Where several topics of an area fail, or several areas of a topic, all of it is in doubt."""
    if suite.cells is None:
        return
    topic, is_part = suite.cells.topic, suite.cells.parts
    for whole, parts in ((_AREA, topic), (topic, _AREA)):
        group = ("source_id", "period", *whole)
        counted = ", ".join(group)
        con.execute(
            f"""create or replace temp table _wide as
            select bad.* from (
              select {counted}, count(distinct ({", ".join(parts)})) as failed, min(expectation) as expectation
              from _failing where reach = 'cell' and {is_part} group by {counted}) as bad
            join (
              select {counted}, count(distinct ({", ".join(parts)})) as parts from {table.relation}
              where value is not null and {is_part} group by {counted}) as every on {_same("bad", "every", group)}
            where failed >= {LEAST_PARTS} and failed > {MOST_SHARE} * parts"""
        )
        columns = ", ".join(f"f.{c}" for c in table.key)
        con.execute(
            f"insert into _failing select {columns}, w.expectation, 'wide' "
            f"from {table.relation} as f join _wide as w on {_same('f', 'w', group)}"
        )


def _totals_of_costs(con: duckdb.DuckDBPyConnection, table: Table) -> None:
    """The totals over a masked service, and its other measures; all of an area where a total fails and no service."""
    columns = ", ".join(f"f.{c}" for c in table.key)
    place = ("source_id", "period", *_AREA)
    con.execute(
        f"""insert into _failing
        select {columns}, b.expectation, 'part'
        from {table.relation} as f
        join (select distinct {", ".join(place)}, service_code, expectation from _failing
              where service_level = 'leaf') as b
          on {_same("f", "b", place)}
        join (select distinct source_id, period, service_code, group_code, domain_code
              from intermediate.int_costs__services) as s
          on s.source_id = b.source_id and s.period = b.period and s.service_code = b.service_code
        where f.service_code = b.service_code
          or (f.measure = 'share_of_total_percent' and s.domain_code = 'health_care')
          or (f.service_level <> 'leaf' and (f.service_code = s.domain_code or (
          s.domain_code = 'health_care'
          and (starts_with(f.service_code, 'health_care') or starts_with(f.service_code, s.group_code)))))
        """
    )
    con.execute(
        f"""insert into _failing
        select {columns}, b.expectation, 'part'
        from {table.relation} as f
        join (
          select {", ".join(place)}, min(expectation) as expectation from _failing
          where reach = 'cell'
          group by {", ".join(place)} having count(*) filter (where service_level = 'leaf') = 0) as b
          on {_same("f", "b", place)}"""
    )


def _same(one: str, other: str, columns: Iterable[str]) -> str:
    return " and ".join(f"{one}.{c} is not distinct from {other}.{c}" for c in columns)
