"""A tiny home at four moments of its life, and the runs that go on from each: what the kills strike.

`published`: a first release is out, and newer deliveries lie in a folder. `taken_in`: they are taken in, nothing is built.
`built`: everything is built and judged, the second release is not made. `whole`: it is made.

Each run is a child of a process that has Dagster, dbt and Great Expectations imported, so that it takes seconds; from
there on it is what the command does.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from orchestration.home import Home
from orchestration.operations.nightly import run_nightly
from orchestration.operations.recording import NightlyResult, conclude, recorded_run
from orchestration.operations.stages import Night
from tests.faults.writes import Writes

Progress = Callable[[str], None]
_KEY = Path(__file__).parents[1] / "support" / "synthetic-pseudonym.key"
_FIRST = (
    "geography/*",
    "socialstyrelsen/*personal*",
    "scb/*TAB6471*",
    "register/*_01_2024-07_*",
)
_NEWER = (
    "socialstyrelsen/*bup*",
    "socialstyrelsen/*regionenkat*",
    "register/*_01_2024-09_*",
)


def preload() -> None:
    """Import what every run needs, and open nothing: a child inherits the modules, and no handle."""
    import dbt.adapters.duckdb.connections
    import dbt.cli.main  # noqa: F401
    import scipy.stats  # noqa: F401

    import orchestration.defs.transform
    import orchestration.operations.building
    import orchestration.releases.build  # noqa: F401


def ingest(home: Home, folder: Path, _: Progress) -> dict[str, Any]:
    """`vardlagret ingest FOLDER`."""
    from orchestration.operations.ingest import ingest_paths

    answer, code = ingest_paths(home, [folder])
    return {"exit": code, "loaded": answer["loaded"], "duplicate": answer["duplicate"]}


def nightly(home: Home, _: Path, progress: Progress) -> dict[str, Any]:
    """`vardlagret nightly`."""
    result = run_nightly(home.path, progress=progress)
    return {"exit": result.exit, "error": result.error, "stages": result.stages}


def rooms(*names: str) -> Callable[[Home, Path, Progress], dict[str, Any]]:
    """The last part of a night: the assets of these rooms in a run of Dagster's job, as a night launches it."""

    def run(home: Home, _: Path, progress: Progress) -> dict[str, Any]:
        from orchestration.operations.orchestrator import launching

        def work(night: Night, result: NightlyResult, __: bool) -> None:
            with launching(home, run_id=night.run_id, nightly_id=result.nightly_id) as launch:
                launch(names)
            conclude(night, result)

        result = recorded_run(home, "nightly", work, wait_seconds=0, progress=progress)
        return {"exit": result.exit, "error": result.error, "stages": result.stages}

    return run


RUNS = {"ingest": ingest, "nightly": nightly, "checks": rooms("checks", "release"), "release": rooms("release")}


@dataclass
class Child:
    """A forked process, leader of a group of its own."""

    pid: int
    said: int
    buffer: str = ""

    def lines(self) -> list[str]:
        """What it has said since the last call, without waiting."""
        try:
            while told := os.read(self.said, 1 << 16):
                self.buffer += told.decode()
        except BlockingIOError:
            pass
        *whole, self.buffer = self.buffer.split("\n")
        return whole

    def signal(self, number: int) -> None:
        os.killpg(self.pid, number)

    def wait(self) -> int:
        """Its status as `waitpid` tells it; the pipe is left to be read."""
        return os.waitpid(self.pid, 0)[1]


def fork(work: Callable[[Progress], Any]) -> Child:
    """Run `work` in a child. It says the stages it enters, one a line, and at its end `= <JSON of what it returned>`."""
    receiving, sending = os.pipe()
    os.set_blocking(receiving, False)
    pid = os.fork()
    if pid:
        os.close(sending)
        # The child does so too; whoever comes first, the group is there before it is signalled.
        with contextlib.suppress(PermissionError, ProcessLookupError):
            os.setpgid(pid, pid)
        return Child(pid, receiving)
    code = 1
    try:
        os.setpgid(0, 0)
        quiet = os.open(os.devnull, os.O_RDWR)
        os.dup2(quiet, 1)
        answer = work(lambda line: os.write(sending, f"{line}\n".encode()) and None)
        os.write(sending, f"= {json.dumps(answer)}\n".encode())
        code = 0
    except BaseException as error:
        import traceback

        traceback.print_exc()
        os.write(sending, f"! {type(error).__name__}: {error}\n".replace("\n", " ").encode() + b"\n")
    finally:
        sys.stderr.flush()
        os._exit(code)


