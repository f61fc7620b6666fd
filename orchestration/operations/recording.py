"""A run on record: it holds the home, stands in the ledger from its beginning to its end, and tells what it did.

The nightly is one; so are a backfill, and publishing over a failed check.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from orchestration.home import Home
from orchestration.ledger.ledger import Ledger
from orchestration.ledger.lock import hold
from orchestration.ledger.runs import AGAIN
from orchestration.operations.machine import machine_fault
from orchestration.operations.stages import Night, Progress
from orchestration.operations.status_page import refresh_page
from orchestration.operations.stopping import Stopped, stoppable
from orchestration.settings import TIME_ZONE
from orchestration.sources.catalogue import load_catalogue
from orchestration.watch.incidents import incidents
from orchestration.watch.scene import scene_of
from orchestration.watch.suspects import attention

DONE, FAILED, WITHHELD, NO_RELEASE = 0, 1, 3, 4
#: How long a run that Dagster started waits for another that holds the home.
LOCK_WAIT_SECONDS = 3600.0


@dataclass
class NightlyResult:
    """What the night did. `exit` follows the contract's exit codes."""

    nightly_id: str
    exit: int = DONE
    received: int = 0
    refused: int = 0
    sources: dict[str, dict[str, int]] = field(default_factory=dict)
    stages: list[dict[str, Any]] = field(default_factory=list)
    release: str | None = None
    withheld: list[dict[str, Any]] = field(default_factory=list)
    next_command: str | None = None
    nothing_new: bool = False
    error: str | None = None
    files: list[Any] = field(default_factory=list)
    verdicts: dict[str, str] = field(default_factory=dict)
    checks: dict[str, str] = field(default_factory=dict)
    moved: list[dict[str, Any]] = field(default_factory=list)
    attention: list[dict[str, str]] = field(default_factory=list)

    def summary(self) -> dict[str, Any]:
        """The contract's `nightly --json`, less the shared head."""
        named = (
            "nightly_id",
            "exit",
            "received",
            "refused",
            "sources",
            "stages",
            "release",
            "withheld",
            "next_command",
        )
        content = asdict(self)
        return {n: content[n] for n in named} | {k: v for k, v in content.items() if k not in named}


def new_nightly_id(now: datetime | None = None) -> str:
    """`nightly-YYYYMMDDTHHMMSS`, Swedish time at the start."""
    return (now or datetime.now(ZoneInfo(TIME_ZONE))).strftime("nightly-%Y%m%dT%H%M%S")


_PROGRESS: ContextVar[Progress | None] = ContextVar("progress", default=None)


@contextmanager
def joined_night(root: Path, run_id: str, log: Progress) -> Iterator[Night]:
    """The night of the command that launched a step: the command holds the home, and ends the run."""
    home = Home(root)
    with Ledger.open(home.ledger) as ledger:
        yield Night(home, ledger, run_id, _PROGRESS.get() or log)


@contextmanager
def own_night(root: Path, run_id: str, log: Progress) -> Iterator[Night]:
    """A run that Dagster started without a command, from before its first step to after its last.

    Waits an hour for the home, then raises `HomeLocked`. What the block raises ends the run as failed.
    """
    home = Home(root).create_or_open()
    with hold(home, run_id=run_id, who="dagster", wait_seconds=LOCK_WAIT_SECONDS), Ledger.open(home.ledger) as ledger:
        ledger.close_dead_runs()
        ledger.join_run(run_id, kind="dagster")
        try:
            yield Night(home, ledger, run_id, log)
        except BaseException as error:
            ledger.end_run(run_id, exit_code=NO_RELEASE, summary={"error": str(error) or type(error).__name__})
            raise
        else:
            ledger.end_run(run_id, exit_code=DONE)
    if unwritten := refresh_page(home):
        log(unwritten)


@contextmanager
def hold_with_ledger(home: Home, who: str, wait_seconds: float | None) -> Iterator[Ledger]:
    """The home's lock and its ledger, for a short command that changes something."""
    with hold(home, run_id=who, who=who, wait_seconds=wait_seconds), Ledger.open(home.ledger) as ledger:
        yield ledger


def recorded_run(
    home: Home,
    kind: str,
    work: Callable[[Night, NightlyResult, bool], str | None],
    *,
    wait_seconds: float | None,
    progress: Progress,
) -> NightlyResult:
    """Hold the home, open a run in the ledger, do its work, and close it with what it did. Raises `HomeLocked`.

    `work` is told whether an earlier run died, and returns the fingerprint of what it built from, None where it did not
    build everything. What it raises becomes the result's error. Where the machine refuses even the ledger, the run
    stays open there, and the next one closes it as died.
    """
    result = NightlyResult(new_nightly_id().replace("nightly", kind, 1))
    try:
        _recorded(home, kind, work, result, wait_seconds, progress)
    except (OSError, sqlite3.Error) as error:
        fault = machine_fault(error, home.path)
        if fault is None:
            raise
        result.exit = NO_RELEASE
        result.error = result.error or fault
        result.next_command = f"vardlagret --home {home.path} doctor"
    # When the home is let go of: the page would show this run as its holder.
    if unwritten := refresh_page(home):
        progress(unwritten)
    return result


