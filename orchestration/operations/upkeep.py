"""Upkeep of a home: its ledger made anew from the journal, an older home brought to today's format, bytes removed."""

from __future__ import annotations

import filecmp
import json
import sqlite3
from typing import Any

from orchestration.home import FORMAT, Home, HomeError, write_atomically
from orchestration.ledger.file import SCHEMA_VERSION
from orchestration.ledger.lock import hold
from orchestration.ledger.migration import differences, migrate, rebuild, schema_of
from orchestration.operations.answers import say
from orchestration.operations.recording import hold_with_ledger


def rebuild_ledger(home: Home, wait_seconds: float | None) -> dict[str, Any]:
    """Make the ledger anew from `raw/journal.jsonl`, and say how it differs from the one it replaces.

    Raises `LedgerError`, `JournalDamaged`; the ledger is left as it was then.
    """
    home.open()
    with hold(home, run_id="doctor", who="doctor", wait_seconds=wait_seconds):
        lines, old = rebuild(home.ledger)
    differing: dict[str, tuple[int, int]] | None = None
    if old is not None:
        try:
            differing = differences(old, home.ledger)
        except sqlite3.Error:
            differing = None
    return {
        "journal_lines": lines,
        "replaced": old.name if old else None,
        "replaced_readable": old is not None and differing is not None,
        "differences": {t: {"replaced": a, "rebuilt": b} for t, (a, b) in (differing or {}).items()},
    }


def migrate_home(home: Home, *, dry_run: bool, wait_seconds: float | None) -> dict[str, Any]:
    """Bring a home of an earlier format to today's; with `dry_run` only say what would be done.

    Raises `HomeError` for a newer format.
    """
    found = home.format
    steps = []
    if home.ledger.exists() and 0 < schema_of(home.ledger) < SCHEMA_VERSION:
        schema = schema_of(home.ledger)
        steps.append(f"ledger.sqlite: schema {schema} to {SCHEMA_VERSION}, the tables and columns that came since")
        if schema == 1:
            steps.append("raw/journal.jsonl: every receipt, outcome, reading, run and verdict so far, as lines of JSON")
    if found < FORMAT:
        steps.append(f"home.json: format {found} to {FORMAT}")
    if steps and not dry_run:
        with hold(home, run_id="doctor", who="doctor", wait_seconds=wait_seconds):
            if home.ledger.exists():
                migrate(home.ledger)
            home.set_format()
    return {"format": found, "format_known": FORMAT, "dry_run": dry_run, "steps": steps}


def purge(home: Home, identity: str, *, by: str, reason: str, wait_seconds: float | None) -> dict[str, Any]:
    """Remove a delivery's bytes and cells, and leave a tombstone with hash, time, name and reason.

    Receipts and releases stay. What the delivery was current for falls to the next older one at the next night. Raises
    `HomeError` when not exactly one delivery begins with these digits.
    """
    with hold_with_ledger(home.open(), "purge", wait_seconds) as ledger:
        known = sorted({r.delivery_sha256 for r in ledger.receipts() if r.delivery_sha256})
        found = [sha256 for sha256 in known if sha256.startswith(identity.lower())]
        if len(found) != 1:
            raise HomeError(
                f"{len(found)} deliveries begin with {identity}: give more of the hash that `delivery list` shows"
            )
        (sha256,) = found
        if ledger.purged(sha256):
            raise HomeError(f"{sha256} is purged already: `delivery list --purged` says when and why")
        delivery = ledger.delivery(sha256)
        # The note comes first: after a kill the same command removes what is left.
        ledger.purge(sha256, by, reason)
        tombstone = {"schema": "tombstone/1", "sha256": sha256, "by": by, "reason": reason}
        raw = home.raw_file(sha256)
        raw.parent.mkdir(mode=0o700, exist_ok=True)
        write_atomically(
            raw.with_name(f"{sha256}.purged.json"), json.dumps(tombstone, ensure_ascii=False) + "\n", mode=0o600
        )
        size = raw.stat().st_size if raw.exists() else None
        twins = [
            d
            for d in ledger.deliveries()
            if d.bytes == size
            and d.delivery_sha256 != sha256
            and not ledger.purged(d.delivery_sha256)
            and (other := home.raw_file(d.delivery_sha256)).exists()
            and filecmp.cmp(raw, other, shallow=False)
        ]
        removed = [p for p in (raw, *home.cells.rglob(f"{sha256}.parquet")) if p.exists()]
        for path in removed:
            path.unlink()
    return {
        "delivery_sha256": sha256,
        "source_id": delivery.source_id if delivery else None,
        "file": delivery.file_name if delivery else None,
        "same_bytes": [{"delivery_sha256": d.delivery_sha256, "file": d.file_name} for d in twins],
        "removed": [str(p.relative_to(home.path)) for p in removed],
        "next_command": f"vardlagret --home {home.path} nightly",
    }


def print_rebuilt(answer: dict[str, Any]) -> None:
    say(f"ledger.sqlite was made anew from {answer['journal_lines']} lines of raw/journal.jsonl")
    if answer["replaced"] is None:
        say("there was none before")
    elif not answer["replaced_readable"]:
        say(f"the old one cannot be read; it is kept as {answer['replaced']}")
    elif not answer["differences"]:
        say(f"it is equal to the one it replaces, which is kept as {answer['replaced']}")
    else:
        for table, rows in answer["differences"].items():
            say(f"{table} differs: {rows['replaced']} rows before, {rows['rebuilt']} now")
        say(f"the one it replaces is kept as {answer['replaced']}")


def print_migration(answer: dict[str, Any]) -> None:
    if not answer["steps"]:
        say(f"format {answer['format']}: nothing to do")
    for step in answer["steps"]:
        say(f"{'would change' if answer['dry_run'] else 'changed'} {step}")


def print_purge(answer: dict[str, Any]) -> None:
    for path in answer["removed"]:
        say(f"removed {path}")
    for twin in answer["same_bytes"]:
        say(
            f"the same bytes are kept as {twin['delivery_sha256'][:12]} ({twin['file']}), a delivery of its own: "
            "purge it too if they may not be kept"
        )
    say(f"{answer['delivery_sha256']} is purged; receipts and releases stay")
    say(f"next: {answer['next_command']}")


def print_purged(answer: dict[str, Any]) -> None:
    for row in answer["purged"]:
        say(f"{row['at'][:19]}  {row['delivery_sha256']}  {row['by']}: {row['reason']}")
    say(f"{len(answer['purged'])} deliveries were removed on purpose")
