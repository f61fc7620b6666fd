"""A small warehouse with every judged dataset, sound in each, in exactly the columns of the published contract.

All rows are synthetic. Beside the believable rows each fact holds two edges on which one more value tips a rule: the
source `sparse`, of whose ten values as many are missing as its suite allows, and the source `panel`, of whose eight
regions two have stopped reporting.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

REGIONS = [f"{n:02d}" for n in (1, 3, 4, 5, 6, 7, 8, 9, 10, *range(12, 15), *range(17, 26))]
SHARED = (
    "area_code VARCHAR, area_level VARCHAR, period VARCHAR, period_type VARCHAR, period_start DATE, period_end DATE"
)
TAIL = (
    "measure VARCHAR, value DECIMAL(28,12), unit VARCHAR, value_status VARCHAR, value_flags VARCHAR, "
    "source_id VARCHAR, delivery_sha256 VARCHAR, lineage_id VARCHAR"
)
INTERVAL = "ci_low DECIMAL(28,12), ci_high DECIMAL(28,12), ci_level DECIMAL(5,4), ci_method VARCHAR"
COLUMNS = {
    "marts.fct_costs": f"{SHARED}, service_code VARCHAR, service_level VARCHAR, cost_concept VARCHAR, "
    "drug_scope VARCHAR, price_basis VARCHAR, denominator DECIMAL(28,12), denominator_kind VARCHAR, " + TAIL,
    "marts.fct_staffing": f"{SHARED}, sector VARCHAR, ownership VARCHAR, industry VARCHAR, profession_code VARCHAR, "
    "sex VARCHAR, includes_agency BOOLEAN, denominator DECIMAL(28,12), denominator_kind VARCHAR, " + TAIL,
    "marts.fct_readmissions": f"{SHARED}, sex VARCHAR, age_group VARCHAR, method_code VARCHAR, diagnosis_set VARCHAR, "
    f"follow_up_days INTEGER, attribution VARCHAR, numerator BIGINT, denominator BIGINT, {INTERVAL}, " + TAIL,
    "marts.fct_wait_times": f"{SHARED}, service_code VARCHAR, contact_type VARCHAR, phase VARCHAR, "
    "guarantee_rule VARCHAR, guarantee_version VARCHAR, exclusion_set VARCHAR, attribution VARCHAR, sex VARCHAR, "
    "age_group VARCHAR, numerator BIGINT, denominator BIGINT, wait_interval VARCHAR, " + TAIL,
    "marts.fct_observations": f"{SHARED}, topic_code VARCHAR, sex VARCHAR, age_group VARCHAR, " + TAIL,
    "marts.fct_population": f"{SHARED}, sex VARCHAR, age_group VARCHAR, noise VARCHAR, " + TAIL,
    "published.indicator_values": "indicator_id VARCHAR, definition_version INTEGER, area_code VARCHAR, "
    "area_level VARCHAR, period VARCHAR, period_type VARCHAR, sex VARCHAR, age_group VARCHAR, value DECIMAL(28,12), "
    f"numerator DECIMAL(28,12), denominator DECIMAL(28,12), unit VARCHAR, {INTERVAL}, value_status VARCHAR, "
    "value_flags VARCHAR, quality_grade VARCHAR, aggregation VARCHAR, coverage_n INTEGER, coverage_expected INTEGER, "
    "reference_period VARCHAR, reference_value DECIMAL(28,12), change_abs DECIMAL(28,12), change_pct DECIMAL(28,12), "
    "change_pct_better DECIMAL(28,12), first_release VARCHAR, lineage_id VARCHAR, data_origin VARCHAR",
    "marts.areas": "area_code VARCHAR, area_level VARCHAR, name_sv VARCHAR, name_en VARCHAR, short_name_sv VARCHAR, "
    "parent_code VARCHAR, parent_level VARCHAR, kolada_id VARCHAR, skr_group_code VARCHAR, skr_group_name_sv VARCHAR, "
    "valid_from DATE, valid_to DATE, successor_code VARCHAR",
}
SIGNALS = "intermediate.int_completeness__signals"
SIGNAL_COLUMNS = (
    "source_id VARCHAR, reporter VARCHAR, month DATE, signal VARCHAR, observed_percent DOUBLE, usual_percent DOUBLE, "
    "severity VARCHAR"
)
Row = dict[str, Any]


def write(warehouse: Path, rows: dict[str, list[Row]]) -> Path:
    """Write a warehouse with all tables of the contract, filled with `rows` by table, the others empty."""
    con = duckdb.connect(str(warehouse))
    con.execute("create schema if not exists marts; create schema if not exists published")
    con.execute(f"create schema if not exists intermediate; create table {SIGNALS} ({SIGNAL_COLUMNS})")
    for table, columns in COLUMNS.items():
        con.execute(f"create table {table} ({columns})")
    for table in (*COLUMNS, SIGNALS):
        if rows.get(table):
            batch = pa.Table.from_pylist(_filled(rows[table]))
            con.register("batch", batch)
            con.execute(f"insert into {table} by name select * from batch")
            con.unregister("batch")
    con.close()
    return warehouse


def _filled(rows: list[Row]) -> list[Row]:
    """The same keys in every row, since a table's columns are taken from the first; values as text, cast on insert."""
    names = list(dict.fromkeys(key for row in rows for key in row))
    return [{n: None if row.get(n) is None else str(row[n]) for n in names} for row in rows]


