"""The nightly: take in, decide whether anything is new, and if so run the job in Dagster's own instance of the home.

Whether anything is new is decided by a fingerprint over current deliveries, declarations and code before Dagster, dbt
or Great Expectations is imported: a night with nothing new takes a second or two.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from orchestration.home import Home
from orchestration.ledger.ledger import Ledger
from orchestration.ledger.lock import hold
from orchestration.operations.stages import Night
from orchestration.settings import TIME_ZONE
from orchestration.sources.catalogue import load_catalogue
from orchestration.warehouse.fingerprint import code_fingerprint, input_fingerprint

if TYPE_CHECKING:
    from orchestration.deliveries.take_in import TakeIn

DONE, FAILED, WITHHELD, NO_RELEASE, LOCKED = 0, 1, 3, 4, 5


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


def new_nightly_id(now: datetime | None = None) -> str:
    """`nightly-YYYYMMDDTHHMMSS`, Swedish time at the start."""
    return (now or datetime.now(ZoneInfo(TIME_ZONE))).strftime("nightly-%Y%m%dT%H%M%S")


@contextmanager
def joined_night(root: Path, run_id: str, alone_as: str, progress: Callable[[str], None]) -> Iterator[Night]:
    """The night a step belongs to: the command's own (which holds the lock), or one that this step opens for itself."""
    home = Home(root)
    if run_id:
        yield Night(home, Ledger.open(home.ledger), run_id, progress)
        return
    home.create_or_open()
    with hold(home, run_id=alone_as, who="dagster", wait_seconds=3600):
        ledger = Ledger.open(home.ledger)
        ledger.join_run(alone_as, kind="dagster")
        yield Night(home, ledger, alone_as, progress)


def run_nightly(
    root: Path, *, folder: Path | None = None, wait_seconds: float = 0, progress: Callable[[str], None] = lambda _: None
) -> NightlyResult:
    """One whole night. Raises `HomeLocked` when another run holds the home longer than `wait_seconds`."""
    from orchestration.operations.stages import take_in_stage

    home = Home(root).create_or_open()
    result = NightlyResult(new_nightly_id())
    with hold(home, run_id=result.nightly_id, who="nightly", wait_seconds=wait_seconds):
        ledger = Ledger.open(home.ledger)
        dead = ledger.close_dead_runs()
        run_id = ledger.start_run("nightly", result.nightly_id)
        night = Night(home, ledger, run_id, progress)
        try:
            pending = _arrivals(home, ledger, folder)
            taken: TakeIn | None = None
            if not pending:
                taken = take_in_stage(night, folder)
            code = code_fingerprint()
            before = input_fingerprint(ledger.current_deliveries(), code)
            if pending or dead or before != ledger.last_good_fingerprint():
                _run_job(night, folder)
                built = input_fingerprint(ledger.current_deliveries(), code)
                _conclude(night, result, built)
            else:
                _nothing_new(night, result)
            _describe_deliveries(night, result, taken)
        except Exception as error:
            result.exit = NO_RELEASE if (home.warehouse.exists() or folder) else FAILED
            result.error = f"{type(error).__name__}: {error}"
            result.next_command = f"vardlagret --home {root} status"
        result.stages = ledger.stages_of(run_id)
        ledger.end_run(run_id, exit_code=result.exit, summary=_summary(result))
    return result
