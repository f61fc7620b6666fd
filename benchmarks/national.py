"""A national night, step by step: the country written, taken in, built whole; then one new month, one corrected
month, nothing new, and `status`.

`python -m benchmarks.national FOLDER` works below FOLDER (20 GB) and writes benchmarks/national.md: seconds of the
clock and of the cores, and peak memory of each step, where each night's time goes, and which of the planted patterns
`delivery signals` finds. The deliveries (`FOLDER/deliveries`) are written only where they are missing. A measured step
is noted in `FOLDER/steps.json`: an interrupted measurement goes on after the last one, without that file begins anew.
"""

from __future__ import annotations

import json
import os
import platform
import shutil
import sys
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, field
from importlib.metadata import version
from pathlib import Path

from benchmarks.measured import Measured, run
from orchestration.warehouse.windows import months_between

SIGNALS = "`delivery signals`"
#: What this measurement itself corrected.
OWN = {("patient_register", kind, "12", "2024-05") for kind in ("late_correction", "withdrawn")}
TOLD_EACH_MONTH = {"stops_reporting", "volume_spike", "late_correction", "withdrawn"}
NEW_MONTH = ("_2025-01_2024-12_2024-12_", "_2024-12_synthetic.csv")
CORRECTED = "PAR_VARDTILLFALLEN_12_2024-06_2024-05_2024-05_synthetic.txt"
#: The reporting month under which a corrected May is sent.
CORRECTED_AS = "2025-01_2024-05_2024-05"


def vardlagret(home: Path, log: Path, *arguments: object, exits: tuple[int, ...] = (0,)) -> Measured:
    command = (Path(sys.executable).with_name("vardlagret"), "--home", home, *arguments)
    print(*arguments, "...", flush=True)
    return run(*command, env=os.environ, log=log, exits=exits)


def parts(deliveries: Path, folder: Path) -> tuple[Path, Path, Path]:
    """Three folders of links to the same bytes: all but the newest month, the newest month, and a corrected month."""
    before, new, corrected = (folder / name for name in ("before", "new_month", "corrected_month"))
    for part in (before, new, corrected):
        shutil.rmtree(part, ignore_errors=True)
        part.mkdir(parents=True)
    for file in sorted(p for p in deliveries.rglob("*") if p.is_file() and not p.name.startswith(".")):
        own = new if any(text in file.name for text in NEW_MONTH) else before
        target = own / file.relative_to(deliveries)
        target.parent.mkdir(parents=True, exist_ok=True)
        os.link(file, target)
    _write_corrected(deliveries / "register", corrected)
    return before, new, corrected


def _write_corrected(register: Path, folder: Path) -> None:
    """The region's May once more, sent in January, without twenty of its stays and what was told of them."""
    sent = CORRECTED.split("_12_")[1].removesuffix("_synthetic.txt")
    gone: set[str] = set()
    for record in ("VARDTILLFALLEN", "DIAGNOSER"):
        file = register / CORRECTED.replace("VARDTILLFALLEN", record)
        lines = file.read_text(encoding="utf-8").splitlines(keepends=True)
        gone = gone or {line.split(";")[0] for line in lines[:20]}
        kept = [line for line in lines if line.split(";")[0] not in gone]
        (folder / file.name.replace(sent, CORRECTED_AS)).write_text("".join(kept), encoding="utf-8")


