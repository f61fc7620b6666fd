"""Finding the one row that a name and some key values mean; where they mean none or several, those that they could."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from orchestration.releases.contract import Table
from orchestration.sql import named_rows

if TYPE_CHECKING:
    import duckdb

# So many candidates are named; more help nobody.
_NAMED = 20


class NotOne(LookupError):
    """No row, or more than one, has this name and key. `candidates` are rows' keys, values of a key, or names."""

    def __init__(self, message: str, candidates: list[Any]) -> None:
        super().__init__(message)
        self.candidates = candidates


def find_one(con: duckdb.DuckDBPyConnection, table: Table, given: dict[str, str]) -> dict[str, Any]:
    """The row of a table of the warehouse with these values of its key. Raises `NotOne`."""
    if unknown := given.keys() - set(table.key):
        raise NotOne(f"{', '.join(sorted(unknown))}: no part of the key of {table.name}", list(table.key))
    conditions = {name: f"coalesce({name}::varchar, '') = ?" for name in given}
    where = " and ".join(conditions.values()) or "true"
    answer = con.execute(
        f"select rowid, * from {table.relation} where {where} order by {', '.join(table.key)}", list(given.values())
    )
    rows = named_rows(answer, _NAMED + 1)
    if len(rows) == 1:
        return rows[0]
    if rows:
        found = [{c: str(row[c]) for c in table.key if row[c] is not None} for row in rows[:_NAMED]]
        more = " or more" if len(rows) > _NAMED else ""
        apart = sorted({c for c in table.key if len({row[c] for row in rows}) > 1})
        raise NotOne(f"{len(found)}{more} rows of {table.name} fit; add {', '.join(f'{c}=' for c in apart)}", found)
    for name in given:
        others = {n: c for n, c in conditions.items() if n != name}
        values = con.execute(
            f"select distinct {name}::varchar from {table.relation} where {' and '.join(others.values()) or 'true'} "
            f"order by 1 limit {_NAMED}",
            [given[n] for n in others],
        ).fetchall()
        if values:
            raise NotOne(
                f"no row of {table.name} has {name}={given[name]} beside the rest", [{name: v[0]} for v in values]
            )
    raise NotOne(f"no row of {table.name} has these values, nor one of them less", [])
