"""`vardlagret watch`: for a timer outside the orchestrator. Tells what stands, once each; `watch ack` quiets."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import typer

from orchestration.operations.answers import say
from orchestration.operations.options import Json, home_of, reply

app = typer.Typer(help="Tell of incidents, once each; acknowledge or snooze them.", invoke_without_command=True)


@app.callback()
def watch(context: typer.Context, as_json: Json = False) -> None:
    """Look once, for a timer: close what died, tell what is new and what has cleared. Exit 1 when a message failed.

    Receivers are URLs for Apprise in VARDLAGRET_NOTIFY, separated by blanks; without any nothing is sent.
    """
    if context.invoked_subcommand is not None:
        return
    answer = watched(context)
    reply(context, "watch", answer, as_json, _print)
    raise typer.Exit(1 if answer["failed"] else 0)


@app.command("ack")
def ack(
    context: typer.Context,
    incident: Annotated[str, typer.Argument(help="The incident's id, as `status` and the message show it.")],
    by: Annotated[str, typer.Option("--by", help="Who takes it on.")],
    until: Annotated[
        str | None, typer.Option("--until", help="Quiet until then (YYYY-MM-DD or with a time, Swedish time).")
    ] = None,
    as_json: Json = False,
) -> None:
    """Take an incident on: no message about it until it clears, or with --until until then."""
    from orchestration.ledger.clock import now
    from orchestration.ledger.ledger import Ledger

    ends = _moment(until) if until else None
    if ends is not None and ends <= now():
        raise typer.BadParameter(f"{until} has passed", param_hint="--until")
    home = home_of(context).open()
    with Ledger.open(home.ledger) as ledger:
        standing = {i: r for i, r in ledger.incidents().items() if r.cleared_at is None}
        if incident not in standing:
            known = ", ".join(standing) or "none"
            raise LookupError(f"no incident {incident} stands; those that the watch has found: {known}")
        ledger.quiet_incident(incident, by, now(), ends)
    answer = {"id": incident, "by": by, "until": ends}
    reply(context, "watch_ack", answer, as_json, lambda a: say(f"{a['id']} is with {a['by']}, {_until(a['until'])}"))


def watched(context: typer.Context) -> dict[str, Any]:
    """One look at the home of this command."""
    from orchestration.ledger.clock import now
    from orchestration.ledger.ledger import Ledger
    from orchestration.operations.status_page import refresh_page
    from orchestration.sources.catalogue import load_catalogue
    from orchestration.watch.incidents import as_answer, incidents
    from orchestration.watch.scene import scene_of
    from orchestration.watch.sending import receivers, sender
    from orchestration.watch.watch import look

    home = home_of(context).open()
    send = sender(receivers())
    with Ledger.open(home.ledger) as ledger:
        closed = _close_the_dead(home, ledger)
        scene = scene_of(home, ledger, load_catalogue())
        found = incidents(scene)
        done = look(ledger, found, now=now(), send=send, command=scene.command)
    if unwritten := refresh_page(home):
        say(unwritten)
    return {"incidents": as_answer(found), "closed_runs": closed, "receivers": len(receivers()), **asdict(done)}


def _close_the_dead(home: Any, ledger: Any) -> list[str]:
    """Close runs whose process died, and their batches, as the next night would; not while another holds the home."""
    from orchestration.ledger.lock import HomeLocked, hold

    if not any(run.pid_alive is False for run in ledger.open_runs()):
        return []
    try:
        with hold(home, run_id="watch", who="watch", wait_seconds=0):
            ledger.close_dead_batches()
            return [run.run_id for run in ledger.close_dead_runs()]
    except HomeLocked:
        return []


def _moment(text: str) -> str:
    """Swedish time as the ledger writes moments."""
    from orchestration.settings import TIME_ZONE

    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(f"{text!r} is no date or time: YYYY-MM-DD or YYYY-MM-DDTHH:MM") from None
    found = found if found.tzinfo else found.replace(tzinfo=ZoneInfo(TIME_ZONE))
    return found.astimezone(UTC).isoformat(timespec="microseconds")


def _until(moment: str | None) -> str:
    from orchestration.watch.messages import swedish

    return f"quiet until {swedish(moment)}" if moment else "quiet until it clears"


def _print(answer: dict[str, Any]) -> None:
    for run in answer["closed_runs"]:
        say(f"closed {run}, whose process is dead; the next night resumes it")
    for incident in answer["incidents"]:
        say(f"{incident['id']}: {incident['what']}\n  next: {incident['next_command']}")
    for cleared in answer["cleared"]:
        say(f"{cleared} has cleared")
    where = f"{answer['sent']} messages sent" if answer["receivers"] else "VARDLAGRET_NOTIFY is not set, nothing sent"
    say(f"{len(answer['incidents'])} incidents, {len(answer['opened'])} new, {len(answer['quiet'])} quiet; {where}")
    for receiver in answer["failed"]:
        say(f"{receiver} did not take a message; the next look tries what nobody took")
