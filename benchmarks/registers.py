"""The register models at national scale: all months, one month, and other ways to the same readmissions and waits.

`python -m benchmarks.registers HOME [SECTION ...]` measures on a home that has taken in an example country (`vardlagret
example DIR --scale national`, `vardlagret --home HOME ingest DIR`) and writes benchmarks/registers.md, or of it the
named sections: readmissions, cells, months, waits. The home's warehouse is not touched: models are built into a
warehouse of their own, below HOME/bench.

Contenders start from the accepted stays and contacts that our models start from, one also from the cells, and must give
the same counts (one hash) before their time stands in the table. Each runs in a process of its own.
"""

from __future__ import annotations

import json
import os
import platform
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.metadata import version
from pathlib import Path
from statistics import median

from benchmarks.measured import Measured, contend, run
from orchestration.home import Home
from orchestration.ledger.ledger import Ledger
from orchestration.settings import DBT_PROJECT
from orchestration.sources.catalogue import load_catalogue
from orchestration.warehouse.connection import open_warehouse
from orchestration.warehouse.dbt import environment
from orchestration.warehouse.prepare import prepare

DBT = Path(sys.executable).with_name("dbt")
#: How often one month is built on top of each number of years.
ROUNDS = 7
MODELS = {
    "readmissions": "+int_readmissions__monthly,resource_type:model",
    "waits": "+int_waits__monthly,resource_type:model",
}
FROM_STAYS = {
    "DuckDB SQL by hand": "readmissions_by_hand",
    "Polars": "readmissions_in_polars",
    "pandas": "readmissions_in_pandas",
}
FROM_CELLS = {"DuckDB SQL by hand, from the cells": "stays_by_hand"}
FROM_CONTACT_CELLS = {"DuckDB SQL by hand, from the cells": "contacts_by_hand"}
FROM_CONTACTS = {"DuckDB SQL by hand": "waits_by_hand", "Polars": "waits_in_polars", "pandas": "waits_in_pandas"}
READMISSION_LINE = """concat_ws('|', method, coalesce(region, ''), coalesce(municipality, ''), sex,
  strftime(month::date, '%Y-%m'), n::bigint, k::bigint)"""
WAIT_LINE = """concat_ws('|', strftime(month::date, '%Y-%m'), contact_type, guarantee_rule, phase, attribution, area,
  sex, exclusion_set, n::bigint, coalesce(met::bigint::varchar, '-'), coalesce(format('{:.1f}', median::double), '-'),
  coalesce(format('{:.1f}', p90::double), '-'))"""


@dataclass(frozen=True)
class Warehouse:
    """A warehouse for the benchmark, filled from the home's cells."""

    folder: Path

    @property
    def file(self) -> Path:
        return self.folder / "warehouse.duckdb"

    def declared(self, home: Home) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        self.file.unlink(missing_ok=True)
        with Ledger.open(home.ledger, read_only=True) as ledger, open_warehouse(self.file) as connection:
            prepare(connection, load_catalogue(), ledger.current_deliveries(), home.cells, [])
        run(
            DBT,
            "seed",
            "--project-dir",
            DBT_PROJECT,
            env=environment(self.folder, self.folder / "target"),
            log=self.folder / "seed.log",
        )

    def build(self, models: str, window: tuple[date, date] | None = None) -> tuple[Measured, dict[str, float]]:
        """Build models for all months or a window; returns the process and each model's seconds, as dbt tells them."""
        bounds = {"window_start": str(window[0]), "window_end": str(window[1])} if window else {}
        given = ["--vars", json.dumps(bounds)] if window else []
        command = [DBT, "run", "--project-dir", DBT_PROJECT, "--select", models, *given]
        process = run(*command, env=environment(self.folder, self.folder / "target"), log=self.folder / "build.log")
        results = json.loads((self.folder / "target" / "run_results.json").read_text())["results"]
        return process, {r["unique_id"].split(".")[-1]: r["execution_time"] for r in results}

    def copy_out(self, folder: Path, queries: Mapping[str, str]) -> None:
        """Write queries' results as Parquet files of these names."""
        folder.mkdir(parents=True, exist_ok=True)
        with open_warehouse(self.file, read_only=True) as connection:
            for name, sql in queries.items():
                connection.execute(f"copy ({sql}) to '{folder / name}.parquet'")


