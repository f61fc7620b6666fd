"""What became of every record: counts and the index of quarantine, from the staging tables into the ledger.

`records_raw = accepted + quarantined + duplicate` for each delivery, where `records_raw` comes from a counter that
does not use the reader. The index holds places and rules, never values: those stay in the cells.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import duckdb

    from orchestration.sources.catalogue import Catalogue


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


def staging_table(source_id: str, layout_id: str) -> str:
    return f"staging.stg_{source_id}__{layout_id}"


def staged_layouts(catalogue: Catalogue) -> list[tuple[str, str]]:
    """Every layout that has records, and so a staging table."""
    return [(s.source_id, layout.layout_id) for s, layout in catalogue.layouts() if layout.family != "document"]


def count_records(connection: duckdb.DuckDBPyConnection, catalogue: Catalogue) -> list[RecordCounts]:
    """Counts per current delivery. Records that a newer delivery of their period replaced count nowhere.

    Records of a layout that declares no series at all (code lists, row-level data) are unmapped nowhere.
    """
    union = "\nunion all\n".join(
        f"select delivery_sha256, source_id, record_status, {'mapped' if layout.series else 'true as mapped'} "
        f"from {staging_table(s.source_id, layout.layout_id)}"
        for s, layout in catalogue.layouts()
        if layout.family != "document"
    )
    rows = connection.execute(
        f"""select delivery_sha256, source_id, count(*) filter (record_status = 'accepted'),
              count(*) filter (record_status = 'quarantined'), count(*) filter (record_status = 'duplicate'),
              count(*) filter (record_status = 'accepted' and not mapped)
            from ({union}) group by all order by all"""
    ).fetchall()
    return [RecordCounts(*row) for row in rows]


def quarantined_records(connection: duckdb.DuckDBPyConnection, catalogue: Catalogue) -> list[QuarantinedRecord]:
    """Every quarantined record's place and rule, in order of delivery, file and line."""
    union = "\nunion all\n".join(
        "select delivery_sha256, source_id, layout_id, file, line, coalesce(rule_column, column_name), rule_code, "
        f"period from {staging_table(s, layout)} where record_status = 'quarantined'"
        for s, layout in staged_layouts(catalogue)
    )
    rows = connection.execute(f"select * from ({union}) order by all").fetchall()
    return [QuarantinedRecord(*row) for row in rows]


def unmapped_series(
    connection: duckdb.DuckDBPyConnection, catalogue: Catalogue
) -> list[tuple[str, str, str, str, int]]:
    """(source, layout, series key, reason, records) of what was read and is published nowhere.

    Layouts that declare no series at all (code lists, metadata) are reference data and not listed.
    """
    parts = [
        f"select source_id, layout_id, series_key, unmapped_reason from {staging_table(s.source_id, layout.layout_id)} "
        "where record_status = 'accepted' and not mapped"
        for s, layout in catalogue.layouts()
        if layout.family != "document" and layout.series
    ]
    union = "\nunion all\n".join(parts)
    return connection.execute(f"select *, count(*) from ({union}) group by all order by all").fetchall()
