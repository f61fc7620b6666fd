"""What a release will hold: the warehouse's tables, less what the gate withholds, plus what is carried forward."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from orchestration.ledger.verdict import Verdict
from orchestration.releases import memory, vintages, withheld
from orchestration.releases.checksums import ReleaseDamaged, published_sums, sha256_of
from orchestration.releases.contract import AREAS, FACTS, INDICATOR_VALUES, JUDGED, LINEAGE, TABLES, WITHHELD, Table
from orchestration.releases.fingerprint import data_fingerprint, slice_fingerprint
from orchestration.releases.gate import GROUND, VALUES, Decision, FactSlice, IndicatorSlice, decide
from orchestration.releases.history import latest_id
from orchestration.releases.suppression import suppress_tables

if TYPE_CHECKING:
    import duckdb

    from orchestration.indicators.definition import Definition
    from orchestration.ledger.acceptances import Acceptance


class ContractBroken(Exception):
    """A table that is about to be published is not as the contract says: names table, columns, rule."""


@dataclass(frozen=True)
class Previous:
    """The latest release, if there is one: carried values and the first release of a withholding come from it."""

    release_id: str
    folder: Path

    @classmethod
    def latest(cls, releases: Path) -> Previous | None:
        name = latest_id(releases)
        return cls(name, releases / name) if name else None


def check_tables(con: duckdb.DuckDBPyConnection) -> None:
    """Every published table stands in the warehouse with the contract's columns, types and keys.

    Raises:
        ContractBroken: a table or column is missing, is one too many, is of another type, or a key stands twice.
    """
    for table in TABLES:
        if table is WITHHELD:
            continue
        schema, name = table.relation.split(".")
        found = dict(
            con.execute(
                "select column_name, data_type from information_schema.columns "
                "where table_schema = ? and table_name = ?",
                [schema, name],
            ).fetchall()
        )
        if not found:
            raise ContractBroken(f"{table.relation} is not in the warehouse; run the whole nightly")
        missing, extra = set(table.names) - found.keys(), found.keys() - set(table.names)
        if missing or extra:
            raise ContractBroken(f"{table.relation}: missing {sorted(missing)}, not in the contract {sorted(extra)}")
        # A cast on the way out would round in silence.
        wrong = [f"{c} is {found[c]}, not {kind}" for c, kind in table.columns if found[c] != kind]
        if wrong:
            raise ContractBroken(f"{table.relation}: {'; '.join(wrong)}; correct the model that makes it")
        if table not in FACTS:
            _check_key(con, table)


def _check_key(con: duckdb.DuckDBPyConnection, table: Table) -> None:
    key = ", ".join(table.key)
    row = con.execute(
        f"select count(*), min(of_key) from (select ({key})::varchar as of_key from {table.relation} "
        f"group by {key} having count(*) > 1)"
    ).fetchone()
    if row and row[0]:
        raise ContractBroken(f"{table.relation}: {row[0]} keys stand more than once, first ({key}) = {row[1]}")


def repeated_keys(con: duckdb.DuckDBPyConnection) -> set[FactSlice]:
    """The fact slices in which a key stands more than once: which of its values is right nobody can say."""
    return {
        FactSlice(table.name, source, period)
        for table in FACTS
        for source, period in con.execute(
            f"select distinct source_id, period from (select source_id, period from {table.relation} "
            f"group by {', '.join(table.key)} having count(*) > 1)"
        ).fetchall()
    }


def _masked_values(con: duckdb.DuckDBPyConnection) -> set[tuple[str, str]]:
    """The (indicator, period) of which a value is withheld, since it rests on a masked cell."""
    rows = con.execute(
        f"select distinct indicator_id, period from {INDICATOR_VALUES.relation} where value_status = 'withheld'"
    )
    return {(name, period) for name, period in rows.fetchall()}


def decisions(
    con: duckdb.DuckDBPyConnection,
    verdicts: Iterable[Verdict],
    definitions: Iterable[Definition],
    previous: Previous | None,
    accepted: Iterable[Acceptance] = (),
    headlines: Collection[str] = (),
) -> list[Decision]:
    """The gate's decision on every slice that stands in the warehouse, or stood in the previous release.

    A slice that is gone is the owner's withdrawal where the whole table passes. Where the table failed as a whole
    (emptied, never judged) it is decided on as if it stood there, and so keeps its previous values.

    Raises:
        ContractBroken: an indicator in the warehouse has no definition.
    """
    judged = list(verdicts)
    fingerprints = {name: data_fingerprint(con, table.relation) for name, table in JUDGED.items()}
    given = standing(con, accepted)
    let_through = {(a.dataset, a.expectation, a.slice) for a in given}
    facts = [FactSlice(t.name, *key) for t in FACTS for key in _slices(con, t, t.relation)]
    stopped = {
        table.name
        for table in FACTS
        if decide([FactSlice(table.name, "", "")], [], judged, fingerprints, let_through)[0].withheld
    }
    gone = [
        FactSlice(t.name, *key) for t in FACTS if t.name in stopped for key in _slices(con, t, _released(t, previous))
    ]
    facts += [piece for piece in gone if piece not in set(facts)]
    known = list(definitions)
    by_id = {d.indicator_id: d for d in known}
    released = {t.name: sql for t in (*FACTS, INDICATOR_VALUES) if (sql := _released(t, previous))}
    lost = {
        (loss.dataset, loss.slice): loss.reason
        for loss in memory.losses(con, released, known, headlines, let_through)
        # What failed as a whole is carried as a whole.
        if loss.dataset not in stopped
    }
    # A slice that is gone altogether is decided on as if it stood there.
    facts += [FactSlice(t, *key) for t, key in lost if t != VALUES and FactSlice(t, *key) not in facts]
    # What has no definition would pass the gate undecided.
    if unknown := {name for name, *_ in _slices(con, INDICATOR_VALUES, INDICATOR_VALUES.relation)} - by_id.keys():
        raise ContractBroken(
            f"{INDICATOR_VALUES.relation}: {sorted(unknown)} have no definition; run the whole nightly"
        )

    def indicators(relation: str | None) -> list[IndicatorSlice]:
        return [
            IndicatorSlice(name, version, period, tuple(by_id[name].facts), tuple(by_id[name].source_ids))
            for name, version, period in _slices(con, INDICATOR_VALUES, relation)
            if name in by_id
        ]

    values = indicators(INDICATOR_VALUES.relation)
    here = {(v.indicator_id, v.period) for v in values}
    values += [
        v
        for v in indicators(_released(INDICATOR_VALUES, previous))
        if (v.indicator_id, v.period) not in here
        and (stopped.intersection(v.facts) or (VALUES, (v.indicator_id, v.period)) in lost)
    ]
    decided = decide(
        facts, values, judged, fingerprints, let_through,
        masked_values=_masked_values(con), repeated=repeated_keys(con), lost=lost,
    )  # fmt: skip
    return [_noted(d, given) for d in decided]


def _noted(decision: Decision, given: list[Acceptance]) -> Decision:
    """The decision with the names and reasons of those who let its checks through."""
    if not decision.accepted:
        return decision
    dataset = INDICATOR_VALUES.name if decision.scope == "indicator" else decision.name
    piece = (decision.name if decision.scope == "indicator" else decision.source_id, decision.period)
    notes = [
        f"{a.by}: {a.reason}"
        for a in given
        if a.dataset == dataset and a.expectation in decision.checks and a.slice in (None, piece)
    ]
    return replace(decision, note="; ".join(dict.fromkeys(notes)))


def standing(con: duckdb.DuckDBPyConnection, accepted: Iterable[Acceptance]) -> list[Acceptance]:
    """The acceptances whose rows are those that were accepted; what has changed since must be looked at anew."""
    return [
        a
        for a in accepted
        if a.dataset in JUDGED and slice_fingerprint(con, JUDGED[a.dataset], a.slice) == a.fingerprint
    ]


def _slices(con: duckdb.DuckDBPyConnection, table: Table, relation: str | None) -> list[tuple]:
    """What a table is published by: (source, period) of a fact, (id, version, period) of the indicators."""
    if relation is None:
        return []
    key = "indicator_id, definition_version, period" if table is INDICATOR_VALUES else "source_id, period"
    return con.execute(f"select distinct {key} from {relation} order by all").fetchall()


def _released(table: Table, previous: Previous | None) -> str | None:
    """A table of the previous release, as SQL; None where that release is gone or did not have it.

    Raises:
        ReleaseDamaged: the file is not what was published. Altered values would be carried into a sound release, and
            what was hidden could not be kept hidden.
    """
    if previous is None or not previous.folder.is_dir():
        return None
    path = f"data/{table.name}.parquet"
    file, digest = previous.folder / path, published_sums(previous.folder).get(path)
    if digest is None:
        return None
    if not file.is_file() or sha256_of(file) != digest:
        raise ReleaseDamaged(
            f"{path} of release {previous.release_id} is not what was published, and the next release rests on it; "
            f"`vardlagret release verify {previous.release_id}` lists what is wrong, docs/runbooks/release-damaged.md "
            "says how it is mended"
        )
    return "read_parquet('{}')".format(str(file).replace("'", "''"))


def previous_values(previous: Previous | None) -> str | None:
    """The latest release's indicators, as SQL; None where there is none. Raises `ReleaseDamaged`."""
    return _released(INDICATOR_VALUES, previous)


