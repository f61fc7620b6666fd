"""Several runs on one home at once: one holds it, the others wait or are told who holds it, and nothing comes twice.

The home is the example's, of which everything is built: what the runs do is short, and the same runs one after the other
say what must come out.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
from itertools import pairwise
from pathlib import Path

import pytest

from orchestration.home import Home
from orchestration.ledger.ledger import Ledger
from orchestration.ledger.lock import holder
from orchestration.releases.history import release_ids
from tests.support.built import Built
from tests.support.command import VARDLAGRET, answer, environment, latest, vardlagret
from tests.support.revised import revised as newer


def start(home: Path, *words: object) -> subprocess.Popen:
    command = [str(VARDLAGRET), "--home", str(home), *map(str, words)]
    return subprocess.Popen(
        command, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    )


def held(home: Path, process: subprocess.Popen) -> None:
    """Wait until this process has begun its run, and stop it there, as if its work took long.

    Stopped earlier, while it opens the ledger, it would keep SQLite's own locks, which a run that lives gives back.
    """
    while (
        (now := holder(Home(home))) is None
        or now.pid != process.pid
        or now.run_id not in {r.nightly_id for r in ledger_runs(home)}
    ):
        assert process.poll() is None, process.communicate()
    os.killpg(process.pid, signal.SIGSTOP)


@pytest.fixture(scope="module")
def revised(
    example_home: Built, example_deliveries: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, Path]:
    """A copy of the example's home, and a folder with one revised yearly delivery."""
    folder = tmp_path_factory.mktemp("at-once")
    newer(example_deliveries / "socialstyrelsen" / "synthetic_vantetider_bup_2026-08-24.csv", folder / "new")
    return example_home.copy(folder / "home"), folder / "new"


@pytest.mark.parametrize("first", ["nightly", "backfill"])
def test_whoever_comes_while_a_run_holds_the_home_is_told_by_whom(
    revised: tuple[Path, Path], first: str, tmp_path: Path
) -> None:
    home, folder = revised
    words = ("nightly", "--deliveries", folder) if first == "nightly" else ("backfill", "run", "--only", "stale")
    process = start(home, *words)
    try:
        held(home, process)
        before = [r.run_id for r in ledger_runs(home)]
        for others in (["nightly"], ["backfill", "run"], ["ingest", folder]):
            done = vardlagret(home, *others, expect=5)
            assert f"is held by {first}, run " in done.stderr
            assert f"process {process.pid}" in done.stderr
        assert [r.run_id for r in ledger_runs(home)] == before, "who was refused left no trace"
        # Reports answer all the same, and the run is seen to live.
        assert answer(home, "status", expect=None)["publish"]["state"] in ("yes", "no", "partly")
        assert answer(home, "backfill", "plan")["blocked_by"]["pid"] == process.pid
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def at_once(home: Path, runs: dict[str, tuple[object, ...]]) -> dict[str, str]:
    """Start these runs together, each willing to wait; what each printed, when all have ended well.

    Holds what is so of any runs at once: one file is loaded once, no two runs overlap, none is left open, and of all
    nights one makes a release.
    """
    known = len(release_ids(home / "releases"))
    started = {name: start(home, *words, "--wait", "600") for name, words in runs.items()}
    ended = {name: (*process.communicate(timeout=600), process.returncode) for name, process in started.items()}
    assert {name: code for name, (_, _, code) in ended.items() if code not in (0, 3)} == {}, ended
    assert len(release_ids(home / "releases")) == known + 1
    with Ledger.open(home / "ledger.sqlite", read_only=True) as ledger:
        outcomes = [r.outcome for r in ledger.receipts() if "2026-09-24" in r.file_name]
        assert ledger.open_runs() == []
        spans = sorted((r.started_at, r.ended_at) for r in ledger.runs(limit=len(runs)))
    assert sorted(outcomes) == ["duplicate", "duplicate", "loaded"]
    assert all(begun >= ended for (_, ended), (begun, _) in pairwise(spans)), "two ran at once"
    assert answer(home, "release", "verify")["ok"]
    return {name: out for name, (out, _, _) in ended.items()}


def test_of_two_nights_and_an_ingest_at_once_each_waits_for_the_other(
    revised: tuple[Path, Path], tmp_path: Path
) -> None:
    home, folder = shutil.copytree(revised[0], tmp_path / "home", symlinks=True), revised[1]
    night = ("nightly", "--deliveries", folder, "--json")
    said = at_once(home, {"one": night, "two": night, "ingest": ("ingest", folder, "--json")})
    nights = [json.loads(said[name].strip().splitlines()[-1]) for name in ("one", "two")]
    assert [n["release"] is not None for n in nights].count(True) == 1


@pytest.mark.long
def test_those_that_wait_come_one_after_the_other_and_the_result_is_that_of_a_sequence(
    revised: tuple[Path, Path], tmp_path: Path
) -> None:
    """A backfill besides, all started at once."""
    home, folder = revised
    sequence = shutil.copytree(home, tmp_path / "sequence", symlinks=True)
    night = ("nightly", "--deliveries", folder, "--json")
    at_once(
        home,
        {"backfill": ("backfill", "run"), "one": night, "two": night, "ingest": ("ingest", folder, "--json")},
    )
    vardlagret(sequence, "nightly", "--deliveries", folder, expect=None)
    assert latest(home)["content_sha256"] == latest(sequence)["content_sha256"]


def ledger_runs(home: Path) -> list:
    with Ledger.open(home / "ledger.sqlite", read_only=True) as ledger:
        return ledger.runs(limit=100)
