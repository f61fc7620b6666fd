"""A kill at every step of a release's way to disk: readers see the old or the new, never half, and the next night is right.

The disk layer is watched, not replaced: before and after each of its calls the whole folder is copied, which is what a
process killed there would leave behind.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import duckdb
import pytest

from orchestration.ledger.verdict import Verdict
from orchestration.releases import durable
from orchestration.releases.build import ReleaseResult
from orchestration.releases.history import latest_id, list_releases
from orchestration.releases.verify import verify
from tests.support.small_release import Small, cost, small, verdicts

STEPS = ("write", "sync_file", "sync_folder", "rename", "remove")


@dataclass
class Night:
    """Rows that differ from the published ones in one cell, judged once."""

    house: Small
    con: duckdb.DuckDBPyConnection
    judged: list[Verdict]

    def in_(self, releases: Path) -> ReleaseResult:
        return replace(self.house, releases=releases).release(self.con, self.judged)


@pytest.fixture(scope="module")
def night(tmp_path_factory: pytest.TempPathFactory) -> Night:
    house = small(tmp_path_factory.mktemp("crash") / "releases")
    house.publish()
    house.rows["fct_costs"][1] = cost("2024", "101")
    con = house.warehouse()
    return Night(house, con, verdicts(con, {}))


def watch(monkeypatch: pytest.MonkeyPatch, see: Callable[[str, Path], None]) -> None:
    """Call `see(step, path)` before and after every call of the disk layer."""

    def watched(name: str, real: Callable[..., None]) -> Callable[..., None]:
        def call(*arguments: object) -> None:
            see(f"before {name}", Path(str(arguments[0])))
            real(*arguments)
            see(f"after {name}", Path(str(arguments[0])))

        return call

    for name in STEPS:
        monkeypatch.setattr(durable, name, watched(name, getattr(durable, name)))


def killed_states(night: Night, start: Path, folder: Path) -> list[tuple[str, Path]]:
    """Every different state in which a kill could leave the releases, by the step that comes next or has just been."""
    states: dict[tuple, tuple[str, Path]] = {}
    target = folder / "running"
    shutil.copytree(start, target)

    def see(step: str, _: Path) -> None:
        # Files in the folder being built are told apart by size: half a file is a state of its own.
        listed = tuple(sorted((p.relative_to(target).as_posix(), p.stat().st_size) for p in target.rglob("*")))
        pointer = (target / "latest.json").read_text() if (target / "latest.json").exists() else ""
        if (listed, pointer) not in states:
            copied = folder / f"state-{len(states)}"
            shutil.copytree(target, copied)
            states[listed, pointer] = (step, copied)

    with pytest.MonkeyPatch.context() as patch:
        watch(patch, see)
        night.in_(target)
    return list(states.values())


def test_a_kill_at_every_step(night: Night, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    shutil.copytree(night.house.releases, tmp_path / "undisturbed")
    expected = night.in_(tmp_path / "undisturbed")
    old = latest_id(night.house.releases)
    monkeypatch.setattr(os, "fsync", lambda _: None)  # the copies need not survive a power cut
    seen = set()
    states = killed_states(night, night.house.releases, tmp_path)
    assert len(states) > 15
    for step, releases in states:
        # What a reader finds at this moment is whole, whichever it is.
        seen.add(latest_id(releases))
        assert verify(releases).problems == [], step
        assert [verify(releases, r.id).problems for r in list_releases(releases)] in ([[]], [[], []]), step
        again = night.in_(releases)
        assert (again.release_id, again.content_sha256) == (expected.release_id, expected.content_sha256), step
        assert latest_id(releases) == expected.release_id, step
        assert [r.id for r in list_releases(releases)] == [old, expected.release_id], step
        assert verify(releases).problems == [], step
        assert [p.name for p in releases.iterdir() if p.name.startswith(".")] == [], f"{step}: something is left behind"
    assert seen == {old, expected.release_id}


def test_a_kill_of_the_first_release(night: Night, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(os, "fsync", lambda _: None)
    (tmp_path / "empty").mkdir()
    states = killed_states(night, tmp_path / "empty", tmp_path)
    for step, releases in (*states[:2], *states[-4:]):
        before = latest_id(releases)
        assert before is None or verify(releases).problems == [], step
        again = night.in_(releases)
        assert (again.release_id, latest_id(releases)) == ("2026-03-01.1", "2026-03-01.1"), step
        assert [r.id for r in list_releases(releases)] == ["2026-03-01.1"], step


def test_everything_is_on_disk_before_it_gets_its_name(night: Night, tmp_path: Path):
    """Rename after the fsync of every file and folder in it, the pointer after that: a power cut tears nothing."""
    shutil.copytree(night.house.releases, tmp_path / "releases")
    safe: set[Path] = set()
    renamed: list[str] = []

    def see(step: str, path: Path) -> None:
        if step in ("after write", "after sync_file", "after sync_folder"):
            safe.add(path)
        if step == "before rename":
            inside = {path, *path.rglob("*")} if path.is_dir() else {path}
            assert inside <= safe, f"not on disk when renamed: {sorted(p.name for p in inside - safe)}"
            renamed.append("release" if path.is_dir() else "pointer")

    with pytest.MonkeyPatch.context() as patch:
        watch(patch, see)
        night.in_(tmp_path / "releases")
    assert renamed == ["release", "pointer"]


def test_a_release_that_only_lacked_its_pointer_is_not_built_again(night: Night, tmp_path: Path):
    releases = tmp_path / "releases"
    shutil.copytree(night.house.releases, releases)
    pointer = (releases / "latest.json").read_text()
    newest = night.in_(releases).release_id
    before = (releases / str(newest) / "provenance.json").read_text()
    (releases / "latest.json").write_text(pointer)
    again = night.in_(releases)
    assert (again.made, again.release_id, latest_id(releases)) == (False, newest, newest)
    assert (releases / str(newest) / "provenance.json").read_text() == before


def test_a_damaged_folder_is_not_taken_for_a_release(night: Night, tmp_path: Path):
    """It keeps its name, and the next release takes the next number."""
    releases = tmp_path / "releases"
    shutil.copytree(night.house.releases, releases)
    torn = releases / "2026-03-01.2"
    torn.mkdir()
    (torn / "provenance.json").write_text(json.dumps({"previous_release": latest_id(releases)}))
    assert night.in_(releases).release_id == latest_id(releases) == "2026-03-01.3"