STAY_FILES = {
    "stay": """select stay_id, person_key as person, not followable as reserve, provider_region,
        residence_region as region, residence_municipality as municipality, sex, birth_date as born,
        admission_date as admitted, discharge_date as discharged,
        coalesce(discharge_date, date '9999-12-31') as until, transferred_in as sent_in,
        transferred_out as sent_out, deceased as died, coalesce(planned, false) as planned, main_diagnosis as code
      from intermediate.int_stays__stays where site = 'se'""",
    "delivered": """select provider_region as provider, max(last_date) as last_day
      from intermediate.int_stays__delivered where site = 'se' group by provider_region""",
    "silent": "select distinct provider_region as region, month from intermediate.int_stays__silent where is_main",
    "ours": """select method_code as method, residence_region as region, residence_municipality as municipality, sex,
        index_month as month, sum(stay_count) as n, sum(readmission_count) as k
      from intermediate.int_readmissions__monthly where exclusion_reason is null and site = 'se' group by all""",
    "current": """select delivery_sha256, layout_id, scope_key, period_key from declared.deliveries
      where source_id = 'patient_register'""",
    "area": "select distinct alias from seeds.seed_area_aliases where system = 'scb_code'",
}
CONTACT_FILES = {
    "contact": """select month, phase, status, profession, age, provider_region, residence_region, sex,
        coalesce(deviation_code, 'none') as deviation, contact_sought_date as sought, referral_date as referral,
        decision_date as decision, performed_date as performed, guarantee_applies, acute
      from staging.stg_wait_contacts__contacts where record_status = 'accepted' and mapped""",
    "current": "select distinct delivery_sha256 from declared.deliveries where source_id = 'wait_contacts'",
    "area": "select distinct alias from seeds.seed_area_aliases where system = 'region_code_00'",
    "rules": "from seeds.seed_wait_guarantees",
    "sets": "from seeds.seed_wait_exclusions",
    "ours": """select month, contact_type, guarantee_rule, phase, attribution, area_code as area, sex, exclusion_set,
        total_count as n, within_count as met, median_days as median, p90_days as p90
      from intermediate.int_waits__monthly""",
}


