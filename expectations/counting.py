"""Which rows fail an expectation, by our own SQL: how many, and in which slices. Never a value, never an area.

Great Expectations is asked for yes or no alone, since its fuller results carry the offending values.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import duckdb

    from expectations.declarations import Expectation, Suite

Slices = tuple[tuple[str, str], ...]


def failures(con: duckdb.DuckDBPyConnection, suite: Suite, expectation: Expectation) -> tuple[int | None, Slices]:
    """Count the rows that fail, and name their (source, period) slices in order.

    Returns:
        None and no slice where the expectation is about the whole table, such as its number of rows.

    Raises:
        duckdb.Error: when the suite's query cannot run.
    """
    condition = failing(expectation)
    if condition is None or suite.slice_columns is None:
        return None, ()
    source, period = suite.slice_columns
    rows = con.execute(
        f"select {source}::varchar, {period}::varchar, count(*) from ({suite.sql}) where {condition} "
        "group by all order by all"
    ).fetchall()
    return sum(r[2] for r in rows), tuple((r[0], r[1]) for r in rows)


def failures_by_cell(
    con: duckdb.DuckDBPyConnection, suite: Suite, expectation: Expectation
) -> tuple[int | None, Slices, Slices]:
    """As `failures`, with the slices apart that stop whole and those of which cells or topics are withheld."""
    rows, slices = failures(con, suite, expectation)
    cells = suite.cells
    if cells is None or expectation.unit == "slice" or rows is None or suite.slice_columns is None:
        return rows, slices, ()
    if expectation.unit == "row":
        return rows, (), slices
    condition, (source, period) = failing(expectation), suite.slice_columns
    topic = f"({', '.join(cells.topic)})"
    counted = con.execute(
        f"""select {source}::varchar, {period}::varchar, count(*) filter (where {condition}),
              count(*) filter (where value is not null or ({condition})),
              count(distinct {topic}) filter (where {condition}), count(distinct {topic})
            from ({suite.sql}) group by 1, 2 having count(*) filter (where {condition}) > 0 order by 1, 2"""
    ).fetchall()
    whole = {
        (name, when)
        for name, when, failed, values, topics, all_topics in counted
        if name in cells.counted_here
        or (topics > 1 and topics > cells.most_topics * all_topics if expectation.unit == "topic"
            else failed > cells.most_cells and failed > cells.most_share * values)
    }  # fmt: skip
    return rows, tuple(s for s in slices if s in whole), tuple(s for s in slices if s not in whole)


def failing(expectation: Expectation) -> str | None:
    """The condition that holds on rows which fail, or None for an expectation about the whole table."""
    column = expectation.kwargs.get("column")
    if expectation.type == "ExpectColumnValuesToNotBeNull":
        return f"{column} is null"
    if expectation.type == "ExpectColumnValuesToBeBetween":
        parts = []
        for bound, outside in (("min_value", "<"), ("max_value", ">")):
            if expectation.kwargs.get(bound) is not None:
                parts.append(f"{column} {outside} {expectation.kwargs[bound]}")
        return " or ".join(parts) or "false"
    return None
