"""`vardlagret delivery accept`: a file that was refused by a rule that a person may overrule is let in, by name."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from orchestration.deliveries.refusal import ACCEPTABLE
from orchestration.home import Home, HomeError
from orchestration.operations.answers import say
from orchestration.operations.recording import hold_with_ledger
from orchestration.operations.retry import take_in_again

if TYPE_CHECKING:
    from orchestration.ledger.acceptances import Acceptance
    from orchestration.ledger.ledger import Ledger
    from orchestration.operations.stages import Progress


def let_in(
    home: Home, identity: str, *, by: str, reason: str, wait_seconds: float | None, progress: Progress
) -> dict[str, Any]:
    """Record the acceptance, and examine the kept bytes again. `identity`: the SHA-256 or its first digits.

    Raises `HomeError` when not exactly one refused file begins with them, or its refusal cannot be overruled.
    """
    if not by.strip() or not reason.strip():
        raise HomeError("give who accepts (--by) and why (--reason): both stand in the ledger")
    with hold_with_ledger(home.open(), "accept", wait_seconds) as ledger:
        refused = {f.delivery_sha256: f for f in ledger.refused_files() if f.delivery_sha256}
        found = [f for sha256, f in refused.items() if sha256 and sha256.startswith(identity.lower())]
        if len(found) != 1:
            raise HomeError(
                f"{len(found)} refused files begin with {identity}: `quarantine list` shows the refused ones"
            )
        (file,) = found
        if file.code not in ACCEPTABLE:
            raise HomeError(
                f"{file.file_name} was refused with {file.code}, which cannot be accepted by name "
                f"({', '.join(sorted(ACCEPTABLE))} can): ask the owner for another file"
            )
        sha256 = file.delivery_sha256 or ""
        ledger.accept_delivery(sha256, file.source_id or "", file.code, by, reason)
        files = take_in_again(home, ledger, [(sha256, file.file_name)], progress)
    return {
        "delivery_sha256": sha256,
        "source_id": file.source_id,
        "overruled": file.code,
        "by": by,
        "reason": reason,
        "files": files,
        "next_command": f"vardlagret --home {home.path} nightly",
    }


def let_in_before(ledger: Ledger) -> dict[str, Any]:
    """Every delivery that was accepted by name, oldest first."""
    return {"accepted": [_row(a) for a in ledger.accepted_deliveries()]}


def _row(acceptance: Acceptance) -> dict[str, str]:
    given = asdict(acceptance)
    return {name: given[name] for name in ("at", "by", "reason", "source_id")} | {
        "overruled": acceptance.expectation,
        "delivery_sha256": acceptance.fingerprint,
    }


def print_let_in(answer: dict[str, Any]) -> None:
    for file in answer["files"]:
        say(f"{file['outcome']}: {file['file']} {file['code'] or ''} {file['message'] or ''}".rstrip())
    say(f"next: {answer['next_command']}")


def print_let_in_before(answer: dict[str, Any]) -> None:
    for row in answer["accepted"]:
        say(
            f"{row['at'][:19]}  {row['source_id']:<17} {row['delivery_sha256'][:12]}  {row['overruled']}  "
            f"{row['by']}: {row['reason']}"
        )
    say(f"{len(answer['accepted'])} deliveries were accepted by name")