def lay_out(
    con: duckdb.DuckDBPyConnection,
    decided: list[Decision],
    previous: Previous | None,
    definitions: Iterable[Definition],
    release_id: str,
) -> list[withheld.Row]:
    """Make one temporary table or view `release_<table>` per published table; return the rows of `withheld`.

    What is withheld keeps the previous release's rows of the same slice, flagged `carried_forward`; where there are
    none it is left out. Both are listed, and so is what is published over a failed check that somebody accepted. Small
    counts are hidden last, in what is carried forward too.

    release_id: of the release being built; it dates what is withheld for the first time.
    """
    released = {t.name: sql for t in TABLES if (sql := _released(t, previous))}
    previous_id = previous.release_id if previous else None
    stopped = [d for d in decided if d.withheld]
    con.execute(
        "create or replace temp table _stopped (scope varchar, name varchar, source_id varchar, period varchar)"
    )
    if stopped:
        con.executemany(
            "insert into _stopped values (?, ?, ?, ?)",
            [(d.scope, d.name, d.source_id or "", d.period) for d in stopped],
        )
    carried: set[tuple[str, str, str]] = set()
    for table in (*FACTS, INDICATOR_VALUES):
        carried |= _lay_out_slices(con, table, released.get(table.name))
    for table in TABLES:
        if table not in (*FACTS, INDICATOR_VALUES, LINEAGE, WITHHELD):
            con.execute(
                f"create or replace temp view release_{table.name} as select * from {_whole(table, decided, released)}"
            )
    suppress_tables(con, definitions, released)
    vintages.drop_unpublished_references(con)
    _lay_out_lineage(con, released.get(LINEAGE.name))
    earlier = withheld.earlier_rows(con, released.get(WITHHELD.name))
    listed = [d for d in decided if d.withheld or d.accepted or d.partly]
    rows = withheld.rows_of(listed, carried, release_id, previous_id, earlier)
    withheld.lay_out(con, rows)
    return rows


