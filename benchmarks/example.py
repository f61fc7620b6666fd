"""How long the example country takes to write, how much it writes, and how near it comes to its targets.

`python -m benchmarks.example [SCALE] [FOLDER]` writes an example (default national, in a temporary folder that is
removed), prints rows, seconds and peak memory with the calibration, and writes them to benchmarks/example-<scale>.md.
"""

from __future__ import annotations

import json
import os
import platform
import sys
import tempfile
import time
from importlib.metadata import version
from pathlib import Path

from benchmarks.measured import Measured, run
from orchestration.example.register.calibration import as_table, calibrate

COMMAND = Path(sys.executable).with_name("vardlagret")
SEED = 1
_SHOWN = {"national": (2013, 2017, 2020, 2024), "small": ()}


def measured(*arguments: object) -> tuple[Measured, dict]:
    """A whole process, and its JSON answer."""
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "answer.json"
        return run(COMMAND, *arguments, log=log), json.loads(log.read_text())


def measure(scale: str, folder: Path) -> str:
    """The report as Markdown. `folder` is written over."""
    process, answer = measured("example", folder, "--scale", scale, "--seed", SEED, "--json")
    told = answer["registers"]
    start = time.perf_counter()
    rows = calibrate(folder, SEED)
    judged = [r for r in rows if r.ok is not None]
    shown = [r for r in rows if r.area in ("00", "01", "12", "18")]
    lines = [
        f"# The example country, {scale}",
        f"Written by `python -m benchmarks.example {scale}`: seed {SEED}, {platform.machine()}, {os.cpu_count()} cores,"
        f" Python {platform.python_version()}, numpy {version('numpy')}, duckdb {version('duckdb')}.",
        "",
        "| what | measured |",
        "|---|---|",
        f"| seconds of the whole command | {process.seconds:.1f} |",
        f"| peak memory, MB | {process.peak:.0f} |",
        f"| register files | {told['files']} |",
        f"| bytes, million | {told['bytes'] / 1e6:.0f} |",
        f"| distinct stays | {told['stays']} |",
        *(f"| lines of {part} | {count} |" for part, count in told["lines"].items()),
        f"| seconds to compute the indicators from the files | {time.perf_counter() - start:.1f} |",
        f"| indicator values within their bound | {sum(bool(r.ok) for r in judged)} of {len(judged)} |",
        "",
        "Nation (`00`; at small the three regions together), Stockholm, Skåne, Örebro:",
        "",
        as_table(shown, _SHOWN[scale]),
    ]
    return "\n".join(lines) + "\n"


def main(scale: str = "national", folder: str | None = None) -> None:
    if scale not in _SHOWN:
        raise SystemExit(f"no scale {scale!r}: small or national")
    with tempfile.TemporaryDirectory() as temporary:
        report = measure(scale, Path(folder or temporary) / "example")
    print(report)
    Path(__file__).with_name(f"example-{scale}.md").write_text(report, encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
