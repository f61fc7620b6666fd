"""The register models at national scale: all months, one month, and other ways to the same readmissions.

`python -m benchmarks.registers HOME` measures on a home that has taken in an example country (`vardlagret example DIR
--scale national`, `vardlagret --home HOME ingest DIR`) and writes benchmarks/registers.md. The home's warehouse is not
touched: models are built into a warehouse of their own, below HOME/bench.

Every contender starts from the accepted stays that our models start from and must give the same counts by method,
residence, sex and month (one hash) before its time stands in the table. Each runs in a process of its own.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
import subprocess
import sys
import time
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import duckdb

from orchestration.home import Home
from orchestration.ledger.ledger import Ledger
from orchestration.settings import DBT_PROJECT
from orchestration.sources.catalogue import load_catalogue
from orchestration.warehouse.connection import open_warehouse
from orchestration.warehouse.dbt import dbt_executable
from orchestration.warehouse.prepare import prepare

KEY = "method, region, municipality, sex, month"
CONTENDERS = {"DuckDB SQL by hand": "by_hand", "Polars": "in_polars", "pandas": "in_pandas"}
_CONTEND = """
import sys, importlib
from pathlib import Path
counts = importlib.import_module("benchmarks.contenders." + sys.argv[1]).counts(Path(sys.argv[2]))
import duckdb
if not hasattr(counts, "iloc"):
    counts = counts.to_arrow()
duckdb.sql("select * from counts").write_parquet(sys.argv[3])
"""


@dataclass(frozen=True)
class Measured:
    """A process: seconds of the whole, and its greatest memory in MB."""

    seconds: float
    peak: float


def run(*command: object, env: dict[str, str] | None = None, log: Path) -> Measured:
    """Run a process; its output goes to `log`. Raises `SystemExit` when it fails."""
    with log.open("w") as out:
        start = time.perf_counter()
        process = subprocess.Popen([str(c) for c in command], stdout=out, stderr=subprocess.STDOUT, env=env)
        _, status, usage = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(f"{' '.join(map(str, command))} failed, see {log}")
    return Measured(time.perf_counter() - start, usage.ru_maxrss / 1000)


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

    def build(self, first: str | None = None, end: str | None = None) -> tuple[Measured, dict[str, float]]:
        """Build the monthly models of the register of stays; returns the process and each model's own seconds."""
        env = {
            **os.environ, "VARDLAGRET_HOME": str(self.folder), "VARDLAGRET_WAREHOUSE": str(self.file),
            "DBT_PROFILES_DIR": str(DBT_PROJECT), "DBT_TARGET_PATH": str(self.folder / "target"),
            "DBT_LOG_PATH": str(self.folder / "log"), "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
        }  # fmt: skip
        window = ["--vars", json.dumps({"window_start": first, "window_end": end})] if first else []
        # Of views and the yearly tables nothing is asked: the counts by month are what the contenders make.
        command = [dbt_executable(), "run", "--project-dir", DBT_PROJECT, "--select",
                   "+int_readmissions__monthly,resource_type:model", *window]  # fmt: skip
        if not first or not (self.folder / "seeded").exists():
            seeds = [dbt_executable(), "seed", "--project-dir", DBT_PROJECT]
            run(*seeds, env=env, log=self.folder / "seed.log")
            (self.folder / "seeded").touch()
        process = run(*command, env=env, log=self.folder / "build.log")
        results = json.loads((self.folder / "target" / "run_results.json").read_text())["results"]
        return process, {r["unique_id"].split(".")[-1]: r["execution_time"] for r in results}

    def query(self, sql: str) -> list[tuple]:
        with open_warehouse(self.file, read_only=True) as connection:
            return connection.execute(sql).fetchall()


def export(warehouse: Warehouse, folder: Path) -> None:
    """Accepted stays and each region's last day as Parquet, for the contenders."""
    folder.mkdir(exist_ok=True)
    with open_warehouse(warehouse.file, read_only=True) as connection:
        connection.execute(
            f"""copy (
              select stay_id, person_key as person, not followable as reserve, provider_region,
                residence_region as region, residence_municipality as municipality, sex, birth_date as born,
                admission_date as admitted, discharge_date as discharged,
                coalesce(discharge_date, date '9999-12-31') as until, transferred_in as sent_in,
                transferred_out as sent_out, deceased as died, coalesce(planned, false) as planned,
                main_diagnosis as code
              from intermediate.int_stays__stays where site = 'se'
            ) to '{folder}/stay.parquet'"""
        )
        connection.execute(
            f"""copy (
              select provider_region as provider, max(last_date) as last_day from intermediate.int_stays__delivered
              where site = 'se' group by provider_region
            ) to '{folder}/delivered.parquet'"""
        )
        connection.execute(
            f"""copy (
              select method_code as method, residence_region as region, residence_municipality as municipality, sex,
                index_month as month, sum(stay_count) as n, sum(readmission_count) as k
              from intermediate.int_readmissions__monthly
              where exclusion_reason is null and site = 'se' group by all
            ) to '{folder}/ours.parquet'"""
        )


