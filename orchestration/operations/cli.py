"""The `vardlagret` command line. Each command reads its arguments, calls one function, prints its answer."""

from __future__ import annotations

import sys
from itertools import pairwise
from pathlib import Path
from typing import Annotated

import typer

from orchestration.operations import (
    backfill_commands,
    correction_commands,
    delivery_commands,
    example_command,
    explaining,
    quarantine_commands,
    release_commands,
    watch_commands,
)
from orchestration.operations.answers import say
from orchestration.operations.options import Json, Wait, home_of, reading, reply
from orchestration.settings import Settings, log_format

app = typer.Typer(
    name="vardlagret",
    help="An open, orchestrated warehouse for following Sweden's shift to god och nära vård (good and close care).",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.add_typer(backfill_commands.app, name="backfill")
app.add_typer(correction_commands.app, name="corrections")
app.add_typer(delivery_commands.app, name="delivery")
app.add_typer(quarantine_commands.app, name="quarantine")
app.add_typer(release_commands.app, name="release")
app.add_typer(watch_commands.app, name="watch")


@app.callback()
def common(
    context: typer.Context,
    home: Annotated[
        Path | None,
        typer.Option("--home", envvar="VARDLAGRET_HOME", help="The home directory. Default: ./var", show_default=False),
    ] = None,
) -> None:
    context.obj = Settings.read(home)
    try:
        log_format()
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None


@app.command()
def nightly(
    context: typer.Context,
    deliveries: Annotated[
        Path | None,
        typer.Option("--deliveries", help="A folder to take in beside the landing.", exists=True, file_okay=False),
    ] = None,
    wait: Wait = 0,
    as_json: Json = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="No progress.")] = False,
) -> None:
    """The whole night: take in, transform, judge, publish. Exit 0 done, 3 withheld, 4 no release, 5 locked."""
    from orchestration.operations.nightly import run_nightly
    from orchestration.operations.summary import Progress, print_summary

    home = home_of(context)
    # In production the lines of the steps stand there instead.
    silent = quiet or log_format() == "json"
    result = run_nightly(
        home.path, folder=deliveries, wait_seconds=wait, progress=(lambda _: None) if silent else Progress()
    )
    reply(context, "nightly", result.summary(), as_json, lambda _: print_summary(home, result), one_line=True)
    raise typer.Exit(result.exit)


@app.command()
def ingest(
    context: typer.Context,
    paths: Annotated[list[Path], typer.Argument(help="Files, or folders of files.", exists=True)],
    as_of: Annotated[
        str | None, typer.Option("--as-of", help="Date of the export (YYYY-MM-DD), in place of what it says itself.")
    ] = None,
    reason: Annotated[str | None, typer.Option("--reason", help="Why --as-of overrules the export's own date.")] = None,
    wait: Wait = 0,
    as_json: Json = False,
) -> None:
    """Take deliveries in: every file gets a receipt and an outcome. Exit 3 when a recognised file was refused."""
    from orchestration.operations.ingest import ingest_paths, is_moment, print_ingest

    if (as_of is None) != (reason is None):
        raise typer.BadParameter("give --as-of and --reason together")
    if as_of is not None and not is_moment(as_of):
        raise typer.BadParameter(f"--as-of {as_of} is no date: write YYYY-MM-DD, or YYYY-MM-DDThh:mm:ss+hh:mm")
    answer, code = ingest_paths(home_of(context), paths, as_of=as_of, reason=reason, wait_seconds=wait)
    reply(context, "ingest", answer, as_json, print_ingest)
    raise typer.Exit(code)


@app.command()
def status(
    context: typer.Context,
    as_json: Json = False,
    page: Annotated[bool, typer.Option("--page", help="Write the same to status.html in the home.")] = False,
) -> None:
    """Can tonight's numbers be published, and if not, what is the next command? Exit 1 when red."""
    from orchestration.operations.status import status as ask
    from orchestration.operations.summary import print_status
    from orchestration.sources.catalogue import load_catalogue

    with reading(context) as (home, ledger):
        answer = ask(home, ledger, load_catalogue())
    reply(context, "status", answer, as_json, print_status)
    if page:
        from orchestration.operations.status_page import write_page

        say(f"written: {write_page(home)}")
    raise typer.Exit(1 if answer["publish"]["light"] == "red" else 0)


