"""One look of the watch: what stands against what is remembered, one message for each difference.

An incident is told once, by a message that at least one receiver took; while nobody took it, the next look tries again.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from orchestration.ledger.ledger import Ledger
from orchestration.watch import messages
from orchestration.watch.incidents import Incident
from orchestration.watch.messages import Message
from orchestration.watch.sending import Send

# Messages about single incidents in one look; the rest are named in one more.
CAP = 10


@dataclass
class Look:
    """What one look did, by incident id. `failed` are receivers that did not take a message."""

    standing: list[str] = field(default_factory=list)
    opened: list[str] = field(default_factory=list)
    cleared: list[str] = field(default_factory=list)
    quiet: list[str] = field(default_factory=list)
    sent: int = 0
    failed: list[str] = field(default_factory=list)


def look(ledger: Ledger, found: list[Incident], *, now: str, send: Send | None, command: str, cap: int = CAP) -> Look:
    """Compare, remember and tell. `now` is RFC 3339 in UTC; without `send` nothing is told, and told later."""
    done = Look(standing=[i.id for i in found])
    _remember(ledger, found, now, done)
    remembered = ledger.incidents()
    due = []
    for incident in found:
        kept = remembered[incident.id]
        if kept.quiet(now):
            done.quiet.append(incident.id)
        elif kept.notified_at is None or (kept.quiet_until is not None and kept.notified_at < kept.quiet_until):
            due.append(incident)
    if send is not None:
        # Where one more message would be needed for a single incident, that incident is told itself.
        shown, left = (due, []) if len(due) <= cap else (due[:cap], due[cap:])
        for incident in shown:
            if _tell(send, messages.opened(incident), done):
                ledger.incident_told(incident.id, now)
        if left and _tell(send, messages.too_many(left, command), done):
            for incident in left:
                ledger.incident_told(incident.id, now)
        _tell_cleared(ledger, send, now, done, cap)
    ledger.keep()
    return done


def _remember(ledger: Ledger, found: list[Incident], now: str, done: Look) -> None:
    remembered = ledger.incidents()
    standing = {i.id for i in found}
    for incident in found:
        kept = remembered.get(incident.id)
        if kept is None or kept.cleared_at is not None:
            ledger.open_incident(incident.id, incident.code, incident.since, now)
            done.opened.append(incident.id)
    for kept in remembered.values():
        if kept.cleared_at is None and kept.incident_id not in standing:
            ledger.clear_incident(kept.incident_id, now)
            done.cleared.append(kept.incident_id)


def _tell_cleared(ledger: Ledger, send: Send, now: str, done: Look, cap: int) -> None:
    """Only what was told is told to have cleared; beyond the cap it waits for the next look."""
    waiting = [k for k in ledger.incidents().values() if k.cleared_at and k.notified_at and k.clear_notified_at is None]
    for kept in waiting[:cap]:
        if _tell(send, messages.cleared(kept, kept.cleared_at or now), done):
            ledger.clearing_told(kept.incident_id, now)


def _tell(send: Send, message: Message, done: Look) -> bool:
    missed, receivers = send(message)
    done.failed = sorted({*done.failed, *missed})
    taken = len(missed) < receivers
    done.sent += taken
    return taken