def anything_to_publish(con: duckdb.DuckDBPyConnection) -> bool:
    """Whether one row of a fact or an indicator is left, after `lay_out`."""
    counted = " union all ".join(f"select 1 from release_{t.name}" for t in (*FACTS, INDICATOR_VALUES))
    return con.execute(f"select 1 from ({counted}) limit 1").fetchone() is not None


def _whole(table: Table, decided: list[Decision], released: dict[str, str]) -> str:
    """Where a table that is published whole is taken from: areas that failed stay as they were published."""
    failed = any(c == GROUND or c.startswith(f"{GROUND}.") for d in decided for c in d.checks)
    return released.get(table.name, table.relation) if table is AREAS and failed else table.relation


def _lay_out_slices(con: duckdb.DuckDBPyConnection, table: Table, released: str | None) -> set[tuple[str, str, str]]:
    """The table without its stopped slices, plus theirs from the previous release. Returns the slices carried.

    A cell that is withheld alone keeps the previous release's value of its key, where that showed one.
    """
    indicator = table is INDICATOR_VALUES
    name, source = ("indicator_id", "''") if indicator else (f"'{table.name}'", "source_id")
    scope = "indicator" if indicator else "fact_slice"
    is_stopped = (
        f"exists (select 1 from _stopped s where s.scope = '{scope}' and s.name = {name} "
        f"and s.source_id = {source} and s.period = t.period)"
    )
    columns = ", ".join(table.names)
    con.execute(
        f"create or replace temp table release_{table.name} as "
        f"select {columns} from {_unmasked(con, table)} t where not {is_stopped}"
    )
    if released is None:
        return set()
    _carry_cells(con, table, released)
    kept = "list_filter(string_split(value_flags, '|'), x -> x <> '')"
    flagged = f"array_to_string(list_sort(list_distinct({kept} || ['carried_forward'])), '|')"
    carried = f"select * replace ({flagged} as value_flags) from {released} t where {is_stopped}"
    con.execute(f"insert into release_{table.name} select {columns} from ({carried})")
    found = con.execute(f"select distinct {name}, {source}, period from {released} t where {is_stopped}")
    return {(row[0], row[1], row[2]) for row in found.fetchall()}