@app.command()
def reconcile(context: typer.Context, as_json: Json = False) -> None:
    """Is every record accepted, quarantined or a duplicate? What does no declaration name? Exit 1 if not."""
    from orchestration.operations.reconciled import reconciled
    from orchestration.operations.summary import print_reconciled

    with reading(context) as (_, ledger):
        answer = reconciled(ledger)
    reply(context, "reconcile", answer, as_json, print_reconciled)
    raise typer.Exit(0 if answer["ok"] else 1)


@app.command()
def gc(
    context: typer.Context,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be removed.")] = False,
    wait: Wait = 0,
) -> None:
    """Remove cells of superseded deliveries. Raw bytes stay: a delivery that becomes current again is read anew."""
    from orchestration.operations.deliveries import superseded_cells
    from orchestration.operations.recording import hold_with_ledger

    home = home_of(context).open()
    with hold_with_ledger(home, "gc", wait) as ledger:
        files = superseded_cells(home, ledger)
        size = sum(f.stat().st_size for f in files)
        for file in files:
            say(f"{'would remove' if dry_run else 'removed'} {file.relative_to(home.path)}")
            if not dry_run:
                file.unlink()
    say(f"{len(files)} files, {size / 1e6:.1f} MB")


@app.command()
def doctor(
    context: typer.Context,
    as_json: Json = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="Only what is wrong.")] = False,
    rebuild_ledger: Annotated[
        bool, typer.Option("--rebuild-ledger", help="Make the ledger anew from raw/journal.jsonl; the old one is kept.")
    ] = False,
    migrate: Annotated[bool, typer.Option("--migrate", help="Bring an older home to today's format.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="With --migrate: only say what would be done.")] = False,
    wait: Wait = 0,
) -> None:
    """Is this home and this machine fit for the night? Exit 1 when a check fails."""
    from orchestration.operations import upkeep
    from orchestration.operations.doctor import as_answer, examine
    from orchestration.operations.summary import print_checks

    if rebuild_ledger:
        reply(context, "doctor", upkeep.rebuild_ledger(home_of(context), wait), as_json, upkeep.print_rebuilt)
        return
    if migrate:
        done = upkeep.migrate_home(home_of(context), dry_run=dry_run, wait_seconds=wait)
        reply(context, "doctor", done, as_json, upkeep.print_migration)
        return
    answer = as_answer(examine(home_of(context)))
    reply(context, "doctor", answer, as_json, lambda a: print_checks(a, quiet=quiet))
    raise typer.Exit(0 if answer["ok"] else 1)


app.command("explain")(explaining.explain)
app.command("example")(example_command.example)


def _home_of_command() -> Path:
    """The home that the command line named, where it failed before anybody was told."""
    given = sys.argv[1:]
    named = [after for before, after in pairwise(given) if before == "--home"]
    named += [word.removeprefix("--home=") for word in given if word.startswith("--home=")]
    return Settings.read(named[0] if named else None).home


def main() -> None:
    """Entry point: known failures end with one clear line and their exit code, not with a traceback."""
    import sqlite3

    from orchestration.home import HomeError
    from orchestration.ledger.file import LedgerError
    from orchestration.ledger.journal import JournalDamaged
    from orchestration.ledger.lock import HomeLocked
    from orchestration.operations.machine import machine_fault
    from orchestration.releases.checksums import ReleaseDamaged
    from orchestration.sources.catalogue import DeclarationError
    from orchestration.watch.sending import BadReceiver

    try:
        app()
    except HomeLocked as error:
        say(f"vardlagret: {error}")
        raise SystemExit(5) from None
    except (
        HomeError,
        LedgerError,
        JournalDamaged,
        ReleaseDamaged,
        DeclarationError,
        BadReceiver,
        LookupError,
        OSError,
        sqlite3.Error,
    ) as error:
        text = error.args[0] if isinstance(error, LookupError) and error.args else error
        fault = machine_fault(error, _home_of_command())
        if fault:
            text = f"{fault}. It said: {text}"
        elif isinstance(error, sqlite3.Error):
            raise
        say(f"vardlagret: {text}")
        raise SystemExit(1) from None
