"""What lies beside a release's data: its description, where it comes from, and what the checks said."""

from __future__ import annotations

import json
import platform
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from datetime import datetime
from typing import TYPE_CHECKING, Any

from orchestration.ledger.verdict import Verdict
from orchestration.releases.contract import TABLES, Table
from orchestration.releases.gate import Decision
from orchestration.sql import named_rows

if TYPE_CHECKING:
    import duckdb

    from orchestration.indicators.definition import Definition
    from orchestration.releases.build import RunInfo

#: Tables that say how counted facts were counted: each switch of each method, each code of each set, with its status.
METHODS = {"readmission_methods": "seeds.seed_readmission_methods", "diagnosis_sets": "seeds.seed_diagnosis_sets"}
_FIELD_TYPES = {"VARCHAR": "string", "BIGINT": "integer", "INTEGER": "integer", "DATE": "date", "BOOLEAN": "boolean"}
NOT_OFFICIAL = "Based on the named sources. Not official statistics of Sweden (Sveriges officiella statistik)."
SYNTHETIC = "SYNTHETIC DATA: made up for demonstration; describes no real area, person or owner."


def datapackage(con: duckdb.DuckDBPyConnection, release_id: str, data_origin: str) -> bytes:
    """Frictionless data package: every table with its fields, types, key and number of rows; sources and methods."""
    sources = con.execute("select name_sv, owner, licence from published.sources order by source_id").fetchall()
    package: dict[str, Any] = {
        "name": "vardlagret",
        "version": release_id,
        "title": "Vårdlagret: god och nära vård" + (" (SYNTETISKA DATA)" if data_origin == "synthetic" else ""),
        "description": f"{SYNTHETIC} {NOT_OFFICIAL}" if data_origin == "synthetic" else NOT_OFFICIAL,
        "data_origin": data_origin,
        "sources": [{"title": name, "organization": owner, "licence": licence} for name, owner, licence in sources],
        "resources": [_resource(con, table) for table in TABLES],
        "methods": {
            name: named_rows(con.execute(f"select * from {table} order by all")) for name, table in METHODS.items()
        },
    }
    return as_document(package)


def _resource(con: duckdb.DuckDBPyConnection, table: Table) -> dict[str, Any]:
    counted = con.execute(f"select count(*) from release_{table.name}").fetchone()
    return {
        "name": table.name,
        "title": table.title_sv,
        "title_en": table.title_en,
        "path": f"data/{table.name}.csv",
        "parquet": f"data/{table.name}.parquet",
        "profile": "tabular-data-resource",
        "encoding": "utf-8",
        "rows": counted[0] if counted else 0,
        "dialect": {"delimiter": ",", "lineTerminator": "\n", "quoteChar": '"', "header": True},
        "schema": {
            "fields": [{"name": name, "type": _field_type(kind)} for name, kind in table.columns],
            "primaryKey": list(table.key),
            "missingValues": [""],
        },
    }


def _field_type(kind: str) -> str:
    if kind.startswith("DECIMAL"):
        return "number"
    return _FIELD_TYPES.get(kind, "datetime" if kind.startswith("TIMESTAMP") else "string")


def provenance(
    con: duckdb.DuckDBPyConnection,
    release_id: str,
    previous_id: str | None,
    content: str,
    code_version: str,
    data_origin: str,
    definitions: Iterable[Definition],
    run: RunInfo,
    now: datetime,
) -> bytes:
    """Deliveries, code and definitions behind the release; times and host under `run` alone."""
    deliveries = con.execute(
        "select distinct source_id, layout_id, delivery_sha256, nullif(extracted_at, '') "
        "from declared.deliveries order by all"
    ).fetchall()
    names = ("source_id", "layout_id", "delivery_sha256", "extracted_at")
    return as_document(
        {
            "release": release_id,
            "previous_release": previous_id,
            "content_sha256": content,
            "data_origin": data_origin,
            "note": f"{SYNTHETIC} {NOT_OFFICIAL}" if data_origin == "synthetic" else NOT_OFFICIAL,
            "code_version": code_version,
            "deliveries": [dict(zip(names, row, strict=True)) for row in deliveries],
            "definitions": {
                d.indicator_id: {"version": d.definition_version, "sha256": d.definition_sha256} for d in definitions
            },
            "run": {
                "run_id": run.run_id,
                "started_at": run.started_at or now.isoformat(),
                "published_at": datetime.now(now.tzinfo).isoformat(),
                "host": platform.node(),
                "accepted": [asdict(a) for a in run.accepted],
                "holds": [asdict(h) for h in run.holds],
            },
        }
    )


def quality(verdicts: list[Verdict], decided: list[Decision], withheld: list[dict[str, Any]]) -> bytes:
    """Verdicts with what was not passed, and the gate's decisions counted. No value of the data stands here."""
    return as_document(
        {
            "verdicts": [
                {
                    "dataset": v.dataset,
                    "outcome": v.outcome,
                    "suite_version": v.suite_version,
                    "data_fingerprint": v.data_fingerprint,
                    "expectations": len(v.findings),
                    "not_passed": [
                        {
                            "expectation": f.expectation, "severity": f.severity, "outcome": f.outcome,
                            "message": f.message, "slices": [list(s) for s in f.slices],
                        }
                        for f in v.findings if f.outcome != "passed"
                    ],
                }
                for v in sorted(verdicts, key=lambda v: v.dataset)
            ],
            "decisions": dict(sorted(Counter(f"{d.scope}:{d.action}" for d in decided).items())),
            "withheld": len(withheld),
        }
    )  # fmt: skip


def as_document(content: Mapping[str, Any]) -> bytes:
    """A JSON document of a release, as bytes."""
    return (json.dumps(content, ensure_ascii=False, indent=2) + "\n").encode()
