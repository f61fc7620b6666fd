"""A large delivery's way to cells and from cells to accepted and quarantined records, against DuckDB by itself.

`python -m benchmarks.deliveries [ROWS] [RUNS]` prints a table and writes it to benchmarks/deliveries.md. Both sides run
in turn in one process, the median of the runs is compared, and peak memory is of a process of its own per size.
"""

from __future__ import annotations

import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import TypeVar

import duckdb
from jinja2 import Environment

from orchestration.deliveries.take_in import take_in
from orchestration.home import Home
from orchestration.ledger.ledger import Ledger
from orchestration.settings import DBT_PROJECT
from orchestration.sources.catalogue import Catalogue
from orchestration.sources.model import Column, Delimited, Period, Series, Source
from orchestration.warehouse.connection import open_warehouse
from orchestration.warehouse.prepare import prepare

Result = TypeVar("Result")
LAYOUT = Delimited(
    layout_id="plain", description="8 columns", family="delimited", delimiter=";",
    columns=[
        Column(name="region", pattern=r"^\d{2}$"), Column(name="year"), Column(name="service"),
        Column(name="sex", type="code", codes={"women": "women", "men": "men", "total": "total"}),
        Column(name="clinic"), Column(name="id"),
        Column(name="value", type="number", decimal="."), Column(name="n", type="number", integer=True),
    ],
    period=Period(columns=["year"], formats=["year"]), key=["id"],
    series=[Series(key=[], fact="fct_observations", topic_code="made", unit="made")],
)  # fmt: skip
SOURCE = Source(
    source_id="made", name_sv="m", name_en="m", owner="o", licence="l", citation="c", rhythm="yearly", scope="source",
    layouts=[LAYOUT],
)  # fmt: skip
CATALOGUE = Catalogue((SOURCE,), {"made": "benchmark"})
TYPES = (
    "{'region': 'varchar', 'year': 'integer', 'service': 'varchar', 'sex': 'varchar', 'clinic': 'varchar', "
    "'id': 'bigint', 'value': '%s', 'n': 'bigint'}"
)


def write_file(path: Path, rows: int) -> None:
    """A file of so many rows; one in a thousand has a value that is no number."""
    duckdb.sql(
        f"""copy (
          select printf('%02d', 1 + i % 21) as region, (2010 + (i // 1000) % 14)::varchar as year,
            'service ' || ((i * 7) % 60) as service, ['women', 'men', 'total'][1 + i % 3] as sex,
            'A' || (i % 997) as clinic, i as id,
            case when i % 1000 = 7 then '..' else printf('%.3f', (hash(i) % 1000000) / 1000.0) end as value,
            (hash(i + 1) % 5000)::varchar as n
          from range({rows}) t(i)
        ) to '{path}' (header, delimiter ';')"""
    )


def copy_alone(file: Path, folder: Path) -> None:
    with duckdb.connect() as connection:
        connection.execute(f"copy (from read_csv('{file}')) to '{folder}/alone.parquet'")


def to_cells(file: Path, folder: Path) -> Home:
    """The product's way: hash, store, recognise, read, count again, record."""
    home = Home(folder / f"home-{time.monotonic_ns()}").create_or_open()
    with Ledger.open(home.ledger) as ledger:
        result = take_in(home, ledger, CATALOGUE, [file], via="ingest", named=True)
    assert result.loaded == 1, result
    return home


def table_alone(file: Path, folder: Path, number: str) -> None:
    """Types given; what is no number is left out here, since a typed reading stops at the first."""
    path = folder / f"alone-{time.monotonic_ns()}.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute(
            f"create table t as from read_csv('{file}', delim = ';', header = true, columns = {TYPES % number}, "
            "nullstr = ['', '..'])"
        )
    path.unlink()


def to_staged(home: Home) -> tuple[int, int]:
    """The product's way: lexical view, crosswalk, series, keys compared; accepted and quarantined records."""
    home.warehouse.unlink(missing_ok=True)
    with Ledger.open(home.ledger, read_only=True) as ledger:
        current = ledger.current_deliveries()
    with open_warehouse(home.warehouse) as connection:
        prepare(connection, CATALOGUE, current, home.cells, [])
        connection.execute("create schema seeds")
        aliases = DBT_PROJECT / "seeds" / "seed_area_aliases.csv"
        connection.execute(f"create table seeds.seed_area_aliases as from read_csv('{aliases}', all_varchar = true)")
        for name in ("valid_from", "valid_to"):
            connection.execute(f"alter table seeds.seed_area_aliases alter {name} type date")
        connection.execute(f"create table staged as {staged_sql('cells.made__plain')}")
        found = dict(connection.execute("select record_status, count(*) from staged group by all").fetchall())
    return found.get("accepted", 0), found.get("quarantined", 0)


