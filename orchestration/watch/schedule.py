"""The nightly's hour, and how long a night usually takes. Swedish time, right across both changes of the clock."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, time, timedelta
from statistics import median
from zoneinfo import ZoneInfo

from orchestration.ledger.clock import seconds_between
from orchestration.ledger.runs import Run
from orchestration.settings import NIGHTLY_AT, TIME_ZONE

# So many nights make a history; with fewer nothing is called slow.
NIGHTS_OF_HISTORY = 3
SLOW_FACTOR = 3
SLOW_AT_LEAST_SECONDS = 600


def last_due(now: datetime, at: time = NIGHTLY_AT) -> datetime:
    """The latest moment, not after `now`, at which the nightly was due. `now` has a time zone."""
    zone = ZoneInfo(TIME_ZONE)
    local = now.astimezone(zone)
    due = datetime.combine(local.date(), at, zone)
    # Compared as moments: two times of one zone would be compared by their clocks.
    if due.timestamp() > now.timestamp():
        due = datetime.combine(local.date() - timedelta(days=1), at, zone)
    return due


def slow_after_seconds(runs: Iterable[Run], kind: str) -> float | None:
    """After how many seconds a run is slow against those of its kind before it; None without enough history."""
    took = [seconds_between(r.started_at, r.ended_at) for r in runs if r.kind == kind and r.built and r.ended_at]
    if len(took) < NIGHTS_OF_HISTORY:
        return None
    return max(SLOW_FACTOR * median(took), SLOW_AT_LEAST_SECONDS)
