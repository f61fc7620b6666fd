"""Faults put in on purpose: `python -m tests.injections.campaign --page docs/reliability.md`.

Each fault is sent to a copy of a sound home, a night runs, and what it publishes is compared with what the sound update
publishes. The faults stand in `aggregates.py` and `registers.py`; with real exports beside the repository those of
aggregates are put into them as well.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import time
import traceback
from collections.abc import Callable, Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Any, TypeVar

from tests.faults.page import write_section
from tests.injections import aggregates, controls, nights, registers
from tests.injections.fault import Fault
from tests.injections.homes import Place, places
from tests.injections.outcome import Outcome, outcome
from tests.injections.report import listed, printed, section
from tests.injections.sheets import Files

Task = tuple[str, str, list[Fault]]
Row = dict[str, Any]
Item = TypeVar("Item")


def tasks(kinds: Iterable[str], sources: Iterable[str], countries: Iterable[str], *, together: bool) -> list[Task]:
    """(country, the home that is met, faults of one night). One fault a night, or one of each source."""
    chosen = [
        (country, fault)
        for country in countries
        for fault in (registers.FAULTS if country == "registers" else aggregates.FAULTS)
        if (not kinds or any(kind in fault.name for kind in kinds)) and (not sources or fault.source in sources)
    ]
    if not together:
        return [(country, fault.start, [fault]) for country, fault in chosen]
    packed: list[Task] = []
    for country, fault in chosen:
        beside = (
            held
            for where, start, held in packed
            if (where, start) == (country, fault.start) != (country, "nothing")
            and fault.source not in {f.source for f in held}
        )
        if (held := next(beside, None)) is not None:
            held.append(fault)
        else:
            packed.append((country, fault.start, [fault]))
    return packed


def one(place: Place, start: str, faults: list[Fault], folder: Path) -> list[Outcome]:
    """One night with the faults in it; what the other sources send is sound."""
    home = folder / "home"
    wrong = {f.source: f.make(place.sounds[f.source]) for f in faults}
    sound = {source: s.update for source, s in place.sounds.items()}
    earlier = {"update": place.update, "before": place.before}.get(start)
    if earlier is not None:
        nights.copied(earlier, home)
        sent = merged((wrong if start == "update" else sound | wrong).values())
    else:
        shutil.rmtree(home, ignore_errors=True)
        home.parent.mkdir(parents=True, exist_ok=True)
        own = {name for f in faults for name in place.sounds[f.source].before}
        ground = {name: data for name, data in place.base.items() if name not in own}
        sent = merged([ground, *(sound | wrong).values()])
    answers = nights.night(home, sent)
    found = [
        outcome(home, answers, place.update, place.answers("update"), earlier, f.source if len(faults) > 1 else "")
        for f in faults
    ]
    shutil.rmtree(home)
    return found


def merged(files: Iterable[Files]) -> Files:
    return {name: data for several in files for name, data in several.items()}


def faulty(task: Task, found: dict[str, Place], folder: Path) -> list[Row]:
    """One night's faults, each with what became of it."""
    country, start, faults = task
    begun = time.monotonic()
    try:
        rows = [o.as_row() for o in one(found[country], start, faults, folder)]
    except (AssertionError, KeyError, StopIteration, ValueError) as error:
        rows = [{"effect": "not run", "caught_by": [f"{type(error).__name__}: {error}"[:300]]} for _ in faults]
    seconds = round((time.monotonic() - begun) / len(faults), 1)
    whole = []
    for fault, row in zip(faults, rows, strict=True):
        head = {"country": country, "kind": fault.kind, "source": fault.source, "what": fault.what, "start": start}
        whole.append(head | row | {"seconds": seconds})
        by = ", ".join(row["caught_by"])[:160]
        print(
            f"{row['effect']:12} {country} | {fault.name} | {by} {row.get('said', '')[:200]}",
            file=sys.stderr,
            flush=True,
        )
    return whole


