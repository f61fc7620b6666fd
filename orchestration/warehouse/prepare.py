"""What dbt finds when it starts: the declared tables and one lexical view per layout.

Both are made anew from the ledger and the declarations before every build, so a bare `dbt build` sees the same
current deliveries as the nightly.
"""

from __future__ import annotations

import json
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING

from expectations.masks import make_tables
from orchestration.sources.corrections import Correction, applied, corrected_cells
from orchestration.sources.model import Layout
from orchestration.warehouse.cells import cells_relation
from orchestration.warehouse.lexical import typed_select

if TYPE_CHECKING:
    from collections.abc import Iterable

    import duckdb

    from orchestration.ledger.ledger import CurrentDelivery
    from orchestration.sources.catalogue import Catalogue

# What a record learns from its delivery: `known_on` and `recency` as below.
_OF_DELIVERY = ("extracted_at", "known_on", "recency")
_CELL_COLUMNS = ("delivery_sha256", "line", "column_name", "scope_key", "period_key", "fields_fault", "file")


def prepare(
    connection: duckdb.DuckDBPyConnection,
    catalogue: Catalogue,
    current: Iterable[CurrentDelivery],
    cells: Path,
    corrections: list[Correction],
) -> None:
    """Write schemas `declared` and `cells`. `cells` is the home's folder of Parquet files.

    Raises `CorrectionExpired` when a correction of a delivered layout no longer fits.
    """
    deliveries = list(current)
    connection.execute("create schema if not exists declared; create schema if not exists cells")
    make_tables(connection)
    connection.execute("create table if not exists declared.generation as select uuid()::varchar as generation")
    _declare_deliveries(connection, deliveries, recency_of(catalogue, deliveries))
    _declare_series(connection, catalogue)
    _declare_sources(connection, catalogue)
    by_layout: dict[tuple[str, str], list[CurrentDelivery]] = defaultdict(list)
    # In the order of their months: so the records lie in the tables, and a search by month or day opens few blocks.
    for delivery in sorted(deliveries, key=lambda d: min((period for _, period in d.coverage), default="")):
        by_layout[delivery.source_id, delivery.layout_id].append(delivery)
    overrides: list[tuple] = []
    for source, layout in catalogue.layouts():
        if layout.family == "document":
            continue
        held = by_layout[source.source_id, layout.layout_id]
        raw = _cells_of(layout, held, cells / source.source_id / layout.layout_id)
        own = [c for c in corrections if held and (c.source_id, c.layout_id) == (source.source_id, layout.layout_id)]
        overrides += applied(connection, raw, own, layout.period.columns if layout.period else [])
        select = typed_select(layout, source.source_id, corrected_cells(raw, own))
        connection.execute(f"create or replace view cells.{source.source_id}__{layout.layout_id} as {select}")
    _declare_corrections(connection, overrides)


def generation_of(connection: duckdb.DuckDBPyConnection) -> str:
    """What tells this warehouse from one made anew in its place. Raises where nothing was prepared in it yet."""
    (found,) = connection.execute("select generation from declared.generation").fetchone() or ("",)
    return str(found)


def _cells_of(layout: Layout, held: list[CurrentDelivery], folder: Path) -> str:
    """The cells that are current: of each file, the records whose scope and period nothing newer has replaced.

    Deliveries of which nothing is replaced are told apart: their records need not be looked up one by one.
    """
    if not held:
        names = [*_CELL_COLUMNS, *layout.cell_names]
        columns = ", ".join(f"null::{'bigint' if n == 'line' else 'varchar'} as {n}" for n in names)
        added = ", ".join(f"null::varchar as {name}" for name in _OF_DELIVERY)
        return f"(select {columns}, {added} where false)"
    parts = []
    added = ", ".join(_OF_DELIVERY)
    of_delivery = ", ".join(f"d.{name}" for name in _OF_DELIVERY)
    for whole, keys in ((True, ""), (False, ", scope_key, period_key")):
        if files := [folder / f"{d.delivery_sha256}.parquet" for d in held if d.whole == whole]:
            parts.append(
                f"""select c.*, d.file, {of_delivery} from {cells_relation(layout, files)} as c
                join (select distinct delivery_sha256, file, {added}{keys} from declared.deliveries) as d
                using (delivery_sha256{keys})"""
            )
    return f"({' union all '.join(parts)})"


