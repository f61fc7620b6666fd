"""A disk that is full, closed or failing, from the beginning of a stage on: `python -m tests.faults.disk --page ...`.

full     the home is a small tmpfs, which is filled to its last byte.
closed   the same file system, mounted read-only over the home's folder that the stage writes.
failing  every fsync of the run answers EIO: strace does it at the system call, in the run and in what it starts.

The run must end by itself with its exit code and a message that says what and what to do; the release that is out must be whole
and the old one. Then the fault is taken away, and the same command makes what an undisturbed night makes.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from orchestration.home import Home
from orchestration.ledger.ledger import Ledger
from orchestration.releases.verify import verify
from tests.faults.nights import RUNS, STAGES, Place, Progress, preload
from tests.faults.page import table, write_section
from tests.faults.strikes import kept, leftovers

#: What each kind must say, and the next step that it must name.
SAYS = {"full": ("is full", "gc"), "closed": ("cannot be written", "doctor"), "failing": ("fails", "journalctl -k")}
#: The folder that is closed while a stage writes it; the other stages write the warehouse, and the home is closed whole.
CLOSED = {"take_in": "raw", "checks": "docs", "release": "releases", "dbt": "dagster"}
FILLER = ".filler"


def possible(kind: str) -> str | None:
    """Why this kind of fault cannot be made on this machine; None where it can."""
    if kind == "failing":
        return None if shutil.which("strace") else "there is no strace"
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(["mount", "-t", "tmpfs", "none", folder], capture_output=True, text=True, check=False)
        if done.returncode == 0:
            subprocess.run(["umount", folder], check=True)
    return None if done.returncode == 0 else f"nothing may be mounted: {done.stderr.strip()}"


@contextmanager
def small_disk(home: Path, megabytes: int = 400) -> Iterator[None]:
    """A file system of its own at the home."""
    home.mkdir(exist_ok=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "none", str(home)], check=True)
    try:
        yield
    finally:
        subprocess.run(["umount", "-l", str(home)], check=True)


def fill(home: Path) -> None:
    with (home / FILLER).open("wb", buffering=0) as file:
        for size in (1 << 20, 1 << 12, 1):
            with contextlib.suppress(OSError):
                while True:
                    file.write(b"\0" * size)


def close(folder: Path) -> None:
    subprocess.run(["mount", "--bind", str(folder), str(folder)], check=True)
    subprocess.run(["mount", "-o", "remount,bind,ro", str(folder)], check=True)


def fail() -> None:
    """From now on every fsync of this process and of what it starts answers EIO."""
    command = ["strace", "-f", "-qq", "-o", os.devnull, "-e", "trace=fsync,fdatasync"]
    subprocess.Popen([*command, "-e", "inject=fsync,fdatasync:error=EIO", "-p", str(os.getpid())])
    while "TracerPid:\t0\n" in Path("/proc/self/status").read_text():
        time.sleep(0.01)


def repaired(kind: str, home: Path, stage: str) -> None:
    if kind == "full":
        (home / FILLER).unlink()
    if kind == "closed":
        subprocess.run(["umount", str(home / CLOSED.get(stage, ""))], check=True)


def struck(kind: str, stage: str, run: str) -> Callable[[Home, Path, Progress], dict[str, Any]]:
    """The run, whose disk turns bad when the stage begins."""

    def make(home: Path) -> None:
        {"full": lambda: fill(home), "closed": lambda: close(home / CLOSED.get(stage, "")), "failing": fail}[kind]()

    def work(home: Home, folder: Path, say: Progress) -> dict[str, Any]:
        if run == "ingest":
            make(home.path)
            return _command(home, "ingest", str(folder))
        hit = []

        def progress(text: str) -> None:
            if text == stage and not hit:
                hit.append(text)
                make(home.path)

        answer = RUNS[run](home, folder, progress)
        return {"exit": answer["exit"], "said": answer["error"] or ""}

    return work


def _command(home: Home, *words: str) -> dict[str, Any]:
    """The command line in this process: its exit code and what it says to people."""
    from io import StringIO

    from orchestration.operations.cli import main

    sys.argv = ["vardlagret", "--home", str(home.path), *words]
    with contextlib.redirect_stderr(StringIO()) as said:
        try:
            main()
            code: Any = 0
        except SystemExit as ended:
            code = ended.code
    return {"exit": code, "said": said.getvalue()}


class Disk:
    """Faults of the disk on one home; `rows` is what was seen, `problems` what should not have been."""

    def __init__(self, place: Place, old: str, new: str, taken_in: str) -> None:
        self.place, self.old, self.new, self.taken_in = place, old, new, taken_in
        self.rows: list[tuple[str, str, str, str]] = []
        self.problems: list[str] = []

    def all(self, kinds: tuple[str, ...], stages: tuple[str, ...]) -> None:
        for kind in kinds:
            shutil.rmtree(self.place.home.path, ignore_errors=True)
            with small_disk(self.place.home.path) if kind != "failing" else contextlib.nullcontext():
                self._ingest(kind, stages)
                self._night(kind, tuple(s for s in stages if s in STAGES[1:6]))
                for part in ("checks", "release"):
                    if part in stages:
                        self._restore("built")
                        self._struck(kind, part, part)
                        self._again(part, self.new)

    def _ingest(self, kind: str, stages: tuple[str, ...]) -> None:
        if "take_in" in stages:
            self._restore("published")
            self._struck(kind, "take_in", "ingest")
            self.place.run(RUNS["ingest"])
            if kept(self.place).state != self.taken_in:
                self.problems.append(
                    f"{kind} take_in: what is taken in afterwards is not that of an undisturbed ingest"
                )

    def _night(self, kind: str, stages: tuple[str, ...]) -> None:
        """The stages of one night, one after the other on the same home, and then the night."""
        if stages:
            self._restore("taken_in")
            for stage in stages:
                self._struck(kind, stage, "nightly")
            self._again("nightly", self.new)

    def _struck(self, kind: str, stage: str, run: str) -> None:
        answer = self.place.run(struck(kind, stage, run))
        repaired(kind, self.place.home.path, stage)
        said = answer["said"].replace(str(self.place.home.path), "H").strip()
        self.rows.append((kind, stage, str(answer["exit"]), said.splitlines()[0][:150] if said else ""))
        where = f"{kind} {stage}"
        if answer["exit"] != (1 if run == "ingest" else 4):
            self.problems.append(f"{where}: exit {answer['exit']}: {answer['said'][:300]}")
        self.problems += [
            f"{where}: {w!r} is not said: {answer['said'][:300]}" for w in SAYS[kind] if w not in answer["said"]
        ]
        if "Traceback" in answer["said"]:
            self.problems.append(f"{where}: a traceback: {answer['said'][-300:]}")
        home = self.place.home
        found = verify(home.releases).problems
        content = json.loads((home.releases / "latest.json").read_text())["content_sha256"]
        if found or content not in (self.old, self.new) or (content == self.new and stage != "release"):
            self.problems.append(f"{where}: the release that is out: {found} {content[:12]}")

    def _again(self, run: str, expected: str) -> None:
        answer = self.place.run(RUNS[run])
        now = kept(self.place)
        if answer["exit"] not in (0, 3) or now.problems or now.content != expected:
            self.problems.append(f"{run} afterwards: {answer} {now.problems} {now.content[:12]}")
        self.problems += leftovers(self.place)
        with Ledger.open(self.place.home.ledger, read_only=True) as ledger:
            self.problems += [f"{run} afterwards: run {r.run_id} is open" for r in ledger.open_runs()]

    def _restore(self, moment: str) -> None:
        home = self.place.home.path
        for inner in home.iterdir() if home.exists() else ():
            shutil.rmtree(inner) if inner.is_dir() else inner.unlink()
        shutil.copytree(self.place.root / moment, home, symlinks=True, dirs_exist_ok=True)


def as_section(rows: list[tuple[str, str, str, str]], problems: list[str], left_out: dict[str, str]) -> str:
    out = "".join(f"Not tried, {kind}: {why}.\n" for kind, why in left_out.items())
    said = [(kind, stage, code, text.replace("|", "/")) for kind, stage, code, text in rows]
    head = f"{len(rows)} faults on {datetime.now(UTC).date()}; **{len(problems)} problems**.\n{out}"
    return f"{head}\n{table(('disk', 'from the beginning of', 'exit', 'said'), said)}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kinds", default="full,closed,failing")
    parser.add_argument("--stages", default=",".join(STAGES))
    parser.add_argument("--page", type=Path)
    told = parser.parse_args()
    from tests.faults.campaign import prepared

    room = Path(tempfile.mkdtemp(prefix="vardlagret-disk-"))
    preload()
    place, moments, _ = prepared(room)
    disk = Disk(place, moments["published"].content, moments["whole"].content, moments["taken_in"].state)
    kinds = tuple(told.kinds.split(","))
    left_out = {kind: why for kind in kinds if (why := possible(kind))}
    disk.all(tuple(k for k in kinds if k not in left_out), tuple(told.stages.split(",")))
    text = as_section(disk.rows, disk.problems, left_out)
    if told.page:
        write_section(told.page, "disk", text)
    print(text, *disk.problems, sep="\n")
    shutil.rmtree(room)
    raise SystemExit(1 if disk.problems else 0)


if __name__ == "__main__":
    main()
