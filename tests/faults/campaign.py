"""`kill -9`, hundreds of times: `python -m tests.faults.campaign --kills 500 --page docs/reliability.md`.

Kills come in chains: some kills upon each other with no resume between, what was acknowledged read again after each, then
the run once more, undisturbed. A chain begins at one of the moments of `nights.py`:

ingest   from `published`: kills in `ingest`; then `ingest`. Cells and current deliveries are those of an undisturbed
         ingest.
night    the same, and then kills from declare to indicators of `nightly`; then `nightly`.
checks   from `built`: kills in the checks; then checks and release.
release  from `built`: kills in the release; then the release.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any

from tests.faults.disk import Disk, possible
from tests.faults.nights import RUNS, STAGES, Place, preload
from tests.faults.page import table, write_section
from tests.faults.strikes import Kept, Strike, kept, leftovers, strike

REPOSITORY = Path(__file__).parents[2]
#: Of twelve kills so many strike each part; a night is dear, since dbt builds everything.
SHARES = {"ingest": 4, "night": 2, "checks": 2, "release": 4}
CHAIN = {"ingest": 4, "night": 3, "checks": 3, "release": 4}
#: From so many kills on, each stage must be among those struck.
FULL = 200
#: Where in a night's dbt part it is struck, by the stage's weight.
NIGHT = {"declare": 1, "plan": 1, "dbt": 8, "reconcile": 1, "indicators": 2}
START = {"ingest": "published", "checks": "built", "release": "built"}
RUN = {"ingest": "ingest", "night": "nightly", "checks": "checks", "release": "release"}


class Campaign:
    """Kills on one home, one after the other; what was wrong stands in `problems`."""

    def __init__(self, place: Place, moments: dict[str, Kept], measured: dict[str, Any], seed: int) -> None:
        self.place, self.moments, self.measured = place, moments, measured
        self.rng = Random(seed)
        self.strikes: list[Strike] = []
        self.problems: list[str] = []
        self.resumed: Counter[str] = Counter()
        self.old, self.new = moments["published"].content, moments["whole"].content
        assert self.old != self.new

    def go(self, kills: int, until: float) -> None:
        """Chain after chain until so many kills have struck, each part its share of them, or the time has come."""
        due = {part: kills * share // sum(SHARES.values()) for part, share in SHARES.items()}
        due["release"] += kills - sum(due.values())
        while any(due.values()) and time.monotonic() < until and not self.problems:
            part = self.rng.choices(list(due), weights=list(due.values()))[0]
            number = {
                p: min(CHAIN[p], due[p]) for p in (("ingest", "night") if part in ("ingest", "night") else (part,))
            }
            if part == "ingest" and due["ingest"] > number["ingest"]:
                # Nights are dear: they follow some of the ingests, at the latest the last one.
                del number["night"]
            begun, spent = time.monotonic(), _processor()
            self.chain(number)
            for p, n in number.items():
                due[p] -= n
            took = f"{time.monotonic() - begun:.0f} s, of the processor {_processor() - spent:.0f}"
            print(f"{len(self.strikes)}/{kills}: {number}, {took}", file=sys.stderr, flush=True)
            (self.place.root / "report.json").write_text(json.dumps(self.report()))

    def chain(self, number: dict[str, int]) -> None:
        """So many kills in each part, and then the run undisturbed."""
        first = next(iter(number))
        self.place.restore(START[first])
        before = kept(self.place)
        for part, kills in number.items():
            before = self._kills(part, kills, before)
            self._resume(RUN[part])
            before = self._judged(before)
            if part == "ingest":
                self._expect("deliveries and cells", before.state, self.moments["taken_in"].state)
                self.resumed["cells"] += 1
        if list(number) == ["ingest"]:
            return
        self._expect("content", before.content, self.new)
        self.resumed["content"] += 1
        self.problems += [f"{what} ({self._last})" for what in leftovers(self.place)]

    def _kills(self, part: str, kills: int, before: Kept) -> Kept:
        """Kills upon each other; a run that ended before its moment came is no kill, and the part begins anew."""
        struck = 0
        while struck < kills:
            # Half inside a write, and more where the writes were over before the process was stopped.
            lacking = 2 * sum(s.inside is not None for s in self.strikes) <= len(self.strikes)
            hit = strike(self.place, RUN[part], self._aim(part), self.measured, self.rng, in_a_write=lacking)
            if hit is None:
                self.place.restore("taken_in" if part == "night" else START[part])
                before = kept(self.place)
                continue
            struck += 1
            self.strikes.append(hit)
            before = self._judged(before)
        return before

    @property
    def _last(self) -> Strike | None:
        return self.strikes[-1] if self.strikes else None

    def _aim(self, part: str) -> str:
        if part == "night":
            return self.rng.choices(list(NIGHT), weights=list(NIGHT.values()))[0]
        return {"ingest": "take_in"}.get(part, part)

    def _resume(self, run: str) -> None:
        answer = self.place.run(RUNS[run])
        if answer["exit"] not in (0, 3):
            self.problems.append(f"{run} after {self._last} ended with {answer}")

    def _judged(self, before: Kept) -> Kept:
        """Nothing half, nothing mixed, nothing lost."""
        now = kept(self.place)
        found = [*now.problems, *now.lost_since(before)]
        if now.content not in (self.old, self.new):
            found.append(f"a release that no undisturbed night makes: {now.content[:12]}")
        self.problems += [f"{what} ({self._last})" for what in found]
        return now

    def _expect(self, what: str, found: str, expected: str) -> None:
        if found != expected:
            self.problems.append(f"{what}: {found[:12]}, undisturbed {expected[:12]} ({self._last})")

    def report(self) -> dict[str, Any]:
        return {
            "strikes": [asdict(s) for s in self.strikes],
            "problems": self.problems,
            "resumed": dict(self.resumed),
            "measured": self.measured,
        }


def _processor() -> float:
    """Processor seconds of this process and the children it has waited for."""
    return sum(os.times()[:4])


def work_in(folder: Path) -> Path:
    """A folder of this run's own; in memory where there is such a file system, since no power is cut here."""
    memory = Path("/dev/shm")
    room = memory if folder == Path() and memory.is_dir() and shutil.disk_usage(memory).free > 4e9 else folder
    return Path(tempfile.mkdtemp(prefix="vardlagret-faults-", dir=room if room != Path() else None))