def recency_of(catalogue: Catalogue, deliveries: Iterable[CurrentDelivery]) -> dict[str, int]:
    """By delivery of a source whose answers overlap (scope `query`), its place in time among those of its layout.

    By the export's date, then by arrival. The place and not the moment: a copy of the newest answer changes nothing.
    """
    answers = {source.source_id for source in catalogue.sources if source.scope == "query"}
    by_layout: dict[tuple[str, str], list[CurrentDelivery]] = defaultdict(list)
    for delivery in deliveries:
        if delivery.source_id in answers:
            by_layout[delivery.source_id, delivery.layout_id].append(delivery)
    return {
        d.delivery_sha256: place
        for held in by_layout.values()
        for place, d in enumerate(sorted(held, key=lambda d: (d.extracted_at or "", d.received_at)), start=1)
    }


def _known_on(delivery: CurrentDelivery) -> str:
    """The last day of which a delivery may tell: of its export or of its receipt, the later (its date may be wrong)."""
    return max((delivery.extracted_at or "")[:10], delivery.received_at[:10])


def _declare_deliveries(
    connection: duckdb.DuckDBPyConnection, deliveries: list[CurrentDelivery], recency: dict[str, int]
) -> None:
    connection.execute(
        """create or replace table declared.deliveries (
          delivery_sha256 varchar, source_id varchar, layout_id varchar, extracted_at varchar,
          scope_key varchar, period_key varchar, file varchar, records bigint, known_on varchar, recency varchar)"""
    )
    rows = [
        (d.delivery_sha256, d.source_id, d.layout_id, d.extracted_at or "", scope, period, d.file_name, str(records),
         _known_on(d), f"{recency.get(d.delivery_sha256, 0):06}")
        for d in deliveries
        for (scope, period), records in zip(d.coverage, d.records, strict=True)
    ]  # fmt: skip
    _insert(connection, "declared.deliveries", rows)


def _declare_series(connection: duckdb.DuckDBPyConnection, catalogue: Catalogue) -> None:
    connection.execute(
        """create or replace table declared.series (
          source_id varchar, layout_id varchar, series_key varchar, fact varchar, topic_code varchar,
          unit varchar, title_sv varchar, attributes json)"""
    )
    rows = [
        (source.source_id, layout.layout_id, "|".join(s.key), s.fact, s.topic_code, s.unit, s.title_sv,
         json.dumps(s.attributes, ensure_ascii=False, sort_keys=True))
        for source, layout in catalogue.layouts()
        for s in layout.series
    ]  # fmt: skip
    _insert(connection, "declared.series", rows)


def _declare_sources(connection: duckdb.DuckDBPyConnection, catalogue: Catalogue) -> None:
    connection.execute(
        """create or replace table declared.sources (
          source_id varchar, name_sv varchar, name_en varchar, owner varchar, licence varchar, citation varchar,
          rhythm varchar, supersedes varchar)"""
    )
    rows = [
        (s.source_id, s.name_sv, s.name_en, s.owner, s.licence, s.citation, s.rhythm, s.supersedes)
        for s in catalogue.sources
    ]
    _insert(connection, "declared.sources", rows)


def _declare_corrections(connection: duckdb.DuckDBPyConnection, rows: list[tuple]) -> None:
    connection.execute(
        """create or replace table declared.corrections (
          correction_id varchar, source_id varchar, delivery_sha256 varchar, file varchar, line bigint,
          column_name varchar, wrong_value varchar, right_value varchar, value_status_after varchar, reason varchar,
          evidence varchar, decided_by varchar, decided_on date)"""
    )
    _insert(connection, "declared.corrections", [tuple(None if v is None else str(v) for v in row) for row in rows])


def _insert(connection: duckdb.DuckDBPyConnection, table: str, rows: list[tuple]) -> None:
    """One statement for all rows: DuckDB's executemany costs a millisecond a row."""
    if not rows:
        return
    import pyarrow as pa

    names = [row[0] for row in connection.execute(f"describe {table}").fetchall()]
    arrow = pa.table({n: pa.array([r[i] for r in rows], pa.string()) for i, n in enumerate(names)})
    connection.register("_rows", arrow)
    connection.execute(f"insert into {table} select * from _rows")
    connection.unregister("_rows")