def _recorded(
    home: Home,
    kind: str,
    work: Callable[[Night, NightlyResult, bool], str | None],
    result: NightlyResult,
    wait_seconds: float | None,
    progress: Progress,
) -> None:
    with (
        hold(home, run_id=result.nightly_id, who=kind, wait_seconds=wait_seconds),
        Ledger.open(home.ledger) as ledger,
    ):
        dead = ledger.close_dead_runs()
        run_id = ledger.start_run(kind, result.nightly_id)
        night = Night(home, ledger, run_id, progress)
        token = _PROGRESS.set(progress)
        receipts_before = len(ledger.receipts())
        fingerprint: str | None = None
        try:
            with stoppable():
                fingerprint = work(night, result, bool(dead))
        except Stopped as stopped:
            result.exit, result.error = NO_RELEASE, str(stopped)
            result.next_command = f"vardlagret --home {home.path} {AGAIN.get(kind, 'status')}"
        except Exception as error:
            result.exit = NO_RELEASE
            fault = machine_fault(error, home.path)
            result.error = f"{fault}. It said: {error}" if fault else str(error) or type(error).__name__
            # An expired correction says itself what to delete; then the night is run again.
            again = "nightly" if "CorrectionExpired" in result.error else "status"
            result.next_command = f"vardlagret --home {home.path} {again}"
        finally:
            _PROGRESS.reset(token)
        _describe(night, result, receipts_before)
        if result.exit in (DONE, WITHHELD):
            _attend(night, result)
        ledger.end_run(
            run_id, exit_code=result.exit, fingerprint=fingerprint, release=result.release, summary=result.summary()
        )


def _describe(night: Night, result: NightlyResult, receipts_before: int) -> None:
    """Files of this night, records by source, seconds by stage."""
    arrived = night.ledger.receipts()[receipts_before:]
    result.files = [
        {"file": r.file_name, "outcome": r.outcome, "code": r.code, "message": r.message, "source_id": r.source_id}
        for r in arrived
    ]
    result.received = len(arrived)
    result.refused = sum(r.outcome == "refused" for r in arrived)
    for count in night.ledger.record_counts():
        source = result.sources.setdefault(
            count.source_id, {"records_raw": 0, "accepted": 0, "quarantined": 0, "duplicate": 0, "unmapped": 0}
        )
        for name in ("accepted", "quarantined", "duplicate", "unmapped"):
            source[name] += getattr(count, name)
        source["records_raw"] += count.accepted + count.quarantined + count.duplicate
    result.stages = [
        {"name": s["name"], "seconds": round(s["seconds"] or 0, 2), "outcome": s["outcome"]}
        for s in night.ledger.stages_of(night.run_id)
    ]


def _attend(night: Night, result: NightlyResult) -> None:
    """What may be wrong in what is published and nobody has acknowledged: it colours the night, not its exit."""
    scene = scene_of(night.home, night.ledger, load_catalogue())
    moment = scene.now.isoformat()
    quiet = {i for i, kept in night.ledger.incidents().items() if kept.cleared_at is None and kept.quiet(moment)}
    result.attention = attention(incidents(scene), quiet)
    if result.attention:
        result.next_command = result.next_command or result.attention[0]["next_command"]


def released(night: Night) -> dict[str, Any]:
    """What the run's last release stage said; empty where it came to none."""
    stages = (s["detail"] for s in reversed(night.ledger.stages_of(night.run_id)) if s["name"] == "release")
    return next(stages, {})


def conclude(night: Night, result: NightlyResult) -> None:
    """What the release stage decided, as the night's exit and next command."""
    release = released(night)
    result.release = release.get("release_id") if release.get("made") else None
    result.withheld = release.get("withheld", [])
    result.moved = release.get("moved", [])
    for verdict in night.ledger.verdicts_of(night.run_id):
        missed = [f.message for f in verdict.findings if f.outcome != "passed" and f.severity != "info"]
        result.verdicts[verdict.dataset] = verdict.outcome
        result.checks[verdict.dataset] = "; ".join(missed[:3]) + (f"; {len(missed) - 3} more" if missed[3:] else "")
    if release.get("due") and not release.get("made"):
        result.exit, result.error = NO_RELEASE, release["reason"]
        result.next_command = f"vardlagret --home {night.home.path} status"
        if result.moved:
            accept = "release publish --accept headlines --by NAME --reason WHY"
            result.next_command = f"vardlagret --home {night.home.path} {accept}"
    elif release.get("made") and result.withheld:
        result.exit = WITHHELD
        result.next_command = f"vardlagret --home {night.home.path} release show {result.release}"
        if any(row["reason_code"] == "cells_withheld" for row in result.withheld):
            result.next_command = f"vardlagret --home {night.home.path} release cells"
