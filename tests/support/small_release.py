"""A small made-up warehouse in the contract's columns, its definitions and verdicts: what a release is built from."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import duckdb

from orchestration.indicators.catalogue import load_definitions
from orchestration.indicators.definition import Definition
from orchestration.ledger.acceptances import Acceptance
from orchestration.ledger.verdict import Finding, Verdict
from orchestration.releases.build import ReleaseResult, RunInfo, make_release
from orchestration.releases.contract import AREAS, FACTS, INDICATOR_VALUES, TABLES, WITHHELD
from orchestration.releases.describe import METHODS
from orchestration.releases.fingerprint import data_fingerprint
from orchestration.releases.headlines import Limit
from orchestration.releases.periods import bounds

Row = dict[str, Any]
NOW = datetime(2026, 3, 1, 22, 30, tzinfo=UTC)
JUDGED = (*FACTS, INDICATOR_VALUES, AREAS)
COUNTS = {"M1": (12, 3), "M2": (20, 9), "M3": (8, 7), "M4": (30, 16)}
"""Women and men by municipality: the worked case of cell suppression."""


@cache
def _pattern() -> Definition:
    return next(d for d in load_definitions() if d.indicator_id == "readmissions_sos_k10")


def definition(indicator_id: str = "returned", rule: str = "none", **more: Any) -> Definition:
    return _pattern().model_copy(
        update={
            "indicator_id": indicator_id, "disclosure_rule": rule, "facts": ("fct_readmissions",),
            "source_ids": ("owner",), **more,
        }
    )  # fmt: skip


def cost(period: str, value: str | None = "100.5", source: str = "accounts", area: str = "01") -> Row:
    return _fact(area, "region", period, source, value, "cost_per_inhabitant_sek", "SEK_per_inhabitant") | {
        "service_code": "primary_care", "service_level": "subtotal", "cost_concept": "net", "drug_scope": "excl_drugs",
        "price_basis": "current", "denominator_kind": "population",
    }  # fmt: skip


def returned(area: str, level: str, sex: str, count: int, stays: int | None, period: str = "2024") -> Row:
    """A share of stays with its counts."""
    value = None if stays is None else f"{100 * count / stays:.6f}"
    return _fact(area, level, period, "owner", value or str(count), "readmission_percent", "percent") | {
        "sex": sex, "age_group": "total", "method_code": "m", "diagnosis_set": "all", "follow_up_days": 30,
        "attribution": "residence", "numerator": count, "denominator": stays, "ci_low": "0.1", "ci_high": "99.5",
        "ci_level": "0.95", "ci_method": "wilson",
    }  # fmt: skip


def _fact(area: str, level: str, period: str, source: str, value: str | None, measure: str, unit: str) -> Row:
    start, end = bounds(period)
    return {
        "area_code": area, "area_level": level, "period": period, "period_type": "year", "period_start": start,
        "period_end": end, "measure": measure, "value": value, "unit": unit,
        "value_status": "normal" if value is not None else "missing_at_source", "value_flags": "",
        "source_id": source, "delivery_sha256": None, "lineage_id": "L1",
    }  # fmt: skip


def indicator(area: str, period: str, value: str | None, indicator_id: str = "returned", **more: Any) -> Row:
    return {
        "indicator_id": indicator_id, "definition_version": 1, "area_code": area, "area_level": "region",
        "period": period, "period_type": "year", "sex": "total", "age_group": "total", "value": value,
        "unit": "percent", "value_status": "normal" if value is not None else "missing_at_source", "value_flags": "",
        "quality_grade": "B", "aggregation": "none", "lineage_id": "L1", "data_origin": "synthetic", **more,
    }  # fmt: skip


def area(code: str, level: str, parent: str | None = None, parent_level: str | None = None) -> Row:
    return {
        "area_code": code, "area_level": level, "name_sv": code, "parent_code": parent, "parent_level": parent_level,
        "valid_from": "1952-01-01",
    }  # fmt: skip


def with_methods(con: duckdb.DuckDBPyConnection) -> None:
    """The tables of methods that a release tells, without a row."""
    con.execute("create schema seeds")
    for name in METHODS.values():
        con.execute(f"create table {name} (status varchar)")


@dataclass
class Small:
    """Rows by table; `publish` makes a new warehouse of them each time, as a night does."""

    releases: Path
    rows: dict[str, list[Row]]
    definitions: list[Definition] = field(
        default_factory=lambda: [definition(), definition("cost", facts=("fct_costs",), source_ids=("accounts",))]
    )
    threads: int = 2
    accepted: list[Acceptance] = field(default_factory=list)
    file: Path | None = None
    limits: tuple[Limit, ...] = ()

    def warehouse(self) -> duckdb.DuckDBPyConnection:
        if self.file:
            self.file.unlink(missing_ok=True)
        con = duckdb.connect(str(self.file or ":memory:"), config={"threads": self.threads})
        con.execute("create schema marts; create schema published; create schema declared")
        with_methods(con)
        con.execute(
            "create table declared.deliveries "
            "(source_id varchar, layout_id varchar, delivery_sha256 varchar, extracted_at varchar)"
        )
        for table in TABLES:
            if table is WITHHELD:
                continue
            con.execute(f"create table {table.relation} ({', '.join(f'{n} {k}' for n, k in table.columns)})")
            for row in self.rows.get(table.name, []):
                names = [n for n in table.names if n in row]
                assert len(names) == len(row), row.keys() - set(names)
                con.execute(
                    f"insert into {table.relation} ({', '.join(names)}) values ({', '.join('?' * len(names))})",
                    [row[n] for n in names],
                )
        return con

    def publish(
        self, findings: dict[str, Iterable[Finding]] | None = None, missing: Iterable[str] = (), now: datetime = NOW
    ) -> ReleaseResult:
        """Judge with the given findings, everything else passes, and release."""
        with self.warehouse() as con:
            judged = [v for v in verdicts(con, findings or {}) if v.dataset not in missing]
            return self.release(con, judged, now)

    def release(self, con: duckdb.DuckDBPyConnection, judged: list[Verdict], now: datetime = NOW) -> ReleaseResult:
        """Release from a warehouse that stands."""
        return make_release(
            self.releases, con, judged, self.definitions, run=RunInfo("night", accepted=tuple(self.accepted)), now=now, code_version="1",
            data_origin="synthetic", limits=self.limits,
        )  # fmt: skip

    def read(self, release_id: str, table: str, what: str = "*", where: str = "true") -> list[tuple]:
        file = self.releases / release_id / "data" / f"{table}.parquet"
        return duckdb.sql(f"select {what} from read_parquet('{file}') where {where}").fetchall()


def verdicts(con: duckdb.DuckDBPyConnection, findings: dict[str, Iterable[Finding]]) -> list[Verdict]:
    """A verdict on every dataset, as grave as its gravest finding."""
    made = []
    for table in JUDGED:
        found = tuple(findings.get(table.name, ()))
        graves = {"broken" if f.outcome == "broken" else f.severity for f in found if f.outcome != "passed"}
        outcome = (
            "broken" if "broken" in graves else "failed" if "critical" in graves else "warned" if graves else "passed"
        )
        made.append(Verdict(table.name, data_fingerprint(con, table.relation), "1", outcome, found))
    return made


def failed(*slices: tuple[str, str], severity: str = "critical") -> Finding:
    return Finding("too_high", severity, "failed", "a value is too high", len(slices) or None, slices)


def small(releases: Path) -> Small:
    """Two sources, two years, two indicators with one value of each year."""
    return Small(
        releases,
        {
            "fct_costs": [cost("2023", "90"), cost("2024")],
            "fct_readmissions": [
                returned("01", "region", "total", 50, 400, "2023"),
                returned("01", "region", "total", 60, 400),
            ],
            "indicator_values": [
                indicator("01", "2023", "12.5"),
                indicator("01", "2024", "15", reference_period="2023", reference_value="12.5", change_abs="2.5",
                          change_pct="20", change_pct_better="-20"),
                indicator("01", "2023", "90", "cost"),
                indicator("01", "2024", "100.5", "cost"),
            ],
            "areas": [area("00", "nation"), area("01", "region", "00", "nation")],
            "lineage": [{"lineage_id": "L1", "delivery_sha256": "a" * 64, "role": "value"}],
            "sources": [
                {"source_id": s, "name_sv": s, "owner": "Made up, Ltd", "licence": "CC0", "data_origin": "synthetic"}
                for s in ("owner", "accounts")
            ],
        },
    )  # fmt: skip