def one(root: Path, kills: int, seed: int, minutes: float, disks: tuple[str, ...]) -> None:
    """One worker: its home, its kills."""
    begun = time.monotonic()
    preload()
    campaign = Campaign(*prepared(root), seed)
    campaign.go(kills, begun + 60 * minutes)
    report = campaign.report()
    if disks:
        old, new = campaign.old, campaign.new
        disk = Disk(campaign.place, old, new, campaign.moments["taken_in"].state)
        left_out = {kind: why for kind in disks if (why := possible(kind))}
        disk.all(tuple(kind for kind in disks if kind not in left_out), ("take_in", "release"))
        report |= {"disk": disk.rows, "left_out": left_out, "problems": [*report["problems"], *disk.problems]}
    (root / "report.json").write_text(json.dumps(report))


def prepared(root: Path) -> tuple[Place, dict[str, Kept], dict[str, Any]]:
    """A place with its home at each moment, what each moment has on record, and the seconds and writes of every stage."""
    example = root / "example"
    command = [str(Path(sys.executable).with_name("vardlagret")), "example", str(example), "--quiet"]
    subprocess.run(command, check=True, capture_output=True)
    place = Place(root, example)
    measured = place.build()
    moments = {}
    for moment in ("published", "taken_in", "whole"):
        place.restore(moment)
        moments[moment] = kept(place)
    assert not any(m.problems for m in moments.values()), moments
    return place, moments, measured


