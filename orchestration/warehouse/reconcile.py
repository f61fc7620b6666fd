"""What became of every record: counts and the index of quarantine, from the staging tables into the ledger.

`records_raw = accepted + quarantined + duplicate` for each delivery, where `records_raw` comes from a counter that
does not use the reader. The index holds places and rules, never values: those stay in the cells.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from orchestration.sql import quoted

if TYPE_CHECKING:
    import duckdb

    from orchestration.sources.catalogue import Catalogue
    from orchestration.sources.model import Layout, Source


@dataclass(frozen=True)
class RecordCounts:
    """Records of one delivery by outcome. `unmapped` of the accepted feed no fact."""

    delivery_sha256: str
    source_id: str
    accepted: int
    quarantined: int
    duplicate: int
    unmapped: int


@dataclass(frozen=True)
class QuarantinedRecord:
    """One refused record: its place and its rule. `column_name` is the heading, or the column that the rule names."""

    delivery_sha256: str
    source_id: str
    layout_id: str
    file: str
    line: int
    column_name: str | None
    code: str
    period: str | None


#: What a record says of its column and period; a row of a person says neither, its delivery may.
_COLUMN_AND_PERIOD = {
    False: "coalesce(rule_column, column_name) as column_name, rule_code, period",
    True: "rule_column as column_name, rule_code, only_period as period",
}


def staging_table(source_id: str, layout_id: str) -> str:
    return f"staging.stg_{source_id}__{layout_id}"


def staged_layouts(catalogue: Catalogue) -> list[tuple[Source, Layout]]:
    """Every layout that has records, and so a staging table."""
    return [(source, layout) for source, layout in catalogue.layouts() if layout.family != "document"]


def count_records(connection: duckdb.DuckDBPyConnection, catalogue: Catalogue) -> list[RecordCounts]:
    """Counts per current delivery. Records that a newer delivery of their period replaced count nowhere.

    Records of a layout that declares no series at all (code lists, row-level data) are unmapped nowhere.
    """
    union = "\nunion all\n".join(
        f"select delivery_sha256, {quoted(source.source_id)} as source_id, record_status, "
        f"{'mapped' if layout.series else 'true as mapped'} from {staging_table(source.source_id, layout.layout_id)}"
        for source, layout in staged_layouts(catalogue)
    )
    rows = connection.execute(
        f"""select delivery_sha256, source_id, count(*) filter (record_status = 'accepted'),
              count(*) filter (record_status = 'quarantined'), count(*) filter (record_status = 'duplicate'),
              count(*) filter (record_status = 'accepted' and not mapped)
            from ({union}) group by all order by all"""
    ).fetchall()
    return [RecordCounts(*row) for row in rows]


def quarantined_records(connection: duckdb.DuckDBPyConnection, catalogue: Catalogue) -> list[QuarantinedRecord]:
    """Every quarantined record's place and rule, in order of delivery, file and line.

    A row of a person has no period of its own: it is the delivery's, where that is of one.
    """
    union = "\nunion all\n".join(
        f"select delivery_sha256, {quoted(source.source_id)} as source_id, {quoted(layout.layout_id)} as layout_id, "
        f"sent.file, line, {_COLUMN_AND_PERIOD[source.personal]} "
        f"from {staging_table(source.source_id, layout.layout_id)} join sent using (delivery_sha256) "
        "where record_status = 'quarantined'"
        for source, layout in staged_layouts(catalogue)
    )
    rows = connection.execute(
        f"""with sent as (
              select delivery_sha256, any_value(file) as file,
                case when count(distinct period_key) = 1 then any_value(period_key) end as only_period
              from declared.deliveries group by delivery_sha256
            )
            select delivery_sha256, source_id, layout_id, file, line, column_name, rule_code, period
            from ({union}) order by all"""
    ).fetchall()
    return [QuarantinedRecord(*row) for row in rows]


def unmapped_series(
    connection: duckdb.DuckDBPyConnection, catalogue: Catalogue
) -> list[tuple[str, str, str, str, int]]:
    """(source, layout, series key, reason, records) of what was read and is published nowhere.

    Layouts that declare no series at all (code lists, metadata) are reference data and not listed; rows of persons are
    one series.
    """
    union = "\nunion all\n".join(
        f"select {quoted(source.source_id)} as source_id, {quoted(layout.layout_id)} as layout_id, "
        f"{quoted('') if source.personal else 'series_key'} as series_key, unmapped_reason "
        f"from {staging_table(source.source_id, layout.layout_id)} where record_status = 'accepted' and not mapped"
        for source, layout in staged_layouts(catalogue)
        if layout.series
    )
    return connection.execute(f"select *, count(*) from ({union}) group by all order by all").fetchall()


def unread_series(connection: duckdb.DuckDBPyConnection, catalogue: Catalogue) -> list[tuple[str, str, str, str, int]]:
    """(source, layout, fact, reason, records) of declared series that have values and of which the fact holds nothing.

    The fact's model then has no branch for the layout: the records are accepted, and published nowhere. Row-level
    layouts feed one fact and keep neither its name nor a value's status.
    """
    found: list[tuple[str, str, str, str, int]] = []
    for source, layout in catalogue.layouts():
        facts = sorted({s.fact for s in layout.series})
        table = staging_table(source.source_id, layout.layout_id)
        names = connection.execute(f"select * from {table} limit 0").description if facts else []
        held_by_value = {"fact", "value_status"} <= {name for name, *_ in names}
        for fact in facts:
            feeds = f"and fact = {quoted(fact)} and value_status = 'normal'" if held_by_value else ""
            row = connection.execute(
                f"""with sent as (
                      select delivery_sha256, count(*) as records from {table}
                      where record_status = 'accepted' and mapped {feeds} group by delivery_sha256
                    ),
                    held as (
                      select delivery_sha256 from marts.{fact}
                      union
                      select l.delivery_sha256 from marts.{fact} join marts.lineage as l using (lineage_id)
                    )
                    select coalesce(sum(records), 0)::bigint, count(held.delivery_sha256)
                    from sent left join held using (delivery_sha256)"""
            ).fetchone()
            assert row is not None
            records, reached = row
            if records and not reached:
                reason = f"no model of {fact} reads this layout"
                found.append((source.source_id, layout.layout_id, fact, reason, records))
    return found
