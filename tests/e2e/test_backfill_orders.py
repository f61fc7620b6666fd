"""Backfills in any order, twice, overlapping and in part: the release has the bytes of a full rebuild, file by file."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from orchestration.warehouse.windows import Window
from tests.e2e.test_backfill import monthly_tables, windows
from tests.support.command import VARDLAGRET, answer, environment, latest, vardlagret
from tests.support.corrections_of_months import resend

pytestmark = pytest.mark.long

#: Months asked for, one `backfill run` after the other, with the exit of each: 4 while months stay due.
ORDERS = {
    "all at once": [((), 0)],
    "newest first": [(("--from", "2024-11"), 4), (("--from", "2024-09", "--to", "2024-10"), 4), ((), 0)],
    "overlapping and twice": [
        (("--from", "2024-08", "--to", "2024-10"), 4), (("--from", "2024-09", "--to", "2024-12"), 4),
        (("--from", "2024-09", "--to", "2024-12"), 4), ((), 0), (("--from", "2024-07", "--to", "2024-09"), 0),
    ],
    "by source": [(("--source", "wait_contacts"), 4), (("--source", "patient_register", "--only", "stale"), 0)],
}  # fmt: skip


@pytest.fixture(scope="module")
def corrected(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Half a year of the small country, published; then two corrected months taken in. The home, and all deliveries."""
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
    register = folder / "deliveries" / "register"
    for month, change in (("2024-09", "withdrawn"), ("2024-11", "discharge_mode")):
        files = resend(register, folder / "later", "12", f"2025-0{month[-1]}", Window(month, month), change)
        vardlagret(folder / "home", "ingest", *files)
    waits = sorted((folder / "deliveries" / "contacts").glob("*_12_2024-10_*"))[0]
    lines = waits.read_text(encoding="utf-8").splitlines(keepends=True)
    (folder / "later" / waits.name.replace("_synthetic", "_mended_synthetic")).write_text(
        "".join(lines[:-5]), encoding="utf-8"
    )
    vardlagret(folder / "home", "ingest", next((folder / "later").glob("*mended*")))
    return folder / "home", folder


def published(home: Path) -> dict[str, bytes]:
    data = home / "releases" / latest(home)["release"] / "data"
    return {file.name: file.read_bytes() for file in sorted(data.iterdir())}


def test_every_order_gives_the_bytes_of_a_full_rebuild(corrected: tuple[Path, Path]) -> None:
    home, folder = corrected
    assert windows(answer(home, "backfill", "plan"))
    whole = folder / "whole"
    # The same history without its facts: the warehouse is made anew from the cells.
    subprocess.run(["cp", "-r", str(home), str(whole)], check=True)
    (whole / "warehouse.duckdb").unlink()
    vardlagret(whole, "nightly", expect=None)
    expected, tables = published(whole), monthly_tables(whole)
    assert expected != published(home)
    for name, runs in ORDERS.items():
        other = folder / name.replace(" ", "-")
        subprocess.run(["cp", "-r", str(home), str(other)], check=True)
        for options, code in runs:
            done = answer(other, "backfill", "run", *options, expect=None)
            assert done["exit"] in ((4,) if code == 4 else (0, 3)), (name, options, done["error"])
            if code == 4:
                assert "stay due" in done["error"]
                assert published(other) == published(home), "nothing is published while months stay due"
        assert windows(answer(other, "backfill", "plan")) == set(), name
        assert monthly_tables(other) == tables, name
        found = published(other)
        assert [file for file in expected if found.get(file) != expected[file]] == [], name
        assert found.keys() == expected.keys()