def finish(child: Child) -> Any:
    """Wait for a child and return what it answered. Raises `AssertionError` where it did not."""
    said: list[str] = []
    os.set_blocking(child.said, True)
    while told := os.read(child.said, 1 << 16):
        child.buffer += told.decode()
    status = child.wait()
    os.close(child.said)
    said = child.buffer.split("\n")
    answers = [line[2:] for line in said if line.startswith("= ")]
    assert (status, len(answers)) == (0, 1), f"a child ended with {status}: {said[-3:]}"
    return json.loads(answers[-1])


class Place:
    """A folder with one home, the deliveries, and copies of the home at each moment."""

    def __init__(self, root: Path, example: Path) -> None:
        self.home = Home(root / "home")
        self.root = root
        self.newer = root / "newer"
        self._first = root / "first"
        for folder, patterns in ((self._first, _FIRST), (self.newer, _NEWER)):
            folder.mkdir(parents=True, exist_ok=True)
            for pattern in patterns:
                found = sorted(example.glob(pattern))
                assert found, pattern
                for file in found:
                    shutil.copyfile(file, folder / file.name)

    def build(self) -> dict[str, dict[str, Any]]:
        """Live through the home's life undisturbed, keep each moment; returns the writes and seconds of every stage."""
        os.environ["VARDLAGRET_PSEUDONYM_KEY_FILE"] = str(_KEY)
        os.environ["VARDLAGRET_HOME"] = str(self.home.path)
        self.run(lambda home, _, say: RUNS["ingest"](home, self._first, say))
        first = self.run(RUNS["nightly"])
        assert first["exit"] in (0, 3), first
        self._keep("published")
        taken_in = self._measured("ingest")
        self._keep("taken_in")
        measured = self._measured("nightly") | taken_in
        self._keep("whole")
        # The same home before its second release: the pointer and the folder are those of `published`.
        shutil.rmtree(self.home.releases)
        shutil.copytree(self.root / "published" / "releases", self.home.releases)
        self._keep("built")
        return measured

    def run(self, run: Callable[[Home, Path, Progress], Any]) -> Any:
        return finish(self.start(run))

    def start(self, run: Callable[[Home, Path, Progress], Any]) -> Child:
        return fork(lambda say: run(self.home, self.newer, say))

    def restore(self, moment: str) -> None:
        shutil.rmtree(self.home.path, ignore_errors=True)
        shutil.copytree(self.root / moment, self.home.path, symlinks=True)

    def _keep(self, moment: str) -> None:
        shutil.copytree(self.home.path, self.root / moment, symlinks=True)

    def _measured(self, name: str) -> dict[str, dict[str, Any]]:
        """Run undisturbed: seconds and writes by stage."""
        found: dict[str, dict[str, Any]] = {}
        with Writes(self.home.path) as writes:
            child = self.start(RUNS[name])
            stage, begun = FIRST_STAGE[name], time.monotonic()
            before: dict[str, int] = {}
            said: list[str] = []
            while not said or not said[-1].startswith(("= ", "! ")):
                writes.look(0.02)
                for line in child.lines():
                    said.append(line)
                    if line in STAGES or line.startswith("= "):
                        counted = {k: n - before.get(k, 0) for k, n in writes.counted.items() if n > before.get(k, 0)}
                        found[stage] = {"seconds": time.monotonic() - begun, "writes": counted}
                        stage, begun, before = line, time.monotonic(), dict(writes.counted)
            child.wait()
            os.close(child.said)
        assert said[-1].startswith("= "), said[-3:]
        return found


#: `ingest` has one stage, which it does not say.
FIRST_STAGE = {"ingest": "take_in", "nightly": "start", "checks": "start", "release": "start"}
STAGES = ("take_in", "declare", "plan", "dbt", "reconcile", "fact_checks", "indicators", "checks", "release")