#: What is null where a value is withheld: counts and intervals would tell it.
_TELLING = ("value", "numerator", "denominator", "ci_low", "ci_high", "ci_level", "ci_method")


def _unmasked(con: duckdb.DuckDBPyConnection, table: Table) -> str:
    """A table of the warehouse as SQL, in which the masked cells of a fact have no value."""
    relation = f"masked_{table.name}"
    there = con.execute(
        "select 1 from information_schema.tables where table_schema = 'judged' and table_name = ?", [relation]
    ).fetchone()
    if table not in FACTS or not there:
        return table.relation
    same = " and ".join(f"f.{c} is not distinct from m.{c}" for c in table.key)
    hidden = [f"case when m.checks is null then f.{c} end as {c}" for c in _TELLING if c in table.names]
    replaced = ", ".join(
        [*hidden, "case when m.checks is null then f.value_status else 'withheld' end as value_status"]
    )
    return f"(select f.* replace ({replaced}) from {table.relation} as f left join judged.{relation} as m on {same})"


def _carry_cells(con: duckdb.DuckDBPyConnection, table: Table, released: str) -> None:
    """Put the latest release's rows in the place of cells that are withheld, or that wait for a name."""
    key, columns = ", ".join(table.key), ", ".join(table.names)
    lost = _lost_keys(con, table)
    # The keys first: they are few, and both tables are then joined once.
    con.execute(
        f"create or replace temp table _wanted as select {key} from release_{table.name} "
        f"where value_status = 'withheld'{f' union {lost}' if lost else ''}"
    )
    if con.execute("select 1 from _wanted limit 1").fetchone() is None:
        return
    same = " and ".join(f"w.{c} is not distinct from o.{c}" for c in table.key)
    kept = "list_filter(string_split(o.value_flags, '|'), x -> x <> '')"
    flagged = f"array_to_string(list_sort(list_distinct({kept} || ['carried_forward'])), '|')"
    con.execute(
        f"create or replace temp table _carried as select o.* replace ({flagged} as value_flags) "
        f"from {released} as o join _wanted as w on {same} where o.value is not null"
    )
    con.execute(
        f"create or replace temp table release_{table.name} as select {columns} from release_{table.name} as o "
        f"anti join _carried as w on {same}"
    )
    con.execute(f"insert into release_{table.name} select {columns} from _carried")


def _lost_keys(con: duckdb.DuckDBPyConnection, table: Table) -> str | None:
    """The keys of a fact that wait for a name, as SQL, of slices that are not stopped; after `decisions` looked."""
    there = con.execute("select 1 from duckdb_tables() where table_name = ?", [f"_lost_{table.name}"]).fetchone()
    if table not in FACTS or not there:
        return None
    stopped = "s.source_id = o.source_id and s.period = o.period"
    return (
        f"select {', '.join(table.key)} from _lost_{table.name} as o where not exists ("
        f"select 1 from _stopped as s where s.scope = 'fact_slice' and s.name = '{table.name}' and {stopped})"
    )


def _lay_out_lineage(con: duckdb.DuckDBPyConnection, released: str | None) -> None:
    """Lineage of this build, and of what is carried forward."""
    used = " union ".join(f"select lineage_id from release_{t.name}" for t in (*FACTS, INDICATOR_VALUES))
    older = f" union select lineage_id, delivery_sha256, role from {released}" if released else ""
    con.execute(
        "create or replace temp table release_lineage as select distinct * from "
        f"(select lineage_id, delivery_sha256, role from {LINEAGE.relation}{older}) where lineage_id in ({used})"
    )
