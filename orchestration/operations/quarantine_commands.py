"""`vardlagret quarantine`: what was refused, where, and by which rule."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from orchestration.operations.answers import say
from orchestration.operations.options import Json, Wait, home_of, reading, reply

app = typer.Typer(help="What was refused, where, and by which rule.", no_args_is_help=True)


@app.command("list")
def quarantine_list(
    context: typer.Context,
    source: Annotated[str | None, typer.Option("--source", help="Only this source.")] = None,
    as_json: Json = False,
) -> None:
    """Refused records and files, counted by delivery, rule and period. No values."""
    from orchestration.operations.quarantine import quarantine_list as ask
    from orchestration.operations.summary import print_quarantine

    with reading(context) as (home, ledger):
        answer = ask(home, ledger, source)
    reply(context, "quarantine_list", answer, as_json, print_quarantine)


@app.command("show")
def quarantine_show(
    context: typer.Context,
    identity: Annotated[str, typer.Argument(metavar="DELIVERY", help="First digits of the delivery's SHA-256.")],
    code: Annotated[str | None, typer.Option("--code", help="Only this rule.")] = None,
    every: Annotated[bool, typer.Option("--all", help="All rows, not only the first 20.")] = False,
    as_json: Json = False,
) -> None:
    """Lines of a delivery that broke a rule, with the text as it stands there."""
    from orchestration.operations.quarantine import quarantine_show as ask
    from orchestration.operations.summary import print_quarantined_rows
    from orchestration.sources.catalogue import load_catalogue

    with reading(context) as (home, ledger):
        answer = ask(home, ledger, load_catalogue(), identity, code=code, every=every)
    reply(context, "quarantine_show", answer, as_json, print_quarantined_rows)


@app.command("retry")
def quarantine_retry(context: typer.Context, wait: Wait = 0, as_json: Json = False) -> None:
    """After a rule, alias or layout is mended: what is released, what stays, which periods rebuild. Runs the night."""
    from orchestration.operations.retry import retry
    from orchestration.operations.summary import Progress, print_retry

    home = home_of(context).open()
    answer = retry(home, wait_seconds=wait, progress=Progress())
    reply(context, "quarantine_retry", answer, as_json, print_retry)
    raise typer.Exit(answer["exit"])


@app.command("export")
def quarantine_export(
    context: typer.Context,
    target: Annotated[Path, typer.Argument(help="The CSV file to write; the folder must exist.")],
    source: Annotated[str, typer.Option("--source", help="Whose refused records.")],
) -> None:
    """A file to mail to the owner: place, text, rule and what was expected. No personal data."""
    from orchestration.operations.quarantine import export_for_owner
    from orchestration.sources.catalogue import load_catalogue

    with reading(context) as (home, ledger):
        rows = export_for_owner(home, ledger, load_catalogue(), source, target)
    say(f"wrote {rows} refused records of {source} to {target}")
