"""Holding publication, and lifting the hold. The night looks at it just before it would make a release."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from orchestration.home import Home
from orchestration.ledger.ledger import Ledger
from orchestration.operations.answers import say
from orchestration.operations.status_page import refresh_page


def hold_publication(home: Home, *, by: str, reason: str) -> dict[str, Any]:
    """Hold, also while a night is at work. Raises `LookupError` when a hold stands already."""
    with Ledger.open(home.ledger) as ledger:
        if held := ledger.publication_hold():
            raise LookupError(f"publication is held already, by {held.by} since {held.at[:16]}: {held.reason}")
        ledger.hold_publication(by, reason)
        held = ledger.publication_hold()
        assert held is not None
    refresh_page(home)
    return {
        "held": True,
        **asdict(held),
        "next_command": f"vardlagret --home {home.path} release publish --by NAME --reason WHY",
    }


def lift_hold(home: Home, *, by: str, reason: str) -> dict[str, Any]:
    """Lift. Raises `LookupError` when nothing is held."""
    with Ledger.open(home.ledger) as ledger:
        held = ledger.publication_hold()
        if held is None:
            raise LookupError("publication is not held: the night publishes by itself")
        ledger.lift_hold(by, reason)
    refresh_page(home)
    return {
        "held": False,
        **asdict(held),
        "lifted_by": by,
        "lifted_why": reason,
        "next_command": f"vardlagret --home {home.path} nightly",
    }


def print_hold(answer: dict[str, Any]) -> None:
    say(f"publication is {'held' if answer['held'] else 'no longer held'}; held by {answer['by']}: {answer['reason']}")
    say(f"next: {answer['next_command']}")
