"""One run at a time: an operating system's lock on the home, which dies with the process that holds it.

Beside the lock lies a small file that says who holds it, for others to read. It proves nothing by itself: its holder
may have been killed.
"""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from orchestration.home import Home, write_atomically
from orchestration.ledger.clock import now
from orchestration.ledger.process import alive, host, identity


@dataclass(frozen=True)
class Holder:
    """Who holds a home. `born` tells the process from a later one with the same number."""

    pid: int
    host: str
    run_id: str
    since: str
    who: str
    born: str | None = None


class HomeLocked(Exception):
    """Another run holds the home. `holder` is None when it has not yet said who it is."""

    def __init__(self, home: Home, held_by: Holder | None) -> None:
        self.holder = held_by
        by = "another process"
        if held_by:
            by = f"{held_by.who}, run {held_by.run_id}, since {held_by.since}, process {held_by.pid} on {held_by.host}"
        super().__init__(f"{home.path} is held by {by}: wait until it ends, or give --wait SECONDS")


@contextmanager
def hold(home: Home, run_id: str, who: str, wait_seconds: float | None = 0) -> Iterator[Holder]:
    """Hold the home for the block. Waits at most `wait_seconds`, for ever when None. Raises `HomeLocked`."""
    from filelock import FileLock, Timeout

    lock = FileLock(home.lock, timeout=-1 if wait_seconds is None else wait_seconds, thread_local=False)
    try:
        lock.acquire()
    except Timeout:
        raise HomeLocked(home, holder(home)) from None
    try:
        held_by = Holder(os.getpid(), host(), run_id, now(), who, identity(os.getpid()))
        write_atomically(_note(home), json.dumps(asdict(held_by)) + "\n", mode=0o644)
        yield held_by
    finally:
        with contextlib.suppress(OSError):
            _note(home).unlink(missing_ok=True)
        lock.release()


def holder(home: Home) -> Holder | None:
    """Who holds the home, for a report; None when nobody does. A note left by a dead process is ignored.

    The lock itself is not touched: trying it would make another process's attempt fail. A note from another host is
    believed, since its processes cannot be seen from here.
    """
    try:
        noted = Holder(**json.loads(_note(home).read_text(encoding="utf-8")))
    except (FileNotFoundError, NotADirectoryError, json.JSONDecodeError, TypeError):
        return None
    return noted if noted.host != host() or alive(noted.pid, noted.born) else None


def _note(home: Home) -> Path:
    return home.path / "home.lock.json"
