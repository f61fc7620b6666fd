"""Backfills in any order, twice, overlapping and in part: the release has the bytes of a full rebuild, file by file.

And the same of nights: one that follows three on which the machine was off makes what they would have made.
"""

from __future__ import annotations

import os
import signal
import subprocess
import time
from pathlib import Path

import pytest

from orchestration.warehouse.windows import Window
from tests.e2e.test_backfill import batches, monthly_tables, until_building, windows
from tests.support.command import VARDLAGRET, answer, environment, latest, vardlagret
from tests.support.corrections_of_months import resend

pytestmark = pytest.mark.long

#: In place of months: everything that is due, and the run is killed.
KILLED = ("killed",)
#: Months asked for, one `backfill run` after the other.
ORDERS: dict[str, list[tuple[str, ...]]] = {
    "all at once": [()],
    "newest first": [("--from", "2024-11"), ("--from", "2024-10", "--to", "2024-10"), ()],
    "overlapping and twice": [
        ("--from", "2024-08", "--to", "2024-10"), ("--from", "2024-09", "--to", "2024-12"),
        ("--from", "2024-09", "--to", "2024-12"), (), ("--from", "2024-07", "--to", "2024-09"),
    ],
    "killed while it builds": [KILLED, ()],
    "by source and reason": [("--source", "wait_contacts"), ("--only", "failed"), ("--only", "stale")],
}  # fmt: skip


@pytest.fixture(scope="module")
def corrected(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Half a year of the small country, published (`published`); then three corrected months taken in, each by itself.

    The home, and its folder, with the corrected deliveries in `later/1`, `later/2` and `later/3`.
    """
    folder = tmp_path_factory.mktemp("orders")
    command = [
        str(VARDLAGRET),
        "example",
        str(folder / "deliveries"),
        "--from",
        "2024-07",
        "--to",
        "2024-12",
        "--quiet",
    ]
    subprocess.run(command, check=True, env=environment(), capture_output=True, timeout=120)
    vardlagret(folder / "home", "nightly", "--deliveries", folder / "deliveries", expect=None)
    subprocess.run(["cp", "-r", str(folder / "home"), str(folder / "published")], check=True)
    register, later = folder / "deliveries" / "register", folder / "later"
    resend(register, later / "1", "12", "2025-09", Window("2024-09", "2024-09"), "withdrawn")
    resend(register, later / "2", "12", "2025-01", Window("2024-11", "2024-11"), "discharge_mode")
    waits = sorted((folder / "deliveries" / "contacts").glob("*_12_2024-10_*"))[0]
    (later / "3").mkdir()
    lines = waits.read_text(encoding="utf-8").splitlines(keepends=True)
    (later / "3" / waits.name).write_text("".join(lines[:-5]), encoding="utf-8")
    for night in "123":
        vardlagret(folder / "home", "ingest", later / night)
    return folder / "home", folder


def published(home: Path) -> dict[str, bytes]:
    data = home / "releases" / latest(home)["release"] / "data"
    return {file.name: file.read_bytes() for file in sorted(data.iterdir())}


def kill_while_it_builds(home: Path) -> None:
    """A backfill of everything that is due, killed after it has begun to build its first months."""
    known = len(batches(home))
    command = [str(VARDLAGRET), "--home", str(home), "backfill", "run"]
    process = subprocess.Popen(
        command, env=environment(), start_new_session=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    until_building(home, process, known + 1)
    time.sleep(1)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def test_every_order_gives_the_bytes_of_a_full_rebuild(corrected: tuple[Path, Path]) -> None:
    home, folder = corrected
    assert windows(answer(home, "backfill", "plan"))
    whole = folder / "whole"
    # The same history without its facts: the warehouse is made anew from the cells.
    subprocess.run(["cp", "-r", str(home), str(whole)], check=True)
    (whole / "warehouse.duckdb").unlink()
    # What somebody left in the environment is not a run's window.
    left_there = environment() | {"VARDLAGRET_WINDOW_START": "2024-07-01", "VARDLAGRET_WINDOW_END": "2024-08-01"}
    night = [str(VARDLAGRET), "--home", str(whole), "nightly"]
    assert subprocess.run(night, env=left_there, capture_output=True, check=False).returncode in (0, 3)
    expected, tables = published(whole), monthly_tables(whole)
    assert expected != published(home)
    for name, runs in ORDERS.items():
        other = folder / name.replace(" ", "-")
        subprocess.run(["cp", "-r", str(home), str(other)], check=True)
        left_due = 0
        for options in runs:
            if options == KILLED:
                kill_while_it_builds(other)
                assert windows(answer(other, "backfill", "plan")), "what it did not come to is due"
                left_due += 1
                continue
            done = answer(other, "backfill", "run", *options, expect=None)
            left = windows(answer(other, "backfill", "plan"))
            assert done["exit"] in ((4,) if left else (0, 3)), (name, options, done["error"], left)
            if left:
                left_due += 1
                assert "stay due" in done["error"]
                assert published(other) == published(home), "nothing is published while months stay due"
        assert (left_due > 0) == (len(runs) > 1), name
        assert windows(answer(other, "backfill", "plan")) == set(), name
        assert monthly_tables(other) == tables, name
        found = published(other)
        assert [file for file in expected if found.get(file) != expected[file]] == [], name
        assert found.keys() == expected.keys()


def test_one_night_after_three_without_any_makes_what_they_would_have_made(corrected: tuple[Path, Path]) -> None:
    """The facts, byte for byte; when a value was first published is another question, and has another answer."""
    folder = corrected[1]
    homes = {name: folder / name for name in ("every-night", "one-night")}
    for home in homes.values():
        subprocess.run(["cp", "-r", str(folder / "published"), str(home)], check=True)
    before = published(folder / "published")
    for night in "123":
        vardlagret(homes["every-night"], "nightly", "--deliveries", folder / "later" / night, expect=None)
    vardlagret(homes["one-night"], "nightly", "--deliveries", folder / "later", expect=None)
    one, every = (published(homes[name]) for name in ("one-night", "every-night"))
    facts = [name for name in every if name.startswith("fct_")]
    assert [name for name in facts if one[name] != every[name]] == []
    assert {name for name in facts if one[name] != before[name]} >= {
        "fct_readmissions.parquet",
        "fct_wait_times.parquet",
    }
