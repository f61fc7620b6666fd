"""What changed between two releases, read from their own files. A cell that either hides shows its status, no value."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from orchestration.releases.checksums import ReleaseDamaged
from orchestration.releases.contract import FACTS, INDICATOR_VALUES, SOURCES, WITHHELD, Table
from orchestration.releases.history import list_releases
from orchestration.releases.verify import verify
from orchestration.sql import named_rows, quoted

if TYPE_CHECKING:
    import duckdb

HIDDEN = ("suppressed_small_n", "suppressed_secondary")


@dataclass(frozen=True)
class Change:
    """One value that was added, removed or changed. Values are null where there is none and where one is hidden."""

    table: str
    kind: str
    key: dict[str, Any]
    old_value: str | None
    new_value: str | None
    difference: str | None
    unit: str | None
    old_status: str | None
    new_status: str | None


@dataclass(frozen=True)
class Diff:
    """Two releases held against each other. `counts` by table and kind; `changes` in order of table and key."""

    older: str
    newer: str
    same_content: bool
    counts: dict[str, dict[str, int]]
    changes: list[Change]
    deliveries: list[dict[str, Any]]
    withheld: dict[str, list[dict[str, Any]]]


def diff(releases: Path, older: str, newer: str, *, indicator: str | None = None, area: str | None = None) -> Diff:
    """Hold two releases against each other. Raises `ReleaseDamaged` when one of them is damaged."""
    for name in (older, newer):
        if problems := verify(releases, name).problems:
            raise ReleaseDamaged(f"release {name} is damaged ({problems[0]}): nothing is said about its values")
    import duckdb

    folders = releases / older / "data", releases / newer / "data"
    with duckdb.connect() as connection:
        tables = [INDICATOR_VALUES] if indicator else [INDICATOR_VALUES, *FACTS]
        changes = [c for t in tables for c in _changes(connection, t, folders, indicator, area)]
        return Diff(
            older,
            newer,
            same_content=len({r.content_sha256 for r in list_releases(releases) if r.id in (older, newer)}) == 1,
            counts=_counts(changes),
            changes=changes,
            deliveries=_rows(connection, SOURCES, folders, ("source_id",), ("newest_delivery_sha256", "newest_period")),
            withheld=_withheld(connection, folders),
        )


def _file(folder: Path, table: Table) -> str:
    return f"read_parquet({quoted(str(folder / f'{table.name}.parquet'))})"


def _changes(
    connection: duckdb.DuckDBPyConnection,
    table: Table,
    folders: tuple[Path, Path],
    indicator: str | None,
    area: str | None,
) -> Iterator[Change]:
    old, new = (_file(folder, table) for folder in folders)
    joined = " and ".join(f"o.{k} is not distinct from n.{k}" for k in table.key)
    key = ", ".join(f"coalesce(o.{k}, n.{k}) as {k}" for k in table.key)
    kept = [f"coalesce(o.{name}, n.{name}) = {quoted(wanted)}"
            for name, wanted in (("indicator_id", indicator), ("area_code", area)) if wanted]  # fmt: skip
    hidden = ", ".join(map(quoted, HIDDEN))
    rows = connection.execute(
        f"""with held as (
              select {key},
                case when o.value_status is null then 'added' when n.value_status is null then 'removed'
                  when o.value_status <> n.value_status then 'status' else 'changed' end as kind,
                coalesce(o.value_status in ({hidden}), false)
                  or coalesce(n.value_status in ({hidden}), false) as hidden,
                o.value as old_value, n.value as new_value, coalesce(n.unit, o.unit) as unit,
                o.value_status as old_status, n.value_status as new_status
              from {old} as o full join {new} as n on {joined}
              where (o.value is distinct from n.value or o.value_status is distinct from n.value_status
                  or o.unit is distinct from n.unit) {"".join(f" and {k}" for k in kept)}
            )
            select kind, unit, old_status, new_status,
              case when not hidden then rtrim(rtrim(old_value::varchar, '0'), '.') end,
              case when not hidden then rtrim(rtrim(new_value::varchar, '0'), '.') end,
              case when not hidden then rtrim(rtrim((new_value - old_value)::varchar, '0'), '.') end,
              {", ".join(f"{k}::varchar" for k in table.key)}
            from held order by {", ".join(table.key)}"""
    ).fetchall()
    for kind, unit, old_status, new_status, old_value, new_value, difference, *values in rows:
        named = {k: v for k, v in zip(table.key, values, strict=True) if v is not None}
        yield Change(table.name, kind, named, old_value, new_value, difference, unit, old_status, new_status)


def _counts(changes: list[Change]) -> dict[str, dict[str, int]]:
    counts: dict[str, dict[str, int]] = {}
    for change in changes:
        kinds = counts.setdefault(change.table, {"added": 0, "removed": 0, "changed": 0, "status": 0})
        kinds[change.kind] += 1
    return counts


def _rows(
    connection: duckdb.DuckDBPyConnection,
    table: Table,
    folders: tuple[Path, Path],
    key: tuple[str, ...],
    columns: tuple[str, ...],
) -> list[dict[str, Any]]:
    """Rows whose columns differ, each with the old and the new of them."""
    old, new = (_file(folder, table) for folder in folders)
    pairs = ", ".join(f"o.{c}::varchar as old_{c}, n.{c}::varchar as new_{c}" for c in columns)
    differ = " or ".join(f"o.{c} is distinct from n.{c}" for c in columns)
    names = ", ".join(f"coalesce(o.{k}, n.{k}) as {k}" for k in key)
    answer = connection.execute(
        f"select {names}, {pairs} from {old} as o full join {new} as n using ({', '.join(key)}) "
        f"where {differ} order by 1"
    )
    return named_rows(answer)


def _withheld(connection: duckdb.DuckDBPyConnection, folders: tuple[Path, Path]) -> dict[str, list[dict[str, Any]]]:
    """Entries of the withheld list that are new, and those that are gone."""
    names = ("scope", "name", "source_id", "area_level", "period", "action", "reason_code")
    columns = ", ".join(f"{n}::varchar as {n}" for n in names)
    old, new = (f"(select {columns} from {_file(folder, WITHHELD)})" for folder in folders)
    found = {}
    for what, one, other in (("new", new, old), ("gone", old, new)):
        rows = connection.execute(f"(from {one} except from {other}) order by all").fetchall()
        found[what] = [dict(zip(names, row, strict=True)) for row in rows]
    return found
