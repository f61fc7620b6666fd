"""What a change adds to a night: nights of this code and of an earlier revision in turn, as a ratio.

`python -m benchmarks.compared REVISION [--runs N] [--deliveries FOLDER]` checks the revision out beside this tree, runs
the same nights with either code on the same deliveries (the small example's, unless a folder of an example is given),
A B A B, and adds a section to benchmarks/compared.md. Both run with the packages that are installed here.
"""

from __future__ import annotations

import argparse
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

from benchmarks.measured import Measured, run

ROOT = Path(__file__).resolve().parents[1]
REPORT = Path(__file__).with_name("compared.md")
NEW_MONTH = ("_2025-01_2024-12_2024-12_", "_2024-12_synthetic.csv")
NIGHTS = ("from an empty home", "one new month", "nothing new")


@contextmanager
def checked_out(revision: str) -> Iterator[Path]:
    """A work tree of the revision, removed afterwards."""
    with tempfile.TemporaryDirectory() as folder:
        tree = Path(folder) / "tree"
        subprocess.run(["git", "worktree", "add", "--detach", "--quiet", tree, revision], cwd=ROOT, check=True)
        try:
            yield tree
        finally:
            subprocess.run(["git", "worktree", "remove", "--force", tree], cwd=ROOT, check=True)


def vardlagret(tree: Path, log: Path, *arguments: object, exits: tuple[int, ...] = (0,)) -> Measured:
    """Run a tree's own command, which its pyproject.toml names; its modules go before those that are installed."""
    declared = tomllib.loads((tree / "pyproject.toml").read_text(encoding="utf-8"))
    module, function = declared["project"]["scripts"]["vardlagret"].split(":")
    start = f"import sys; from {module} import {function}; sys.exit({function}())"
    env = os.environ | {"PYTHONPATH": str(tree)}
    return run(sys.executable, "-c", start, *arguments, env=env, log=log, exits=exits)


def parts(deliveries: Path, folder: Path) -> tuple[Path, Path]:
    """Two folders of links to the same bytes: all but the registers' newest month, and that month."""
    before, new = folder / "before", folder / "new"
    for file in sorted(p for p in deliveries.rglob("*") if p.is_file() and not p.name.startswith(".")):
        target = (new if any(text in file.name for text in NEW_MONTH) else before) / file.relative_to(deliveries)
        target.parent.mkdir(parents=True, exist_ok=True)
        os.link(file, target)
    return before, new


def nights(tree: Path, given: dict[str, Path], home: Path) -> dict[str, Measured]:
    """Each night of one tree, in a home that begins empty."""
    shutil.rmtree(home, ignore_errors=True)
    log = home.with_suffix(".log")
    return {
        name: vardlagret(tree, log, "--home", home, "nightly", "--quiet", "--deliveries", folder, exits=(0, 3))
        for name, folder in given.items()
    }


def measure(revision: str, runs: int, deliveries: Path | None) -> str:
    """One section of the report, as Markdown."""
    beside = deliveries.resolve().parent if deliveries else None
    with tempfile.TemporaryDirectory(dir=beside) as scratch, checked_out(revision) as tree:
        folder = Path(scratch)
        if deliveries is None:
            vardlagret(ROOT, folder / "example.log", "example", folder / "deliveries")
        source = deliveries or folder / "deliveries"
        os.environ["VARDLAGRET_PSEUDONYM_KEY_FILE"] = str(source / ".synthetic-pseudonym.key")
        before, new = parts(source, folder)
        given = dict(zip(NIGHTS, (before, new, new), strict=True))
        pairs = []
        for nth in range(1, runs + 1):
            print(f"run {nth} of {runs} ...", flush=True)
            pairs.append(tuple(nights(t, given, folder / "home") for t in (ROOT, tree)))
    what = "the small example" if deliveries is None else f"`{deliveries.name}`, written by `vardlagret example`"
    lines = [
        f"## {date.today().isoformat()}: beside `{revision}`, {what}",
        f"{runs} run{'s' if runs > 1 else ''} of either code in turn; {platform.machine()}, {os.cpu_count()} cores. "
        "Seconds of the clock, median; the ratio is of the cores' seconds in each pair (least to most).",
        "",
        "| night | this code | before | ratio |",
        "|---|---|---|---|",
    ]
    for name in NIGHTS:
        now, then = ([pair[side][name] for pair in pairs] for side in (0, 1))
        ratios = [a.cpu / b.cpu for a, b in zip(now, then, strict=True)]
        seconds = [f"{statistics.median(m.seconds for m in side):.1f}" for side in (now, then)]
        spread = f"{statistics.median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f})"
        lines.append(f"| {name} | {' | '.join(seconds)} | {spread} |")
    return "\n".join(lines) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("revision", help="what git calls the code to compare with")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--deliveries", type=Path, help="an example that is written already, of any size")
    asked = parser.parse_args()
    section = measure(asked.revision, asked.runs, asked.deliveries)
    print(section)
    title = "# What changes added to a night\nWritten by `python -m benchmarks.compared REVISION`, newest first.\n"
    earlier = REPORT.read_text(encoding="utf-8").removeprefix(title) if REPORT.exists() else ""
    REPORT.write_text(f"{title}\n{section}{earlier}", encoding="utf-8")


if __name__ == "__main__":
    main()