def canonical_hash(path: Path) -> str:
    """SHA-256 over the counts as sorted lines of text."""
    rows = duckdb.sql(
        f"""select concat_ws('|', method, coalesce(region, ''), coalesce(municipality, ''), sex,
              strftime(month::date, '%Y-%m'), n::bigint, k::bigint) from read_parquet('{path}') order by 1"""
    ).fetchall()
    return hashlib.sha256("\n".join(row for (row,) in rows).encode()).hexdigest()


def contend(folder: Path) -> dict[str, Measured | str]:
    """Each contender's time, or why it has none."""
    ours = canonical_hash(folder / "ours.parquet")
    found: dict[str, Measured | str] = {}
    for name, module in CONTENDERS.items():
        out = folder / f"{module}.parquet"
        print(f"{name} ...", flush=True)
        try:
            measured = run(sys.executable, "-c", _CONTEND, module, folder, out, log=folder / f"{module}.log")
        except SystemExit as error:
            found[name] = f"failed: {error}"
            continue
        found[name] = measured if canonical_hash(out) == ours else "other counts"
    return found


def measure(home: Home) -> str:
    """The report as Markdown."""
    bench = home.path / "bench"
    warehouse = Warehouse(bench / "all")
    warehouse.declared(home)
    print("all months ...", flush=True)
    whole, models = warehouse.build()
    ((stays, months, first, last),) = warehouse.query(
        "select count(*), count(distinct window_month), min(window_month), max(discharge_month) "
        "from intermediate.int_stays__stays where site = 'se'"
    )
    export(warehouse, bench / "contenders")
    contenders = contend(bench / "contenders")
    staging = sum(seconds for name, seconds in models.items() if name.startswith(("stg_", "int_stays")))
    counting = sum(models.values()) - staging
    size = warehouse.file.stat().st_size / 1e6

    month = last.replace(day=1)
    following = (month.replace(year=month.year + 1, month=1) if month.month == 12
                 else month.replace(month=month.month + 1))  # fmt: skip
    window = (month.isoformat(), following.isoformat())
    rows = []
    for years in (2, 6, 12):
        since = month.replace(year=month.year - years)
        if since.year + 1 < first.year:
            continue
        held = Warehouse(bench / f"{years}y")
        held.declared(home)
        print(f"{years} years, then one month ...", flush=True)
        held.build(since.isoformat(), following.isoformat())
        process, own = held.build(*window)
        rows.append((years, sum(own.values()), process))

    lines = [
        "# The registers at national scale",
        f"Written by `python -m benchmarks.registers`: {stays:,} synthetic stays in {months} months, "
        f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}, "
        + ", ".join(f"{p} {version(p)}" for p in ("duckdb", "dbt-duckdb", "polars", "pandas")) + ". One run each.",
        "",
        "| all months, our models through dbt | seconds |",
        "|---|---|",
        *(f"| `{name}` | {seconds:.1f} |" for name, seconds in models.items() if seconds >= 0.5),
        f"| whole process | {whole.seconds:.1f} |",
        "",
        f"Peak memory {whole.peak:,.0f} MB; the warehouse takes {size:,.0f} MB.",
        "",
        "From accepted stays to index stays and readmissions under four methods, by month, residence and sex. The same "
        "counts, by one hash:",
        "",
        "| contender | seconds | ours / it | peak memory, MB |",
        "|---|---|---|---|",
        f"| our models after staging | {counting:.1f} | 1 | {whole.peak:,.0f} (with staging) |",
        *(
            f"| {name} | {m.seconds:.1f} | {counting / m.seconds:.2f} | {m.peak:,.0f} |"
            if isinstance(m, Measured)
            else f"| {name} | – | – | {m} |"
            for name, m in contenders.items()
        ),
        "",
        "The limit is 1.3 times SQL by hand. Ours keep what a window, a reason of exclusion and a rank need; "
        "a contender keeps counts alone. A contender's time is its whole process.",
        "",
        "| one new month on top of | seconds in models | share of all months | whole process |",
        "|---|---|---|---|",
        *(
            f"| {years} years | {own:.1f} | {own / sum(models.values()):.3f} | {process.seconds:.1f} |"
            for years, own, process in rows
        ),
    ]  # fmt: skip
    return "\n".join(lines) + "\n"


def main(*arguments: str) -> None:
    if len(arguments) != 1:
        raise SystemExit(__doc__)
    report = measure(Home(Path(arguments[0]).resolve()).open())
    print(report)
    Path(__file__).with_name("registers.md").write_text(report, encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
