"""The tables published beside the values: `indicators, sources, corrections, lineage`, columns as in the contract."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from orchestration.indicators.definition import Definition

if TYPE_CHECKING:
    import duckdb

    from orchestration.sources.catalogue import Catalogue

INDICATOR_COLUMNS = (
    "indicator_id", "definition_version", "domain", "status", "name_sv", "name_en", "purpose_sv", "purpose_en", "unit",
    "direction", "numerator_sv", "numerator_en", "denominator_sv", "denominator_en", "denominator_kind",
    "population_sv", "exclusions_sv", "method", "ci_method", "aggregation", "reference_period", "area_levels", "sexes",
    "age_groups", "disclosure_rule", "quality_grade", "source_ids", "companions", "definition_sha256",
)  # fmt: skip
_CORRECTIONS = (
    "correction_id varchar, source_id varchar, delivery_sha256 varchar, file varchar, line bigint, "
    "column_name varchar, wrong_value varchar, right_value varchar, value_status_after varchar, reason varchar, "
    "evidence varchar, decided_by varchar, decided_on date"
)
_SOURCES = (
    "source_id varchar, name_sv varchar, name_en varchar, owner varchar, licence varchar, rhythm varchar, "
    "supersedes varchar, data_origin varchar, newest_delivery_sha256 varchar, newest_extracted_at timestamptz, "
    "newest_period varchar, deliveries_current integer, records_raw bigint, records_accepted bigint, "
    "records_quarantined bigint, records_duplicate bigint"
)
FACTS = ("fct_costs", "fct_staffing", "fct_readmissions", "fct_wait_times", "fct_observations", "fct_population")


@dataclass(frozen=True)
class SourceCounts:
    """What the ledger knows of one source: its current deliveries and what became of their records.

    `newest_period` left out is taken from the facts the source feeds.
    """

    newest_delivery_sha256: str | None = None
    newest_extracted_at: datetime | str | None = None
    newest_period: str | None = None
    deliveries_current: int = 0
    records_raw: int = 0
    records_accepted: int = 0
    records_quarantined: int = 0
    records_duplicate: int = 0


def write_indicators(con: duckdb.DuckDBPyConnection, definitions: Sequence[Definition]) -> None:
    """`published.indicators`. An active definition without any row of values is published as `no_data`."""
    with_rows = {i for (i,) in con.execute("select distinct indicator_id from published.indicator_values").fetchall()}
    types = ", ".join(f"{c} {'integer' if c == 'definition_version' else 'varchar'}" for c in INDICATOR_COLUMNS)
    con.execute(f"create or replace table published.indicators ({types})")
    for definition in sorted(definitions, key=lambda d: d.indicator_id):
        values = [_text(getattr(definition, column)) for column in INDICATOR_COLUMNS]
        if definition.status == "active" and definition.indicator_id not in with_rows:
            values[INDICATOR_COLUMNS.index("status")] = "no_data"
        con.execute(f"insert into published.indicators values ({', '.join('?' * len(values))})", values)


def write_sources(
    con: duckdb.DuckDBPyConnection, catalogue: Catalogue, counts: Mapping[str, SourceCounts], data_origin: str
) -> None:
    """`published.sources`: every declared source, also those that have delivered nothing."""
    newest = _newest_periods(con)
    con.execute(f"create or replace table published.sources ({_SOURCES})")
    for source in sorted(catalogue.sources, key=lambda s: s.source_id):
        count = counts.get(source.source_id, SourceCounts())
        row = [
            source.source_id, source.name_sv, source.name_en, source.owner, source.licence, source.rhythm,
            source.supersedes, data_origin, count.newest_delivery_sha256, count.newest_extracted_at or None,
            count.newest_period or newest.get(source.source_id), count.deliveries_current, count.records_raw,
            count.records_accepted, count.records_quarantined, count.records_duplicate,
        ]  # fmt: skip
        con.execute(f"insert into published.sources values ({', '.join('?' * len(row))})", row)


def write_corrections(con: duckdb.DuckDBPyConnection, corrections: Iterable[Mapping[str, Any]]) -> None:
    """`published.corrections`, empty where none is declared. Each row is a mapping with the contract's columns."""
    con.execute(f"create or replace table published.corrections ({_CORRECTIONS})")
    names = [column.split()[0] for column in _CORRECTIONS.split(", ")]
    for row in corrections:
        values = [row.get(name) for name in names]
        con.execute(f"insert into published.corrections values ({', '.join('?' * len(values))})", values)


def write_lineage(con: duckdb.DuckDBPyConnection) -> None:
    """`published.lineage`: the sets that facts name and those that values name (temp table `_sets`)."""
    con.execute(
        """
        create or replace table published.lineage as
        select lineage_id, delivery_sha256, role from marts.lineage
        union
        select lineage_id, delivery_sha256, 'input' from _sets
        order by lineage_id, delivery_sha256, role
        """
    )


def _newest_periods(con: duckdb.DuckDBPyConnection) -> dict[str, str]:
    """The period that ends last, by source, over all facts."""
    union = " union all ".join(f"select source_id, period, period_start, period_end from marts.{f}" for f in FACTS)
    rows = con.execute(
        f"select source_id, period from ({union}) where source_id is not null "
        "qualify row_number() over (partition by source_id order by period_end desc, period_start desc, period) = 1"
    ).fetchall()
    return dict(rows)


def _text(value: Any) -> Any:
    return "|".join(value) if isinstance(value, tuple) else value