def month_after(month: date) -> date:
    return date(month.year + month.month // 12, month.month % 12 + 1, 1)


@dataclass(frozen=True)
class AllMonths:
    """Our models of all months: their warehouse, the process that built them, each model's seconds."""

    warehouse: Warehouse
    process: Measured
    models: dict[str, float]

    def one(self, sql: str) -> tuple:
        with open_warehouse(self.warehouse.file, read_only=True) as connection:
            return connection.execute(sql).fetchall()[0]


@cache
def all_stays(home: Home, bench: Path) -> AllMonths:
    """All months of stays, built once, with the tables that contenders start from."""
    warehouse = Warehouse(bench / "all")
    warehouse.declared(home)
    print("stays, all months ...", flush=True)
    built = AllMonths(warehouse, *warehouse.build(MODELS["readmissions"]))
    warehouse.copy_out(bench / "readmissions", STAY_FILES)
    (bench / "readmissions" / "cells.txt").write_text(str(home.cells / "patient_register"))
    return built


def readmissions(home: Home, bench: Path) -> list[str]:
    """All months of stays, and contenders from accepted stays, as lines of the report."""
    built = all_stays(home, bench)
    counted = "select count(*), count(distinct window_month) from intermediate.int_stays__stays where site = 'se'"
    stays, months = built.one(counted)
    counting = sum(seconds for name, seconds in built.models.items() if not name.startswith(("stg_", "int_stays")))
    return [
        f"## Readmissions: {stays:,} stays in {months} months",
        *_all_months(built),
        "",
        "From accepted stays to index stays and readmissions under four methods, by month, residence and sex. Ours",
        "keep each record's outcome and what windows, reasons and ranks need; a contender keeps counts.",
        *_against(
            "our models after staging",
            counting,
            built.process,
            contend(bench / "readmissions", FROM_STAYS, READMISSION_LINE),
        ),
    ]


def cells(home: Home, bench: Path) -> list[str]:
    """The same from the cells."""
    built = all_stays(home, bench)
    return [
        "## Readmissions, from the cells",
        "From the text of the deliveries to the same counts; ours is the whole process too. Ours judge each record and",
        "keep what was refused, with its rule and its line.",
        *_against(
            "our models, whole process",
            built.process.seconds,
            built.process,
            contend(bench / "readmissions", FROM_CELLS, READMISSION_LINE),
        ),
    ]


def months(home: Home, bench: Path) -> list[str]:
    """One month on top of 2, 6 and 12 years."""
    built = all_stays(home, bench)
    first, last = built.one(
        "select min(window_month), max(discharge_month) from intermediate.int_stays__stays where site = 'se'"
    )
    end = month_after(last.replace(day=1))
    held: dict[int, Warehouse] = {}
    for years in (2, 6, 12):
        since = date(end.year - years, end.month, 1)
        print(f"{years} years ...", flush=True)
        held[years] = built.warehouse
        if since > first:
            held[years] = Warehouse(bench / f"{years}y")
            held[years].declared(home)
            held[years].build(MODELS["readmissions"], (since, end))
    print("one month on top of each, in turn ...", flush=True)
    month = (last.replace(day=1), end)
    rounds = [(years, on.build(MODELS["readmissions"], month)) for _ in range(ROUNDS) for years, on in held.items()]
    lines = [
        "## One new month of stays",
        "",
        f"| on top of | seconds in models, median of {ROUNDS} in turn | share of all months | whole process |",
        "|---|---|---|---|",
    ]
    for years, on in held.items():
        own = [sum(models.values()) for of, (_, models) in rounds if of == years]
        process = median(p.seconds for of, (p, _) in rounds if of == years)
        spread = f"{median(own):.1f} ({min(own):.1f} to {max(own):.1f})"
        share = median(own) / sum(built.models.values())
        lines.append(f"| {years} years | {spread} | {share:.3f} | {process:.1f} |")
        on.file.unlink()
    return lines


def waits(home: Home, bench: Path) -> list[str]:
    """All months of contacts, and contenders, as lines of the report."""
    warehouse = Warehouse(bench / "contacts")
    warehouse.declared(home)
    print("contacts, all months ...", flush=True)
    built = AllMonths(warehouse, *warehouse.build(MODELS["waits"]))
    folder = bench / "waits"
    warehouse.copy_out(folder, CONTACT_FILES)
    (folder / "cells.txt").write_text(str(home.cells / "wait_contacts"))
    contacts, months = built.one("select count(*), count(distinct month) from staging.stg_wait_contacts__contacts")
    counting = sum(seconds for name, seconds in built.models.items() if not name.startswith("stg_"))
    return [
        f"## Waits: {contacts:,} contacts in {months} months",
        *_all_months(built),
        "",
        "From accepted contacts to counts, medians and 90th percentiles by month, rule, phase, area of provider and of "
        "residence, sex and exclusion set:",
        *_against("our models after staging", counting, built.process, contend(folder, FROM_CONTACTS, WAIT_LINE)),
        "",
        "From the text of the deliveries; ours is the whole process too:",
        *_against(
            "our models, whole process",
            built.process.seconds,
            built.process,
            contend(folder, FROM_CONTACT_CELLS, WAIT_LINE),
        ),
    ]


def _all_months(built: AllMonths) -> list[str]:
    size = built.warehouse.file.stat().st_size / 1e6
    return [
        "",
        "| all months, our models through dbt | seconds |",
        "|---|---|",
        *(f"| `{name}` | {seconds:.1f} |" for name, seconds in built.models.items() if seconds >= 0.5),
        f"| whole process | {built.process.seconds:.1f} |",
        "",
        f"Peak memory {built.process.peak:,.0f} MB; written {built.process.written:,.0f} MB; the warehouse takes "
        f"{size:,.0f} MB.",
    ]


def _against(name: str, seconds: float, whole: Measured, contenders: Mapping[str, Measured | str]) -> list[str]:
    return [
        "",
        "| same counts, by one hash | seconds | ours / it | peak memory, MB | written, MB |",
        "|---|---|---|---|---|",
        *_rows(name, seconds, whole, contenders),
    ]


def _rows(name: str, seconds: float, whole: Measured, contenders: Mapping[str, Measured | str]) -> list[str]:
    rows = [f"| {name} | {seconds:.1f} | 1 | {whole.peak:,.0f} (all models) | {whole.written:,.0f} (all models) |"]
    for other, m in contenders.items():
        said = (
            f"{m.seconds:.1f} | {seconds / m.seconds:.2f} | {m.peak:,.0f} | {m.written:,.0f}"
            if isinstance(m, Measured)
            else f"– | – | {m} | –"
        )
        rows.append(f"| {other} | {said} |")
    return rows


SECTIONS = {"readmissions": readmissions, "cells": cells, "months": months, "waits": waits}
PAGE = Path(__file__).with_name("registers.md")


def main(*arguments: str) -> None:
    if not arguments or not set(arguments[1:]) <= SECTIONS.keys():
        raise SystemExit(__doc__)
    home = Home(Path(arguments[0]).resolve()).open()
    chosen = [name for name in SECTIONS if name in arguments[1:]] or list(SECTIONS)
    _, *before = PAGE.read_text(encoding="utf-8").rstrip("\n").split("\n## ") if PAGE.exists() else ("",)
    kept = (
        dict(zip(SECTIONS, (f"## {section}" for section in before), strict=False))
        if len(before) == len(SECTIONS)
        else {}
    )
    machine = f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}, " + ", ".join(
        f"{p} {version(p)}" for p in ("duckdb", "dbt-duckdb", "polars", "pandas")
    )
    measured = f"Measured {date.today()}, together: {', '.join(chosen)}. {machine}."
    for name in chosen:
        heading, *lines = SECTIONS[name](home, home.path / "bench")
        kept[name] = "\n".join([heading, measured, *lines]) + "\n"
    report = [
        "# The registers at national scale",
        "Written by `python -m benchmarks.registers` from synthetic deliveries. One run each, of one new month the",
        "median; a contender's time is its whole process. The limit is 1.3 times SQL by hand.",
        "",
        *(kept[name] for name in SECTIONS if name in kept),
    ]
    print("\n".join(report))
    PAGE.write_text("\n".join(report).rstrip("\n") + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
