"""`vardlagret delivery`: what is held."""

from __future__ import annotations

from typing import Annotated

import typer

from orchestration.operations.options import Json, reading, reply

app = typer.Typer(help="What is held: current deliveries, now or as on a date.", no_args_is_help=True)


@app.command("list")
def delivery_list(
    context: typer.Context,
    source: Annotated[str | None, typer.Option("--source", help="Only this source.")] = None,
    as_of: Annotated[
        str | None, typer.Option("--as-of", help="What was held then: a date (its end, Swedish time) or a moment.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Current deliveries and what each one is current for; with --as-of, what we held for each scope on that date."""
    from orchestration.operations.deliveries import held
    from orchestration.operations.summary import print_deliveries

    with reading(context) as (_, ledger):
        answer = held(ledger, source, as_of)
    reply(context, "delivery_list", answer, as_json, print_deliveries)
