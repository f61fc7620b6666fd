"""Two releases beside each other, cell by cell: which published values a fault has moved, and what a reader is told.

A cell is *wrong* where it shows a value that neither the sound update nor the release before it shows (within the
precision that the value is stated with), *gone* where both of those show one and this release shows none (or where it
says that it withholds one that the sound update shows). Both are
*flagged* where the cell says more than the sound update's cell does (a flag, a status other than normal, a lower
grade), *withheld* where the release's table of what it withholds says so, *warned* where a check that did not pass
names the slice, and otherwise *silent*.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb

from orchestration.releases.contract import FACTS, INDICATOR_VALUES, Table

#: Half of the last figure that a value of the unit is stated with; the larger of it and a thousandth of the value for
#: what is computed with many decimals.
PRECISION = {"percent": 0.05, "days": 0.25, "persons": 0.5, "stays": 0.5, "contacts": 0.5, "per_100000": 0.5,
             "SEK_per_inhabitant": 0.5}  # fmt: skip
_OTHER, _SHARE = 0.05, 0.001
_NOT_TELLING = ("derived", "corrected", "transcribed")


@dataclass
class Told:
    """How many cells are wrong or gone, by what a reader of the release is told of them."""

    silent: int = 0
    warned: int = 0
    flagged: int = 0
    withheld: int = 0
    #: Values of the sound update that are not there, and were not before either: nothing wrong is shown.
    left_out: int = 0
    samples: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Release:
    folder: Path

    def table(self, name: str) -> str:
        return f"read_parquet('{self.folder / 'data' / name}.parquet')"

    @property
    def quality(self) -> dict[str, Any]:
        return json.loads((self.folder / "quality.json").read_text())

    def indicators_of(self, source: str) -> tuple[str, ...]:
        """The indicators that rest on a source."""
        sql = (
            f"select indicator_id from {self.table('indicators')} where list_contains(string_split(source_ids, '|'), ?)"
        )
        return tuple(name for (name,) in duckdb.execute(sql, [source]).fetchall())


def latest(home: Path) -> Release | None:
    """The release that readers are pointed at."""
    pointer = home / "releases" / "latest.json"
    return Release(home / "releases" / json.loads(pointer.read_text())["release"]) if pointer.exists() else None


def compared(sound: Release, found: Release, before: Release | None, owners: tuple[str, ...] = ()) -> Told:
    """What a fault's release tells against the sound one's; without a `before` nothing was published before.

    owners: the sources and indicators to look at; none are all.
    """
    told = Told()
    if found.folder == (before and before.folder):
        return told
    with duckdb.connect() as con:
        con.execute("set threads = 1")
        _withheld(con, found)
        for table in (*FACTS, INDICATOR_VALUES):
            _table(con, table, sound, found, before, owners, told)
    return told


def _withheld(con: duckdb.DuckDBPyConnection, found: Release) -> None:
    con.execute(f"create temp table withheld as select * from {found.table('withheld')}")
    con.execute("create temp table warned (name varchar, period varchar)")


def _warned(release: Release) -> set[tuple[str, str, str]]:
    """The slices that a check which did not pass names."""
    return {
        (verdict["dataset"], name, period)
        for verdict in release.quality["verdicts"]
        for finding in verdict["not_passed"]
        if finding["severity"] != "info"
        for name, period in finding["slices"] or [("*", "*")]
    }


def _table(
    con: duckdb.DuckDBPyConnection,
    table: Table,
    sound: Release,
    found: Release,
    before: Release | None,
    owners: tuple[str, ...],
    told: Told,
) -> None:
    owner = "source_id" if "source_id" in table.key else "indicator_id"
    key = [column for column in table.key if column != "definition_version"]
    if "sex" in table.names and "sex" not in key:
        key.append("sex")
    keys = ", ".join(key)
    con.execute("delete from warned")
    for name, period in {(n, p) for d, n, p in _warned(found) - _warned(sound) if d == table.name}:
        con.execute("insert into warned values (?, ?)", [name, period])
    grade = "quality_grade" if "quality_grade" in table.names else "null::varchar"
    part = f"{keys}, unit, value::double as value, value_status, value_flags, {grade} as grade"
    earlier = before.table(table.name) if before else f"(select * from {sound.table(table.name)} limit 0)"
    # By text, since a part of the key may be null, and a full join takes no other condition than equality.
    joined = " || '|' || ".join(f"coalesce({c}::varchar, '~')" for c in key)
    flags = "list_filter(string_split(coalesce({0}.value_flags, ''), '|'), f -> f <> '' and f not in {1})"
    rows = con.execute(
        f"""
        with s as (select {joined} as k, {part} from {sound.table(table.name)}),
        f as (select {joined} as k, {part} from {found.table(table.name)}),
        b as (select {joined} as k, value::double as value from {earlier}),
        cell as (
            select k, coalesce(f.{owner}, s.{owner}) as owner, coalesce(f.period, s.period) as period,
                s.value as sound, f.value as found, b.value as earlier, f.value_status as status,
                case coalesce(f.unit, s.unit) {" ".join(f"when '{u}' then {p}" for u, p in PRECISION.items())}
                    else {_OTHER} end as least,
                len(list_filter({flags.format("f", _NOT_TELLING)},
                                x -> not list_contains({flags.format("s", _NOT_TELLING)}, x))) > 0
                    or (f.grade > s.grade) as says_more
            from f full join s using (k) left join b using (k)
        ),
        judged as (
            select *,
                found is not null
                    and (sound is null or abs(found - sound) > greatest(least, {_SHARE} * abs(sound)))
                    and (earlier is null or abs(found - earlier) > greatest(least, {_SHARE} * abs(earlier)))
                    as wrong,
                found is null and sound is not null and earlier is null and status is distinct from 'withheld'
                    as left_out,
                found is null and sound is not null and (earlier is not null or status = 'withheld') as gone
            from cell
        )
        select
            case
                when left_out then 'left_out'
                when (gone and status is not null and status <> 'normal') then
                    case when status = 'withheld' then 'withheld' else 'flagged' end
                when gone and exists (select 1 from withheld w where (w.name = owner or w.source_id = owner)
                    and w.period = judged.period) then 'withheld'
                when coalesce(says_more, false) then 'flagged'
                when exists (select 1 from warned w where (w.name in (owner, '*'))
                    and w.period in (judged.period, '*')) then 'warned'
                else 'silent' end as how,
            count(*), min(k || ': ' || coalesce(found::varchar, 'gone') || ' for ' || coalesce(sound::varchar, 'none'))
        from judged where (wrong or gone or left_out) and (len($owners) = 0 or list_contains($owners, owner)) group by 1
        """,
        {"owners": list(owners)},
    ).fetchall()
    for how, number, sample in rows:
        setattr(told, how, getattr(told, how) + number)
        if how in ("silent", "warned"):
            told.samples.append(f"{table.name} {sample}")
