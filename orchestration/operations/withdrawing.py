"""Withdrawing a release, and publishing an earlier one again. The home is held: no night publishes meanwhile."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from orchestration.home import Home
from orchestration.operations.answers import say
from orchestration.operations.recording import hold_with_ledger, new_nightly_id


def withdraw(home: Home, release: str, *, by: str, reason: str, wait_seconds: float | None) -> dict[str, Any]:
    """Note that a release was withdrawn. The latest one is replaced by the newest before it, and publication is held:
    the next night would publish the same values again.

    Raises `NothingToRestore` where there is none before it, `LookupError` for a release that does not exist.
    """
    from orchestration.ledger.clock import now
    from orchestration.operations.published import named
    from orchestration.releases.again import before, note_withdrawal, restore
    from orchestration.releases.history import latest_id

    with hold_with_ledger(home, "withdraw", wait_seconds) as ledger:
        release = named(home, release)
        is_latest = release == latest_id(home.releases)
        earlier = before(home.releases, release) if is_latest else None
        if is_latest and ledger.publication_hold() is None:
            ledger.hold_publication(by, f"release {release} was withdrawn: {reason}")
        note_withdrawal(home.releases, release, by=by, reason=reason, at=now())
        made = earlier and restore(
            home.releases, earlier, run_id=new_nightly_id().replace("nightly", "withdraw", 1), by=by,
            reason=f"{release} was withdrawn: {reason}", now=datetime.now(UTC),
        )  # fmt: skip
        held = ledger.publication_hold() is not None
    command = f"vardlagret --home {home.path}"
    return {
        "withdrawn": release, "by": by, "reason": reason, "release": made, "restored_from": earlier, "held": held,
        "next_command": f"{command} release publish --by NAME --reason WHY" if held else f"{command} release list",
    }  # fmt: skip


def restore_release(home: Home, release: str, *, by: str, reason: str, wait_seconds: float | None) -> dict[str, Any]:
    """Publish an earlier release's data again under a new id. Raises `NothingToRestore`, `ReleaseDamaged`."""
    from orchestration.operations.published import named
    from orchestration.releases.again import restore

    with hold_with_ledger(home, "restore", wait_seconds):
        release = named(home, release)
        made = restore(
            home.releases, release, run_id=new_nightly_id().replace("nightly", "restore", 1), by=by, reason=reason,
            now=datetime.now(UTC),
        )  # fmt: skip
    return {"release": made, "restored_from": release, "by": by, "reason": reason,
            "next_command": f"vardlagret --home {home.path} release diff"}  # fmt: skip


def print_withdrawal(answer: dict[str, Any]) -> None:
    say(f"release {answer['withdrawn']} is withdrawn by {answer['by']}: {answer['reason']}")
    if answer["release"]:
        say(f"published: {answer['release']}, the data of {answer['restored_from']}")
    if answer["held"]:
        say("publication is held: lift it when what was wrong is mended")
    say(f"next: {answer['next_command']}")


def print_restored(answer: dict[str, Any]) -> None:
    say(f"published: {answer['release']}, the data of {answer['restored_from']}")
    say(f"next: {answer['next_command']}")
