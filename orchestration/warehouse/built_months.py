"""What the warehouse itself says of its months: which batch built each, and how many rows each table has of it.

The ledger says which batch built a month last. Where the warehouse says otherwise, or has another number of rows than
when the batch ended, something else wrote to it: a file brought back from a copy, a `--full-refresh` by hand, a table
that was dropped. Such a month is due.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from orchestration.warehouse.windows import is_month

if TYPE_CHECKING:
    import duckdb

    from orchestration.warehouse.monthly import Manifest

Table = tuple[str, str]
_MAKE = """
create schema if not exists declared;
create table if not exists declared.month_builds (dataset varchar, month varchar, batch_id varchar);
create table if not exists declared.month_rows (
  schema_name varchar, table_name varchar, month varchar, row_count bigint
)
"""


@dataclass(frozen=True)
class BuiltMonths:
    """`batches` by fact and month; the tables whose rows of a month are not those that its batch left."""

    batches: Mapping[tuple[str, str], str] = field(default_factory=dict)
    altered: frozenset[tuple[Table, str]] = frozenset()

    def differs(self, dataset: str, month: str, batch_id: str | None, tables: Iterable[Table]) -> str | None:
        """Why a month is not as the ledger says; None where it is, or where the warehouse is older than this record."""
        noted = self.batches.get((dataset, month))
        if noted is not None and noted != batch_id:
            return "the warehouse holds an older build of it than the ledger says"
        for table in tables:
            if (table, month) in self.altered:
                return f"{'.'.join(table)} has other rows of it than when it was built"
        return None


def note(
    connection: duckdb.DuckDBPyConnection,
    manifest: Manifest,
    batch_id: str,
    built: Iterable[tuple[str, str]],
    tables: Iterable[Table],
) -> None:
    """Write down that a batch built these months of facts, and the rows that its tables have of them now."""
    pairs = [(dataset, month) for dataset, month in built if is_month(month)]
    months = sorted({month for _, month in pairs})
    connection.execute(_MAKE)
    connection.execute("begin")
    for dataset in sorted({dataset for dataset, _ in pairs}):
        own = [month for name, month in pairs if name == dataset]
        connection.execute(
            "delete from declared.month_builds where dataset = ? and list_contains(?::varchar[], month)", [dataset, own]
        )
        connection.execute(
            "insert into declared.month_builds select ?, unnest(?::varchar[]), ?", [dataset, own, batch_id]
        )
    for table, column in _columns(connection, manifest, tables).items():
        connection.execute(
            """delete from declared.month_rows
               where schema_name = ? and table_name = ? and list_contains(?::varchar[], month)""",
            [*table, months],
        )
        # A month without rows is noted as well: rows of it that come later were not built.
        connection.execute(
            f"""insert into declared.month_rows
                select ?, ?, asked.month, coalesce(found.row_count, 0)
                from (select unnest(?::varchar[]) as month) as asked left join ({_counted(table, column)}) as found
                using (month)""",
            [*table, months],
        )
    connection.execute("commit")


def read(connection: duckdb.DuckDBPyConnection, manifest: Manifest) -> BuiltMonths:
    """What was noted, compared with the rows that there are now. Empty for a warehouse of before these notes."""
    known = connection.execute(
        "select count(*) from information_schema.tables where table_schema = 'declared' and table_name like 'month_%'"
    ).fetchone()
    if known != (2,):
        return BuiltMonths()
    batches = {
        (dataset, month): batch for dataset, month, batch in connection.execute("from declared.month_builds").fetchall()
    }
    noted: dict[Table, dict[str, int]] = {}
    for schema, name, month, rows in connection.execute("from declared.month_rows").fetchall():
        noted.setdefault((schema, name), {})[month] = rows
    columns = _columns(connection, manifest, noted)
    altered: set[tuple[Table, str]] = set()
    for table, months in noted.items():
        found = dict(connection.execute(_counted(table, columns[table])).fetchall()) if table in columns else {}
        altered |= {(table, month) for month, rows in months.items() if found.get(month, 0) != rows}
    return BuiltMonths(batches, frozenset(altered))


def _columns(connection: duckdb.DuckDBPyConnection, manifest: Manifest, tables: Iterable[Table]) -> dict[Table, str]:
    """The column that places a row in its one month, of those tables that exist and have such a column."""
    there = set(
        connection.execute(
            "select table_schema, table_name from information_schema.tables where table_type = 'BASE TABLE'"
        ).fetchall()
    )
    wanted, columns = set(tables), {}
    for model in manifest.monthly:
        node = manifest.nodes[model]
        table, window = (node["schema"], node["alias"]), node["config"]["meta"]["window"]
        # Rows of several months are replaced by the windows of all of them: no month's own count is theirs.
        if table in wanted & there and "column" in window and "to_column" not in window:
            columns[table] = window["column"]
    return columns


def _counted(table: Table, column: str) -> str:
    schema, name = table
    return f'select strftime({column}, \'%Y-%m\') as month, count(*) as row_count from "{schema}"."{name}" group by 1'
