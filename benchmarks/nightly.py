"""How long the nightly takes: from an empty home, and with nothing new; and where the time goes, stage by stage.

`python -m benchmarks.nightly [RUNS]` prints a table and writes it to benchmarks/nightly.md.
"""

from __future__ import annotations

import json
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from importlib.metadata import version
from pathlib import Path

COMMAND = Path(sys.executable).with_name("vardlagret")
PACKAGES = ("dagster", "dbt-core", "dbt-duckdb", "duckdb", "great-expectations", "pandas")


def timed(*arguments: object) -> tuple[float, dict]:
    """Seconds of the whole process, and its JSON answer."""
    start = time.perf_counter()
    done = subprocess.run([str(COMMAND), *map(str, arguments)], capture_output=True, text=True, check=True)
    seconds = time.perf_counter() - start
    return seconds, json.loads(done.stdout.strip().splitlines()[-1])


def measure(runs: int) -> str:
    """The report as Markdown."""
    full: list[float] = []
    idle: list[float] = []
    stages: dict[str, list[float]] = {}
    with tempfile.TemporaryDirectory() as folder:
        deliveries = Path(folder) / "deliveries"
        subprocess.run([str(COMMAND), "example", str(deliveries)], check=True, capture_output=True)
        for _ in range(runs):
            home = Path(folder) / "home"
            shutil.rmtree(home, ignore_errors=True)
            seconds, answer = timed("--home", home, "nightly", "--deliveries", deliveries, "--json", "--quiet")
            full.append(seconds)
            for stage in answer["stages"]:
                stages.setdefault(stage["name"], []).append(stage["seconds"])
            seconds, answer = timed("--home", home, "nightly", "--deliveries", deliveries, "--json", "--quiet")
            assert answer["nothing_new"], "the second night must find nothing new"
            idle.append(seconds)
    known = sum(statistics.median(s) for s in stages.values())
    lines = [
        "# The nightly on example deliveries",
        f"Written by `python -m benchmarks.nightly`: {runs} runs, {platform.machine()}, "
        f"Python {platform.python_version()}, "
        + ", ".join(f"{p} {version(p)}" for p in PACKAGES)
        + ". Seconds, median (least to most).",
        "",
        "| what | seconds | limit |",
        "|---|---|---|",
        f"| from an empty home | {_spread(full)} | 90 |",
        f"| nothing new, the latest release verified | {_spread(idle)} | 8 |",
        "",
        "| stage of a night from an empty home | seconds |",
        "|---|---|",
        *(f"| {name} | {_spread(seconds)} |" for name, seconds in stages.items()),
        f"| imports, `dbt parse`, Dagster's definitions and events | {statistics.median(full) - known:.1f} |",
    ]
    return "\n".join(lines) + "\n"


def _spread(seconds: list[float]) -> str:
    return f"{statistics.median(seconds):.1f} ({min(seconds):.1f} to {max(seconds):.1f})"


if __name__ == "__main__":
    report = measure(int(sys.argv[1]) if len(sys.argv) > 1 else 3)
    print(report)
    Path(__file__).with_name("nightly.md").write_text(report, encoding="utf-8")