def staged_sql(cells: str) -> str:
    """The project's own macro, with names in place of dbt's references."""
    macros = (DBT_PROJECT / "macros" / "staged.sql").read_text()
    template = Environment().from_string(macros + "{{ staged('" + cells + "') }}")
    return template.render(ref=lambda name: f"seeds.{name}", source=lambda schema, name: f"{schema}.{name}")


def timed(action: Callable[[], Result]) -> tuple[Result, float]:
    start = time.perf_counter()
    result = action()
    return result, time.perf_counter() - start


def peak_memory(rows: int) -> tuple[int, int]:
    """Megabytes at most in a process of its own: delivery to cells, then cells to staged."""
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.deliveries", "--memory", str(rows)],
        capture_output=True,
        text=True,
        check=True,
    )
    cells, staged = done.stdout.splitlines()[-1].split()
    return int(cells), int(staged)


def _print_peaks(rows: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "delivery.csv"
        # In a process of its own: writing the file must not count.
        subprocess.run(
            [sys.executable, "-c", f"from benchmarks.deliveries import *; write_file(Path('{file}'), {rows})"],
            check=True,
        )
        home = to_cells(file, Path(folder))
        first = _peak()
        to_staged(home)
        print(first, _peak())


def _peak() -> int:
    """Megabytes at most, of this program alone: what `getrusage` tells begins with the parent's."""
    status = Path("/proc/self/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) // 1024


def measure(rows: int, runs: int) -> str:
    times: dict[str, list[float]] = {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        file = folder / "delivery.csv"
        write_file(file, rows)
        size = file.stat().st_size
        for _ in range(runs):
            times.setdefault("copy", []).append(timed(lambda: copy_alone(file, folder))[1])
            home, seconds = timed(lambda: to_cells(file, folder))
            times.setdefault("cells", []).append(seconds)
            for number in ("decimal(28,12)", "double"):
                times.setdefault(number, []).append(timed(lambda n=number: table_alone(file, folder, n))[1])
            counts, seconds = timed(lambda home=home: to_staged(home))
            times.setdefault("staged", []).append(seconds)
            assert sum(counts) == rows, counts
            shutil.rmtree(home.path)
    full = peak_memory(rows)
    double = peak_memory(2 * rows)
    middle = {key: statistics.median(found) for key, found in times.items()}
    lines = [
        "# A large delivery",
        f"Written by `python -m benchmarks.deliveries`: {rows:,} rows of 8 columns, {size / 1e6:.0f} MB, {runs} runs, "
        f"{platform.machine()}, Python {platform.python_version()}, duckdb {version('duckdb')}. Seconds, median (least "
        f"to most); accepted {counts[0]:,}, quarantined {counts[1]:,}.",
        "",
        "| what | seconds | ratio | limit |",
        "|---|---|---|---|",
        f"| DuckDB: `copy (from read_csv(f)) to parquet` | {_spread(times['copy'])} | 1 | |",
        f"| delivery to cells: hash, store, recognise, read, count, record | {_spread(times['cells'])} "
        f"| {middle['cells'] / middle['copy']:.2f} | 2.2 |",
        f"| DuckDB: `create table as from read_csv(f, all types given)`, value `decimal(28,12)` "
        f"| {_spread(times['decimal(28,12)'])} | 1 | |",
        f"| cells to accepted and quarantined | {_spread(times['staged'])} "
        f"| {middle['staged'] / middle['decimal(28,12)']:.2f} | 1.6 |",
        f"| DuckDB: the same table, value `double` | {_spread(times['double'])} | 1 | |",
        f"| cells to accepted and quarantined | | {middle['staged'] / middle['double']:.2f} | |",
        "",
        "The facts hold `decimal(28,12)`. DuckDB parses a text to it forty times slower than to `decimal(18,6)`, which",
        "the lexical contract uses where 18 digits suffice; so the comparison with `double` stands here as well.",
        "",
        "| peak memory, MB | these rows | twice the rows |",
        "|---|---|---|",
        f"| delivery to cells | {full[0]} | {double[0]} |",
        f"| and cells to staged | {full[1]} | {double[1]} |",
    ]
    return "\n".join(lines) + "\n"


def _spread(found: list[float]) -> str:
    return f"{statistics.median(found):.2f} ({min(found):.2f} to {max(found):.2f})"


if __name__ == "__main__":
    if sys.argv[1:2] == ["--memory"]:
        _print_peaks(int(sys.argv[2]))
    else:
        arguments = [int(argument) for argument in sys.argv[1:]]
        report = measure(*(arguments + [5_000_000, 3][len(arguments) :]))
        print(report)
        Path(__file__).with_suffix(".md").write_text(report, encoding="utf-8")