def in_workers(
    jobs: int, root: Path, items: dict[str, Item], work: Callable[[Item, Path], list[Row]], keep: bool
) -> list[Row]:
    """Work through the items in so many processes, each with a folder of its own; the rows, by item.

    With `keep`, what an interrupted campaign found in this folder stands, and the rest is gone on with.
    """
    root.mkdir(parents=True, exist_ok=True)
    if not keep:
        for file in root.glob("found-*.jsonl"):
            file.unlink()
    done = {row["item"] for row in _found(root)}
    todo = [name for name in items if name not in done]
    workers = []
    for number in range(jobs):
        pid = os.fork()
        if pid == 0:
            code = 1
            try:
                with (root / f"found-{number}.jsonl").open("a") as lines:
                    for name in todo[number::jobs]:
                        rows = work(items[name], root / f"worker-{number}")
                        lines.write("".join(json.dumps({"item": name} | row, default=str) + "\n" for row in rows))
                        lines.flush()
                code = 0
            except BaseException:
                traceback.print_exc()
            finally:
                os._exit(code)
        workers.append(pid)
    ends = [os.waitpid(pid, 0)[1] for pid in workers]
    assert not any(ends), f"a worker ended with {ends}"
    order = list(items)
    return sorted((row for row in _found(root) if row["item"] in items), key=lambda row: order.index(row["item"]))


def _found(root: Path) -> list[Row]:
    return [json.loads(line) for file in sorted(root.glob("found-*.jsonl")) for line in file.read_text().splitlines()]


def seeded(seed: int, folder: Path) -> list[Row]:
    found = controls.of_seed(seed, folder)
    print(f"{found.name}: {', '.join(found.alarms) or 'no alarm'}", file=sys.stderr, flush=True)
    return [asdict(found)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--only", action="append", default=[], help="words of a fault's name: kind, source or description"
    )
    parser.add_argument("--source", action="append", default=[])
    parser.add_argument("--country", action="append", default=[], help="tables, registers, deliveries")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument(
        "--keep", action="store_true", help="go on with what an interrupted campaign left in the folder"
    )
    parser.add_argument("--no-seeds", action="store_true", help="without the ten other example countries")
    parser.add_argument("--together", action="store_true", help="a quick look: faults of several sources in one night")
    parser.add_argument("--folder", type=Path, default=Path("var-injections"))
    parser.add_argument("--deliveries", type=Path, default=Path(__file__).parents[3] / "shared" / "deliveries")
    parser.add_argument("--page", type=Path)
    asked = parser.parse_args()
    begun = time.monotonic()
    root = asked.folder.resolve()
    root.mkdir(parents=True, exist_ok=True)
    example = root / "example"
    if not example.exists():
        command = [str(Path(sys.executable).with_name("vardlagret")), "example", str(example), "--quiet"]
        subprocess.run([*command, "--from", "2023-01", "--to", "2024-12"], check=True, capture_output=True)
    nights.preload()
    countries = places(root, example, asked.deliveries if asked.deliveries.is_dir() else None)
    if asked.country:
        countries = {name: place for name, place in countries.items() if name in asked.country}
    seeds = [] if asked.no_seeds else list(controls.SEEDS)
    todo = tasks(asked.only, asked.source, countries, together=asked.together)
    for name in dict.fromkeys(country for country, _, _ in todo):
        if not (asked.keep and countries[name].built):
            countries[name].build()
        print(f"{name}: built, {time.monotonic() - begun:.0f} s", file=sys.stderr, flush=True)
    sound = [asdict(c) for c in controls.of_places({c: countries[c] for c, _, _ in todo})]
    named = {
        f"{country} | {start} | {' + '.join(f.name for f in held)}": (country, start, held)
        for country, start, held in todo
    }
    rows = in_workers(
        asked.jobs, root / "nights", named, lambda task, folder: faulty(task, countries, folder), asked.keep
    )
    sound += in_workers(asked.jobs, root / "seeds", {f"seed {seed}": seed for seed in seeds}, seeded, asked.keep)
    seconds = time.monotonic() - begun
    report = {"faults": rows, "controls": sound, "seconds": seconds}
    (root / "report.json").write_text(json.dumps(report, indent=1, ensure_ascii=False))
    print(printed(rows, sound, seconds))
    if asked.page:
        write_section(asked.page, "injections", section(rows, sound, seconds))
        write_section(asked.page.with_name("injections.md"), "faults", listed(rows))


if __name__ == "__main__":
    main()
