"""Twelve kills on a tiny home, drawn by a seed, and a disk that is full, closed or failing while it takes in and releases.

`make faults` kills five hundred times, and lets the disk turn bad at every stage (docs/reliability.md).
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from tests.faults.campaign import NIGHT, REPOSITORY, as_section
from tests.faults.nights import STAGES
from tests.faults.page import write_section
from tests.support.command import environment


def test_runs_killed_at_drawn_moments_and_run_again_equal_undisturbed_ones(tmp_path: Path) -> None:
    told = tmp_path / "report.json"
    command = [sys.executable, "-m", "tests.faults.campaign", "--kills", "12", "--workers", "1", "--json", str(told)]
    command += ["--disks", "full,closed,failing"]
    done = subprocess.run(
        [*command, "--seed", "3"], cwd=REPOSITORY, env=environment(), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-3000:]
    report = json.loads(told.read_text())
    assert report["problems"] == []
    assert report["kills"] == len(report["strikes"]) == 12
    aimed, struck = ({s[name] for s in report["strikes"]} for name in ("aimed", "stage"))
    assert aimed >= {"take_in", "checks", "release"}
    assert aimed & set(NIGHT)
    # A stage that is over before its moment comes has given way to the next: the ledger says which one it was.
    assert len(struck & set(STAGES)) >= 3
    assert 3 * sum(s["inside"] is not None for s in report["strikes"]) >= 12
    # Every chain ended in a release equal to the undisturbed one; that of a night began with a killed ingest.
    assert report["resumed"]["content"] >= 3
    for kind, why in report["left_out"].items():
        print(f"not tried, a disk that is {kind}: {why}")
    tried = [kind for kind in ("full", "closed", "failing") if kind not in report["left_out"]]
    assert [(kind, stage, code) for kind, stage, code, _ in report["disk"]] == [
        (kind, stage, code) for kind in tried for stage, code in (("take_in", "1"), ("release", "4"))
    ]
    page = tmp_path / "page.md"
    page.write_text("before\n<!-- kills -->\nold\n<!-- /kills -->\nafter\n")
    write_section(page, "kills", as_section(report))
    assert "**0 problems**" in page.read_text()
    assert page.read_text().startswith("before\n<!-- kills -->\n12 kills on ")
    assert page.read_text().endswith("<!-- /kills -->\nafter\n")
