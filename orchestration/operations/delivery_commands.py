"""`vardlagret delivery`: what is held."""

from __future__ import annotations

import getpass
from dataclasses import asdict
from typing import Annotated

import typer

from orchestration.operations.options import Json, Wait, home_of, reading, reply

app = typer.Typer(
    help="What is held, what looks wrong in it, and what is let in or removed by name.", no_args_is_help=True
)


@app.command("list")
def delivery_list(
    context: typer.Context,
    source: Annotated[str | None, typer.Option("--source", help="Only this source.")] = None,
    as_of: Annotated[
        str | None, typer.Option("--as-of", help="What was held then: a date (its end, Swedish time) or a moment.")
    ] = None,
    period: Annotated[str | None, typer.Option("--period", help="Only what is current for it: 2016, 2023-05.")] = None,
    purged: Annotated[bool, typer.Option("--purged", help="Deliveries that were removed on purpose.")] = False,
    accepted: Annotated[bool, typer.Option("--accepted", help="Deliveries that were accepted by name.")] = False,
    as_json: Json = False,
) -> None:
    """Current deliveries and what each one is current for; with --as-of, what we held for each scope on that date."""
    from orchestration.operations.deliveries import held
    from orchestration.operations.letting_in import let_in_before, print_let_in_before
    from orchestration.operations.summary import print_deliveries
    from orchestration.operations.upkeep import print_purged
    from orchestration.sources.catalogue import load_catalogue

    with reading(context) as (_, ledger):
        answer = held(ledger, load_catalogue(), source, as_of, period)
        let_in = let_in_before(ledger)
        tombstones = {"purged": [asdict(p) for p in ledger.purges()]}
    if purged:
        reply(context, "delivery_list", tombstones, as_json, print_purged)
        return
    if accepted:
        reply(context, "delivery_list", let_in, as_json, print_let_in_before)
        return
    reply(context, "delivery_list", answer, as_json, print_deliveries)


@app.command()
def signals(
    context: typer.Context,
    source: Annotated[str | None, typer.Option("--source", help="Only this source.")] = None,
    since: Annotated[str | None, typer.Option("--since", help="Only from this month on: 2024-05.")] = None,
    as_json: Json = False,
) -> None:
    """Months of the registers that look wrong: silent, too many records, a field lost, or revised since they came."""
    from orchestration.operations.signals import print_signals
    from orchestration.operations.signals import signals as find
    from orchestration.sources.catalogue import load_catalogue

    with reading(context) as (home, ledger):
        answer = find(home, ledger, load_catalogue(), source, since)
    reply(context, "delivery_signals", answer, as_json, print_signals)


@app.command()
def accept(
    context: typer.Context,
    delivery: Annotated[str, typer.Argument(help="The refused file's SHA-256, or as many of its digits as tell it.")],
    by: Annotated[str, typer.Option("--by", help="Who accepts it.")],
    reason: Annotated[str, typer.Option("--reason", help="Why it may count all the same. Stands in the ledger.")],
    wait: Wait = 0,
    as_json: Json = False,
) -> None:
    """Let in a file that was refused since too many of its records break rules (F_RULES); those stay in quarantine."""
    from orchestration.operations.letting_in import let_in, print_let_in
    from orchestration.operations.summary import Progress

    answer = let_in(home_of(context), delivery, by=by, reason=reason, wait_seconds=wait, progress=Progress())
    reply(context, "delivery_accept", answer, as_json, print_let_in)


@app.command()
def purge(
    context: typer.Context,
    delivery: Annotated[str, typer.Argument(help="The delivery's SHA-256, or as many of its digits as tell it.")],
    reason: Annotated[str, typer.Option("--reason", help="Why its bytes may not be kept. Stands in the tombstone.")],
    by: Annotated[str, typer.Option("--by", help="Who decided it; you, by default.")] = "",
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    wait: Wait = 0,
    as_json: Json = False,
) -> None:
    """Remove a delivery's bytes and cells for good, and leave a tombstone: the same bytes are refused from now on."""
    from orchestration.operations.upkeep import print_purge
    from orchestration.operations.upkeep import purge as remove

    if not yes:
        typer.confirm(f"Remove the bytes and cells of {delivery} for good?", abort=True, err=True)
    answer = remove(home_of(context), delivery, by=by or getpass.getuser(), reason=reason, wait_seconds=wait)
    reply(context, "delivery_purge", answer, as_json, print_purge)