def many(
    kills: int, seed: int, workers: int, minutes: float, folder: Path, disks: tuple[str, ...] = ()
) -> dict[str, Any]:
    """Several workers, each a process of its own; their reports as one."""
    begun = time.monotonic()
    room = work_in(folder)
    running = []
    for number in range(workers):
        part = kills // workers + (number < kills % workers)
        root = room / str(number)
        root.mkdir()
        command = [sys.executable, "-m", "tests.faults.campaign", "--kills", str(part), "--seed", str(seed + number)]
        command += ["--minutes", str(minutes), "--disks", ",".join(disks)]
        running.append((root, subprocess.Popen([*command, "--worker", str(root)], cwd=REPOSITORY)))
    reports = []
    try:
        for root, process in running:
            if process.wait() != 0:
                raise SystemExit(f"a worker ended with {process.returncode}; what it left lies in {root}")
            reports.append(json.loads((root / "report.json").read_text()))
    finally:
        for _, process in running:
            process.kill()
    strikes = [s for r in reports for s in r["strikes"]]
    problems = [*(p for r in reports for p in r["problems"]), *missed(strikes, kills)]
    if problems:
        print(f"the homes are kept in {room}", file=sys.stderr)
    else:
        shutil.rmtree(room)
    return {
        "kills": len(strikes),
        "seed": seed,
        "workers": workers,
        "minutes": round((time.monotonic() - begun) / 60, 1),
        "strikes": strikes,
        "undisturbed": {stage: m["seconds"] for stage, m in reports[0]["measured"].items()},
        "resumed": dict(sum((Counter(r["resumed"]) for r in reports), Counter())),
        "problems": problems,
        "disk": [row for r in reports for row in r.get("disk", [])],
        "left_out": {kind: why for r in reports for kind, why in r.get("left_out", {}).items()},
    }


def missed(strikes: list[dict[str, Any]], kills: int) -> list[str]:
    """What a set of kills must have struck: a third of them inside a write, and, of a full set, every stage."""
    inside = sum(s["inside"] is not None for s in strikes)
    found = [f"only {inside} of {len(strikes)} kills are inside a write"] if 3 * inside < len(strikes) else []
    lacking = sorted(set(STAGES) - {s["stage"] for s in strikes})
    if kills >= FULL and lacking:
        found.append(f"no kill struck {', '.join(lacking)}")
    return found


def as_section(report: dict[str, Any]) -> str:
    """The report as the page tells it."""
    strikes = report["strikes"]
    by_stage = Counter(s["stage"] for s in strikes)
    inside = Counter(s["stage"] for s in strikes if s["inside"])
    rows = [(stage, str(n), str(inside[stage])) for stage, n in sorted(by_stage.items(), key=lambda i: -i[1])]
    rows.append(("all", str(len(strikes)), str(sum(inside.values()))))
    from tests.faults.writes import kind_of

    files = Counter(str(kind_of(s["inside"])) for s in strikes if s["inside"])
    named = ", ".join(f"{kind} {n}" for kind, n in files.most_common())
    day, seconds = datetime.now(UTC).date().isoformat(), report["undisturbed"]
    return f"""{report["kills"]} kills on {day}, seed {report["seed"]}, {report["minutes"]} minutes with {report["workers"]} workers on \
{os.cpu_count()} cores ({platform.system()}). \
{report["resumed"].get("content", 0)} chains of kills ended in a release and {report["resumed"].get("cells", 0)} in an ingest; \
**{len(report["problems"])} problems**.

{table(("stage struck", "kills", "inside a write"), rows)}

Files that were being written: {named}. Undisturbed, this home's ingest takes {seconds["take_in"]:.1f} s and its night {sum(seconds.values()) - seconds["take_in"]:.1f} s.
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=500)
    parser.add_argument("--seed", type=int, default=20261125)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--minutes", type=float, default=600, help="begin no chain after so long")
    parser.add_argument("--in", dest="folder", type=Path, default=Path(), help="where the homes lie; default: memory")
    parser.add_argument("--page", type=Path, help="the page whose section of kills is written")
    parser.add_argument("--json", type=Path, help="where the whole report is written")
    parser.add_argument("--worker", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--report", type=Path, help="write the page from an earlier run's --json, and kill nothing")
    parser.add_argument(
        "--disks", default="", help="then so many kinds of faulty disk, at two stages (tests.faults.disk)"
    )
    told = parser.parse_args()
    disks = tuple(kind for kind in told.disks.split(",") if kind)
    if told.worker:
        one(told.worker, told.kills, told.seed, told.minutes, disks)
        return
    report = json.loads(told.report.read_text()) if told.report else None
    report = report or many(told.kills, told.seed, told.workers, told.minutes, told.folder, disks)
    if told.json:
        told.json.write_text(json.dumps(report, indent=1) + "\n")
    if told.page:
        write_section(told.page, "kills", as_section(report))
    print(as_section(report))
    for problem in report["problems"]:
        print(problem, file=sys.stderr)
    raise SystemExit(1 if report["problems"] else 0)


if __name__ == "__main__":
    main()
