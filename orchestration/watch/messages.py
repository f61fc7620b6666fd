"""What the watch sends: plain text of codes, moments and commands. No value of a delivery and no error's own words."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from orchestration.ledger.incidents import Remembered
from orchestration.settings import TIME_ZONE
from orchestration.watch.incidents import Incident


@dataclass(frozen=True)
class Message:
    """One message, about one incident, or about those that were too many."""

    title: str
    body: str
    good_news: bool = False


def opened(incident: Incident) -> Message:
    """An incident stands."""
    return Message(
        f"Vårdlagret: {incident.code.replace('_', ' ')}",
        f"{incident.what}\nSince: {swedish(incident.since)}\nEffect: {incident.effect}\n"
        f"Next: {incident.next_command}\nRunbook: {incident.runbook}\nIncident: {incident.id}",
    )


def cleared(remembered: Remembered, at: str) -> Message:
    """An incident that was told does not stand any longer."""
    return Message(
        f"Vårdlagret: cleared, {remembered.code.replace('_', ' ')}",
        f"{remembered.incident_id} has cleared.\nSince: {swedish(remembered.since)}\nCleared: {swedish(at)}",
        good_news=True,
    )


def too_many(left: list[Incident], command: str) -> Message:
    """The incidents beyond the cap, by id."""
    named = "\n".join(f"- {i.id}" for i in left[:50])
    more = f"\n- and {len(left) - 50} more" if left[50:] else ""
    return Message(f"Vårdlagret: {len(left)} more incidents", f"{named}{more}\nNext: {command} status")


def swedish(moment: str) -> str:
    """A moment in Swedish time, to the minute; a date stays a date."""
    found = datetime.fromisoformat(moment)
    return moment if len(moment) == 10 else found.astimezone(ZoneInfo(TIME_ZONE)).strftime("%Y-%m-%d %H:%M %Z")
