"""`vardlagret quarantine`: what was refused, where, and by which rule."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from orchestration.operations.answers import headed, print_json, say
from orchestration.operations.options import Json, Wait, home_of

app = typer.Typer(help="What was refused, where, and by which rule.", no_args_is_help=True)


@app.command("list")
def quarantine_list(
    context: typer.Context,
    source: Annotated[str | None, typer.Option("--source", help="Only this source.")] = None,
    as_json: Json = False,
) -> None:
    """Refused records and files, counted by delivery, rule and period. No values."""
    from orchestration.ledger.ledger import Ledger
    from orchestration.operations.quarantine import quarantine_list as ask
    from orchestration.operations.summary import print_quarantine

    home = home_of(context).open()
    with Ledger.open(home.ledger, read_only=True) as ledger:
        answer = ask(home, ledger, source)
    if as_json:
        print_json(headed("quarantine_list", home.path, answer))
    else:
        print_quarantine(answer)


@app.command("show")
def quarantine_show(
    context: typer.Context,
    identity: Annotated[str, typer.Argument(metavar="DELIVERY", help="First digits of the delivery's SHA-256.")],
    code: Annotated[str | None, typer.Option("--code", help="Only this rule.")] = None,
    every: Annotated[bool, typer.Option("--all", help="All rows, not only the first 20.")] = False,
    as_json: Json = False,
) -> None:
    """Lines of a delivery that broke a rule, with the text as it stands there."""
    from orchestration.ledger.ledger import Ledger
    from orchestration.operations.quarantine import quarantine_show as ask
    from orchestration.operations.summary import print_quarantined_rows
    from orchestration.sources.catalogue import load_catalogue

    home = home_of(context).open()
    with Ledger.open(home.ledger, read_only=True) as ledger:
        answer = ask(home, ledger, load_catalogue(), identity, code=code, every=every)
    if as_json:
        print_json(headed("quarantine_show", home.path, answer))
    else:
        print_quarantined_rows(answer)


@app.command("retry")
def quarantine_retry(context: typer.Context, wait: Wait = 0, as_json: Json = False) -> None:
    """After a rule, alias or layout is mended: what is released, what stays, which periods rebuild. Runs the night."""
    from orchestration.operations.retry import retry
    from orchestration.operations.summary import Progress, print_retry

    home = home_of(context).open()
    answer = retry(home, wait_seconds=wait, progress=Progress())
    if as_json:
        print_json(headed("quarantine_retry", home.path, answer))
    else:
        print_retry(answer)
    raise typer.Exit(answer["exit"])


@app.command("export")
def quarantine_export(
    context: typer.Context,
    target: Annotated[Path, typer.Argument(help="The CSV file to write; the folder must exist.")],
    source: Annotated[str, typer.Option("--source", help="Whose refused records.")],
) -> None:
    """A file to mail to the owner: place, text, rule and what was expected. No personal data."""
    from orchestration.ledger.ledger import Ledger
    from orchestration.operations.quarantine import export_for_owner
    from orchestration.sources.catalogue import load_catalogue

    home = home_of(context).open()
    with Ledger.open(home.ledger, read_only=True) as ledger:
        rows = export_for_owner(home, ledger, load_catalogue(), source, target)
    say(f"wrote {rows} refused records of {source} to {target}")
