"""Ingest: take deliveries in by hand, without building anything."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any

from orchestration.home import Home
from orchestration.operations.answers import say
from orchestration.operations.recording import hold_with_ledger
from orchestration.operations.stages import Night
from orchestration.operations.status_page import refresh_page
from orchestration.sources.catalogue import load_catalogue


def is_moment(text: str) -> bool:
    """Whether a text is a day, or a day and a time with or without an offset, that the calendar has."""
    from orchestration.deliveries.readers.records import as_iso

    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return as_iso(text) is not None


def ingest_paths(
    home: Home,
    paths: list[Path],
    *,
    as_of: str | None = None,
    reason: str | None = None,
    wait_seconds: float | None = 0,
) -> tuple[dict[str, Any], int]:
    """Take in files named alone and folders of files. Returns the answer and the exit code.

    Exit 3 when a recognised file was refused; 1 when a file that was named alone is of no declared layout; refusals for
    origin, and files in a folder that no layout fits, are listed and do not count.
    """
    from orchestration.deliveries.landing import files_in
    from orchestration.deliveries.take_in import take_in

    home.create_or_open()
    catalogue = load_catalogue()
    alone = [p for p in paths if not p.is_dir()]
    in_folders = [f for p in paths if p.is_dir() for f in files_in(p)]
    with hold_with_ledger(home, "ingest", wait_seconds) as ledger:
        run_id = ledger.start_run("ingest")
        with Night(home, ledger, run_id).stage("take_in") as detail:
            taken = take_in(home, ledger, catalogue, alone, via="ingest", named=True, as_of=as_of)
            taken = taken + take_in(home, ledger, catalogue, in_folders, via="ingest", named=False, as_of=as_of)
            detail |= taken.counts() | ({"as_of": as_of, "reason": reason} if as_of else {})
        ledger.end_run(run_id, exit_code=taken.exit_code, summary=taken.counts())
    if unwritten := refresh_page(home):
        say(unwritten)
    return {**taken.counts(), "files": [asdict(f) for f in (*taken.files, *taken.withdrawn)]}, taken.exit_code


def print_ingest(answer: dict[str, Any]) -> None:
    for row in answer["files"]:
        place = f"{row['source_id']}/{row['layout_id']}" if row.get("source_id") else ""
        say(f"{row['outcome']:<13} {row.get('code') or '':<11} {row['file_name']}  {place}")
        if row.get("message") and row.get("code"):
            say(f"              {row['message']}")
    counted = ", ".join(f"{n} {name}" for name, n in answer.items() if isinstance(n, int) and n)
    say(counted or "nothing to take in")