@dataclass
class Steps:
    """The measured steps by name, kept in a file from step to step: the process, and a night's seconds by stage."""

    file: Path
    done: dict[str, tuple[Measured, dict[str, float]]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.file.exists():
            self.done = {
                name: (Measured(**m), stages) for name, (m, stages) in json.loads(self.file.read_text()).items()
            }

    def take(self, name: str, step: Callable[[], tuple[Measured, dict[str, float]]]) -> None:
        if name not in self.done:
            self.done[name] = step()
            self.file.write_text(json.dumps({n: (asdict(m), stages) for n, (m, stages) in self.done.items()}, indent=1))


def night(home: Path, log: Path, folder: Path | None = None) -> tuple[Measured, dict[str, float]]:
    """One night; the process, and seconds by stage as its summary tells."""
    given = ["--deliveries", folder] if folder else []
    measured = vardlagret(home, log, "nightly", "--json", "--quiet", *given, exits=(0, 3))
    summary = json.loads([line for line in log.read_text().splitlines() if line.startswith("{")][-1])
    stages: defaultdict[str, float] = defaultdict(float)
    for stage in summary["stages"]:
        # A night builds several windows of months, and comes to dbt once for each.
        stages[stage["name"]] += stage["seconds"]
    return measured, dict(stages)


def measure(folder: Path) -> list[str]:
    """All steps, as lines of the report."""
    folder.mkdir(parents=True, exist_ok=True)
    deliveries, home, log = folder / "deliveries", folder / "night", folder / "log.txt"
    steps = Steps(folder / "steps.json")
    if not deliveries.exists():
        steps.take(
            "the country written", lambda: (vardlagret(home, log, "example", deliveries, "--scale", "national"), {})
        )
    os.environ["VARDLAGRET_PSEUDONYM_KEY_FILE"] = str(deliveries / ".synthetic-pseudonym.key")
    before, new, corrected = parts(deliveries, folder / "parts")

    def taken_in() -> tuple[Measured, dict[str, float]]:
        shutil.rmtree(home, ignore_errors=True)
        return vardlagret(home, log, "ingest", before), {}

    steps.take("all months but the newest taken in", taken_in)
    steps.take("a night: everything built, judged, published", lambda: night(home, log))
    steps.take("a night: one new month", lambda: night(home, log, new))
    steps.take("a night: one corrected month", lambda: night(home, log, corrected))
    steps.take("a night: nothing new", lambda: night(home, log))
    steps.take("`status`", lambda: (vardlagret(home, log, "status", "--json"), {}))
    steps.take(SIGNALS, lambda: signals(home, log, Path(f"{deliveries}-key.json")))
    nights = [(name, stages) for name, (_, stages) in steps.done.items() if name.startswith("a night: ")]
    found = {name: int(number) for name, number in steps.done[SIGNALS][1].items()}
    return [
        *_steps((name, m) for name, (m, _) in steps.done.items()),
        "",
        *_nights([(name.removeprefix("a night: "), stages) for name, stages in nights]),
        "",
        f"Planted patterns of the registers: {found['found']} of {found['planted']} found, month by month "
        f"{found['months_found']} of {found['months']}; {found['beside']} signals beside them, of {found['asked']:,} "
        "questions asked.",
    ]


def signals(home: Path, log: Path, key: Path) -> tuple[Measured, dict[str, float]]:
    """What `delivery signals` says of the planted patterns: one that lasts is told each month, or where it begins."""
    measured = vardlagret(home, log, "delivery", "signals", "--json")
    told = json.loads(log.read_text())["signals"]
    lines = {(s["source_id"], s["signal"], s["reporter"], s["month"]) for s in told}
    patterns = json.loads(key.read_text(encoding="utf-8"))["patterns"]
    spans = [
        {(p["register"], p["kind"], p["region"], m) for m in months_between(p["first"], p["last"])} for p in patterns
    ]
    due = [
        {line for line in span if line[1] in TOLD_EACH_MONTH or line[3] == p["first"]}
        for p, span in zip(patterns, spans, strict=True)
    ]
    return measured, {
        "planted": len(patterns),
        "found": sum(own <= lines for own in due),
        "months": sum(map(len, due)),
        "months_found": sum(len(own & lines) for own in due),
        "beside": len(lines - set().union(*spans, OWN)),
        # Of each region's months: seven questions in twelve years of the register, four in one of contacts.
        "asked": (7 * 12 + 4) * 21 * 12,
    }


def _steps(steps: Iterable[tuple[str, Measured]]) -> list[str]:
    rows = [f"| {name} | {m.seconds:,.1f} | {m.cpu:,.1f} | {m.peak:,.0f} |" for name, m in steps]
    return ["| step | seconds | of the cores | peak memory, MB |", "|---|---|---|---|", *rows]


def _nights(nights: list[tuple[str, dict[str, float]]]) -> list[str]:
    stages = list(dict.fromkeys(stage for _, own in nights for stage in own))
    return [
        "Seconds by stage:",
        "",
        f"| night | {' | '.join(stages)} |",
        "|---" * (len(stages) + 1) + "|",
        *(f"| {name} | {' | '.join(f'{own.get(stage, 0):.1f}' for stage in stages)} |" for name, own in nights),
    ]


def main(*arguments: str) -> None:
    if len(arguments) != 1:
        raise SystemExit(__doc__)
    report = [
        "# A national night",
        "Written by `python -m benchmarks.national` from synthetic deliveries (18 million stays, 20 million contacts), "
        f"one run: {platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}, "
        f"DuckDB {version('duckdb')}. The peak is that of the greatest process of a step.",
        "",
        *measure(Path(arguments[0]).resolve()),
    ]
    print("\n".join(report))
    Path(__file__).with_name("national.md").write_text("\n".join(report) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