def when(period: str, period_type: str = "year") -> Row:
    """The four columns of a period; a year or a month."""
    start, end = (f"{period}-01-01", f"{period}-12-31") if len(period) == 4 else (f"{period}-01", f"{period}-28")
    return {"period": period, "period_type": period_type, "period_start": start, "period_end": end}


def row(area: str, period: str, value: float | None, **more: Any) -> Row:
    """One row of any fact: area by code, a period, a value with its status and an owner of its own."""
    level = "nation" if area == "00" else "region" if len(area) == 2 else "municipality"
    return {
        "area_code": area,
        "area_level": level,
        **when(period, "month" if len(period) == 7 else "year"),
        "value": value,
        "value_status": "normal" if value is not None else "missing_at_source",
        "value_flags": "",
        "source_id": "owner",
        "delivery_sha256": "0" * 64,
        **more,
    }


def edges(template: Row, level: float, missing_of_ten: int) -> Iterable[Row]:
    """The two sources on the edge of `missing_share` and `regions_kept`."""
    for n in range(10):
        value = None if n < missing_of_ten else level
        yield {**row(f"01{n + 1:02d}", "2016", value), **template, "source_id": "sparse"}
    for period, regions in (("2015", REGIONS[:8]), ("2016", REGIONS[:6])):
        for area in regions:
            yield {**row(area, period, level), **template, "source_id": "panel"}


def by_region(periods: Iterable[str], level: float, nation: bool = True, **more: Any) -> Iterable[Row]:
    """A quiet series for 21 regions, 2 percent apart in all, and the nation in the middle."""
    for year, period in enumerate(periods):
        for n, area in enumerate(REGIONS):
            yield row(area, period, round(level * (1 + 0.001 * (n - 10) + 0.01 * year), 3), **more)
        if nation:
            yield row("00", period, round(level * (1 + 0.01 * year), 3), **more)


def areas() -> list[Row]:
    """The areas valid today, with made-up municipalities, one county that ceased (Stockholm city, 1968)
    and one earlier validity of a code."""
    made: list[Row] = [
        {"area_code": "00", "area_level": "nation", "name_sv": "Riket"},
        {"area_code": "00X09", "area_level": "nation_part", "name_sv": "Riket exkl Gotland"},
        {"area_code": "02", "area_level": "region", "name_sv": "Stockholms stad", "valid_to": "1967-12-31"},
        {
            "area_code": "05",
            "area_level": "region",
            "name_sv": "region 05",
            "valid_from": "1900-01-01",
            "valid_to": "1951-12-31",
        },
    ]
    for n, code in enumerate(REGIONS):
        for level in ("region", "county"):
            made.append({"area_code": code, "area_level": level, "name_sv": f"{level} {code}", "parent_code": "00"})
            made[-1]["parent_level"] = "nation"
        for m in range(1 if code == "09" else 13 if n < 2 else 14 if n < 10 else 15):
            municipality = "0980" if code == "09" else f"{code}{m + 1:02d}"
            made.append({"area_code": municipality, "area_level": "municipality", "name_sv": f"kommun {municipality}"})
            made[-1].update(parent_code=code, parent_level="county")
    return [{"valid_from": "1952-01-01", "valid_to": None, "successor_code": None, **area} for area in made]
