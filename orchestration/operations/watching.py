"""One look of the watch at a home: for the command, and for the orchestrator's sensor."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from orchestration.home import Home
from orchestration.ledger.clock import now
from orchestration.ledger.ledger import Ledger
from orchestration.ledger.lock import HomeLocked, hold
from orchestration.operations.answers import say
from orchestration.operations.orchestrator import close_dead_in_instance
from orchestration.operations.status_page import refresh_page
from orchestration.sources.catalogue import load_catalogue
from orchestration.watch.incidents import as_answer, incidents
from orchestration.watch.scene import scene_of
from orchestration.watch.sending import receivers, sender
from orchestration.watch.watch import look


def watched(home: Home) -> dict[str, Any]:
    """Close what died, tell what is new and what has cleared. Raises `BadReceiver` for a receiver that is no URL.

    Returns the look (`Look`), with the standing incidents, the runs that were closed, and the number of receivers.
    """
    send = sender(receivers())
    with Ledger.open(home.ledger) as ledger:
        closed = _close_the_dead(home, ledger)
        scene = scene_of(home, ledger, load_catalogue())
        found = incidents(scene)
        done = look(ledger, found, now=now(), send=send, command=scene.command)
    if unwritten := refresh_page(home):
        say(unwritten)
    return {"incidents": as_answer(found), "closed_runs": closed, "receivers": len(receivers()), **asdict(done)}


def _close_the_dead(home: Home, ledger: Ledger) -> list[str]:
    """Close runs whose process died, with their batches and in Dagster, as the next night would.

    Not while another holds the home.
    """
    if not any(run.died for run in ledger.open_runs()):
        return []
    try:
        with hold(home, run_id="watch", who="watch", wait_seconds=0):
            ledger.close_dead_batches()
            closed = [run.run_id for run in ledger.close_dead_runs()]
            close_dead_in_instance(home)
            return closed
    except HomeLocked:
        return []
