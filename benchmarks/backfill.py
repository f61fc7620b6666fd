"""What a long backfill costs beside the same models built by one plain `dbt build`, and `status` while it writes.

`python -m benchmarks.backfill [MONTHS]` (120) prints a table and writes it to benchmarks/backfill.md. The country is
the small example's, from so many months before 2025; the home is built first, and every month of every source is then
asked for again; and once more, untimed, while `status` is asked for every two seconds.
"""

from __future__ import annotations

import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from orchestration.settings import DBT_PROJECT
from orchestration.warehouse.dbt import environment
from orchestration.warehouse.windows import shifted

COMMAND, DBT = (Path(sys.executable).with_name(name) for name in ("vardlagret", "dbt"))
PACKAGES = ("dagster", "dbt-core", "dbt-duckdb", "duckdb", "great-expectations")
LAST = "2024-12"
#: Stages of a backfill that no `dbt build` does.
BEYOND_DBT = ("reconcile", "fact_checks", "indicators", "checks", "release")


@dataclass(frozen=True)
class Row:
    """What was measured, once or several times, in seconds, and what it may take at most."""

    what: str
    seconds: list[float]
    limit: float | None = None

    @property
    def missed(self) -> bool:
        return self.limit is not None and statistics.median(self.seconds) > self.limit

    def as_markdown(self) -> str:
        found = f"{statistics.median(self.seconds):.2f}"
        spread = f" (to {max(self.seconds):.2f})" if len(self.seconds) > 1 else ""
        return f"| {self.what} | {found}{spread} | {'' if self.limit is None else f'{self.limit:.1f}'} |\n"


def run(home: Path, *arguments: object) -> dict:
    """A command that must end well; its JSON answer."""
    command = [str(COMMAND), "--home", str(home), *map(str, arguments), "--json"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode not in (0, 3):
        raise SystemExit(f"{' '.join(command)} ended with {done.returncode}: {done.stderr[-2000:]}")
    return json.loads(done.stdout.strip().splitlines()[-1] if done.stdout.startswith('{"') else done.stdout)


def timed_status(home: Path) -> float:
    start = time.perf_counter()
    subprocess.run([str(COMMAND), "--home", str(home), "status", "--json"], capture_output=True, check=False)
    return time.perf_counter() - start


def backfill(home: Path, first: str) -> tuple[float, float, int]:
    """Seconds of the process, of it what no `dbt build` does, and the number of batches."""
    start = time.perf_counter()
    answer = run(home, "backfill", "run", "--from", first, "--to", LAST)
    seconds = time.perf_counter() - start
    beyond = sum(s["seconds"] for s in answer["stages"] if s["name"] in BEYOND_DBT)
    return seconds, beyond, len(answer["batches"])


def status_during(home: Path, first: str) -> list[float]:
    """Seconds of each `status` while the same backfill runs once more, untimed, since `status` has one of the cores."""
    meanwhile: list[float] = []
    with ThreadPoolExecutor() as pool:
        again = pool.submit(backfill, home, first)
        while not again.done():
            time.sleep(2)
            if not again.done():
                meanwhile.append(timed_status(home))
        again.result()
    return meanwhile


def plain_build(home: Path) -> float:
    """Seconds of one `dbt build` of everything, without bounds, as a process of its own."""
    command = [str(DBT), "--quiet", "build", "--full-refresh", "--exclude-resource-type", "unit_test"]
    start = time.perf_counter()
    subprocess.run([*command, "--project-dir", str(DBT_PROJECT)], env=environment(home), cwd=DBT_PROJECT, check=True)
    return time.perf_counter() - start


def measure(months: int) -> tuple[str, list[str]]:
    """The report as Markdown, and the limits that were missed."""
    first = shifted(LAST, 1 - months)
    with tempfile.TemporaryDirectory() as folder:
        deliveries, home = Path(folder) / "deliveries", Path(folder) / "home"
        written = [str(COMMAND), "example", str(deliveries), "--from", first, "--to", LAST, "--resend", "1", "--quiet"]
        subprocess.run(written, check=True, capture_output=True)
        os.environ["VARDLAGRET_PSEUDONYM_KEY_FILE"] = str(deliveries / ".synthetic-pseudonym.key")
        run(home, "nightly", "--deliveries", deliveries, "--quiet")
        alone = [timed_status(home) for _ in range(5)]
        other = Path(folder) / "plain"
        shutil.copytree(home, other, symlinks=True)
        plain = plain_build(other)
        whole, beyond, batches = backfill(home, first)
        meanwhile = status_during(home, first)
    known = ", ".join(f"{p} {version(p)}" for p in PACKAGES)
    machine = f"{platform.machine()}, {os.cpu_count()} cores, load {os.getloadavg()[1]:.1f}"
    rows = [
        Row(f"one plain `dbt build` of everything, {months} months", [plain]),
        Row(f"`backfill run` of the same months in {batches} batches", [whole]),
        Row("of it records reconciled, indicators, checks, release: no `dbt build` does that", [beyond]),
        Row(
            "of it the rest, models and what surrounds them (limit: 1.2 x dbt + 15)", [whole - beyond], 1.2 * plain + 15
        ),
        Row("`status`, nothing running", alone, 1.0),
        Row(f"`status` while such a backfill wrote, {len(meanwhile)} times", meanwhile, 1.0),
    ]
    report = (
        f"# A long backfill\nWritten by `python -m benchmarks.backfill {months}`: one run, {machine}, "
        f"Python {platform.python_version()}, {known}. Seconds of whole processes; of several, their median.\n\n"
        "| what | seconds | limit |\n|---|---|---|\n" + "".join(row.as_markdown() for row in rows)
    )
    return report, [row.what for row in rows if row.missed]


if __name__ == "__main__":
    report, missed = measure(int(sys.argv[1]) if len(sys.argv) > 1 else 120)
    print(report)
    Path(__file__).with_name("backfill.md").write_text(report, encoding="utf-8")
    if missed:
        raise SystemExit("missed: " + "; ".join(missed))
