"""Moments as the ledger writes them: RFC 3339, UTC, microseconds, of fixed width, so that text order is time order."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta


def now() -> str:
    """The present moment, as `2026-01-31T02:03:04.000005+00:00`."""
    return _text(datetime.now(UTC))


def now_after(last: str | None) -> str:
    """The present moment, or a microsecond after `last` where the clock stands still or was set back."""
    present = now()
    if last is None or present > last:
        return present
    return _text(datetime.fromisoformat(last) + timedelta(microseconds=1))


def seconds_between(start: str, end: str) -> float:
    """Seconds from one moment to another; 0 where the clock was set back between them."""
    return max(0.0, (datetime.fromisoformat(end) - datetime.fromisoformat(start)).total_seconds())


def _text(moment: datetime) -> str:
    return moment.isoformat(timespec="microseconds")
