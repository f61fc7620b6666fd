"""What the latest release showed and the next one would not: keys that are gone, closed periods that moved far.

Both wait for a name (`release publish --accept`). Until then the earlier values stay, flagged `carried_forward`: of an
indicator, all values of the period, since its nation rests on its regions; of a fact, these keys alone.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from orchestration.releases.contract import FACTS, INDICATOR_VALUES, Table

if TYPE_CHECKING:
    import duckdb

    from orchestration.indicators.definition import Definition

Reason = Literal["vanished", "moved"]
REASONS: tuple[Reason, ...] = ("vanished", "moved")
#: Counted here from persons: a month sent again may empty a small cell of a municipality.
COUNTED_HERE = ("patient_register", "omop", "wait_contacts")
#: A revision of a closed period stays within these. A share: points. Anything else: times, where the greater value
#: reaches the least. An assumption, generous: an owner's revision of a closed year is of a few percent.
MOST_POINTS, MOST_TIMES, LEAST = 10, 1.5, 20
_UNFINISHED = "['preliminary', 'provisional', 'partial_coverage']"
#: Said in so many words: a rule or a correction took the value out, a mask withholds it, or it is hidden.
_GONE = "('missing_at_source', 'not_reported')"


@dataclass(frozen=True)
class Loss:
    """One slice in which something is gone or has moved: (source, period) of a fact, (indicator, period) of values."""

    dataset: str
    slice: tuple[str, str]
    reason: Reason
    keys: int


def losses(
    con: duckdb.DuckDBPyConnection,
    released: dict[str, str],
    definitions: Iterable[Definition],
    headlines: Collection[str],
    accepted: Collection[tuple[str, str, tuple[str, str] | None]],
) -> list[Loss]:
    """Compare the warehouse with the latest release; fact keys that are lost stand in temporary tables `_lost_<fact>`.

    released: the release's tables as SQL, by name. headlines: indicators whose national values have limits of their own
    (`headlines.yml`), which stop the release. accepted: as the gate's.
    """
    found: list[Loss] = []
    seen = {(dataset, piece) for dataset, _, piece in accepted}
    for table in (*FACTS, INDICATOR_VALUES):
        _lost(con, table, released.get(table.name), list(definitions), headlines)
        first = "indicator_id" if table is INDICATOR_VALUES else "source_id"
        rows = con.execute(
            f"select {first}, period, reason, count(*) from _lost_{table.name} group by all order by all"
        ).fetchall()
        given = [(name, period, reason) for name, period, reason, _ in rows
                 if (table.name, reason, (name, period)) in accepted
                 # Who let a check through for exactly these rows has seen where they moved.
                 or (reason == "moved" and (table.name, (name, period)) in seen)]  # fmt: skip
        for name, period, reason in given:
            con.execute(
                f"delete from _lost_{table.name} where {first} = ? and period = ? and reason = ?",
                [name, period, reason],
            )
        found += [
            Loss(table.name, (name, period), reason, keys)
            for name, period, reason, keys in rows
            if (name, period, reason) not in given
        ]
    return found


def _lost(
    con: duckdb.DuckDBPyConnection,
    table: Table,
    released: str | None,
    definitions: list[Definition],
    headlines: Collection[str],
) -> None:
    """Temporary table `_lost_<table>`: the key and the reason."""
    key = ", ".join(f"o.{c}" for c in table.key)
    if released is None:
        con.execute(
            f"create or replace temp table _lost_{table.name} as select {', '.join(table.key)}, ''::varchar as reason "
            f"from {table.relation} where false"
        )
        return
    same = " and ".join(f"n.{c} is not distinct from o.{c}" for c in table.key)
    far = (
        f"case when o.unit = 'percent' then abs(n.value - o.value) > {MOST_POINTS} "
        f"else greatest(abs(n.value), abs(o.value)) >= {LEAST} and (sign(n.value) <> sign(o.value) or "
        f"greatest(abs(n.value), abs(o.value))::double > {MOST_TIMES} * least(abs(n.value), abs(o.value))::double) end"
    )
    con.execute(
        f"""create or replace temp table _lost_{table.name} as
        select {key}, case when n.value is null then 'vanished' else 'moved' end as reason
        from {released} as o left join {table.relation} as n on {same}
        where o.value is not null and {_applies(table, definitions, headlines)}
          and (n.value_status is null or n.value_status in {_GONE} or ({_delivered(table, definitions)}
            and n.value_status = 'not_applicable') or (n.value_status = 'normal' and {far}
            and not list_has_any(string_split(o.value_flags || '|' || n.value_flags, '|'), {_UNFINISHED})))"""
    )


def _delivered(table: Table, definitions: list[Definition]) -> str:
    """Whether a value stands as its owner sent it: then a part that is absent now, and counts 0, is gone as well."""
    if table is not INDICATOR_VALUES:
        return "true"
    own = [d.indicator_id for d in definitions if not set(d.source_ids) & set(COUNTED_HERE)]
    return "o.indicator_id in (" + ", ".join(f"'{name}'" for name in ["", *sorted(own)]) + ")"


def _applies(table: Table, definitions: list[Definition], headlines: Collection[str]) -> str:
    def listed(names: Iterable[str]) -> str:
        return "(" + ", ".join(f"'{name}'" for name in ["", *sorted(names)]) + ")"

    if table is not INDICATOR_VALUES:
        return f"o.source_id not in {listed(COUNTED_HERE)}"
    counted = {d.indicator_id for d in definitions if set(d.source_ids) & set(COUNTED_HERE)}
    # Another version is another key; an indicator that is no longer defined has none.
    versions = listed(f"{d.indicator_id} {d.definition_version}" for d in definitions)
    return (
        f"o.indicator_id || ' ' || o.definition_version in {versions} "
        f"and not (o.area_level = 'nation' and o.indicator_id in {listed(headlines)}) "
        f"and (o.area_level in ('nation', 'region', 'county') or o.indicator_id not in {listed(counted)})"
    )
