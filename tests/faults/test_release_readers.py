"""Releases are read while they are published, and their builder is killed for real: readers find one whole release.

test_release_crash.py goes through the states one by one; here the clock decides.
"""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from orchestration.releases import durable
from orchestration.releases.history import latest_id, list_releases, release_ids
from orchestration.releases.verify import verify
from tests.faults.readers import PUBLISHER, REPOSITORY, read_beside_a_publisher, read_once
from tests.support.small_release import cost, small


class Killed(BaseException):
    """Ends a build as a kill does: no handler of ours catches it."""


def halved(path: Path, content: bytes) -> None:
    path.write_bytes(content[: len(content) // 2])
    raise Killed


def renamed_only(old: Path, new: Path) -> None:
    old.replace(new)
    raise Killed


def not_at_all(*_: object) -> None:
    raise Killed


@pytest.mark.parametrize(
    ("step", "torn"), [("write", halved), ("rename", renamed_only), ("sync_folder", not_at_all), ("remove", not_at_all)]
)
def test_a_step_that_was_half_done(step: str, torn: Callable[..., None], tmp_path: Path, monkeypatch) -> None:
    """Half a file, a rename without its fsync, in each of the calls of a build; each night goes on from that state."""
    monkeypatch.setattr(os, "fsync", lambda _: None)
    house = small(tmp_path / "releases")
    house.publish()
    house.rows["fct_costs"][1] = cost("2024", "101")
    leftover = house.releases / ".building-00" / "data"
    leftover.mkdir(parents=True)
    shutil.copytree(house.releases, tmp_path / "start")
    expected = house.publish().content_sha256
    real, struck = getattr(durable, step), 0
    while True:
        calls = iter(range(struck + 1))
        shutil.rmtree(house.releases)
        shutil.copytree(tmp_path / "start", house.releases)
        monkeypatch.setattr(
            durable, step, lambda *given, c=calls, n=struck: (torn if next(c, -1) == n else real)(*given)
        )
        try:
            house.publish()
            break
        except Killed:
            struck += 1
        monkeypatch.setattr(durable, step, real)
        assert verify(house.releases).problems == []
        again = house.publish()
        assert (again.content_sha256, latest_id(house.releases)) == (expected, again.release_id)
        assert sorted(p.name for p in house.releases.iterdir()) == ["2026-03-01.1", "2026-03-01.2", "latest.json"]
        assert verify(house.releases).problems == []
    assert struck >= {"write": 5, "rename": 2, "sync_folder": 4, "remove": 1}[step]


def test_a_reader_beside_several_publications_finds_one_whole_release_each_time(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(os, "fsync", lambda _: None)
    house = small(tmp_path / "releases")
    house.publish()
    found: list[tuple[str, list[str]]] = []
    failures: list[BaseException] = []
    ended = threading.Event()

    def read() -> None:
        try:
            while not ended.is_set():
                seen = verify(house.releases)
                found.append((seen.release_id, seen.problems))
        except BaseException as error:
            failures.append(error)

    reader = threading.Thread(target=read)
    reader.start()
    try:
        for n in range(12):
            house.rows["fct_costs"][1] = cost("2024", str(101 + n))
            house.publish()
    finally:
        ended.set()
        reader.join(timeout=30)
    assert not reader.is_alive()
    assert failures == []
    assert [problems for _, problems in found if problems] == []
    seen = [release_id for release_id, _ in found]
    known = release_ids(house.releases)
    assert sorted(seen, key=known.index) == seen, "a reader went back to an older release"
    assert len(set(seen)) > 3, "the reader saw too few of the releases for this test to say anything"


def test_reads_on_and_on_beside_a_publisher_in_another_process(tmp_path: Path) -> None:
    """Of the ten thousand of `make faults`, so many that several releases come out meanwhile."""
    seen = read_beside_a_publisher(tmp_path / "releases", reads=1500, publications=3)
    assert seen.errors == []
    assert seen.reads >= 1500


def test_a_reader_sees_what_is_not_whole(tmp_path: Path) -> None:
    house = small(tmp_path / "releases")
    house.publish()
    folder = house.releases / str(latest_id(house.releases))
    names = [line[66:] for line in (folder / "CHECKSUMS").read_text().splitlines()]
    for number in range(len(names)):
        read_once(house.releases, number)
    (folder / names[0]).chmod(0o644)
    (folder / names[0]).write_bytes(b"half")
    with pytest.raises(AssertionError, match=names[0]):
        read_once(house.releases, 0)
    (folder / names[1]).unlink()
    with pytest.raises(FileNotFoundError):
        read_once(house.releases, 1)


def kill_a_publisher(releases: Path, seconds: float) -> int:
    """Start the publisher, wait for its first build, and kill it that much later. Returns how many builds it began."""
    process = subprocess.Popen(
        [sys.executable, "-c", PUBLISHER, str(releases)], cwd=REPOSITORY, stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout
        assert process.stdout.readline() == "0\n"
        time.sleep(seconds)
    finally:
        process.send_signal(signal.SIGKILL)
        rest, _ = process.communicate(timeout=30)
    assert process.returncode == -signal.SIGKILL
    return 1 + len(rest.split())


def test_a_builder_killed_at_any_moment_leaves_whole_releases(tmp_path: Path) -> None:
    """Killed five times with SIGKILL; the moments are drawn, the seed stands here."""
    moments = random.Random(20261123)
    house = small(tmp_path / "releases")
    begun = 0
    for _ in range(5):
        begun += kill_a_publisher(house.releases, moments.uniform(0.05, 0.9))
        for release in list_releases(house.releases):
            assert verify(house.releases, release.id).problems == []
        if latest_id(house.releases):
            assert verify(house.releases).problems == []
    assert begun >= 5
    undisturbed = small(tmp_path / "undisturbed").publish()
    again = house.publish()
    assert again.content_sha256 == undisturbed.content_sha256
    assert latest_id(house.releases) == again.release_id
    assert verify(house.releases).problems == []
    assert [p.name for p in house.releases.iterdir() if p.name.startswith(".")] == []
