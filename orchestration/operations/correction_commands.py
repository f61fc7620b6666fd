"""`vardlagret corrections`: the ledger of corrections."""

from __future__ import annotations

import getpass
from typing import Annotated

import typer

from orchestration.operations.options import Json, reading, reply

app = typer.Typer(help="Declared overrides of owners' errors: list, add, expire.", invoke_without_command=True)


@app.callback()
def corrections(context: typer.Context, as_json: Json = False) -> None:
    """Declared overrides of owners' errors: the wrong value expected, what takes its place, who decided and why."""
    if context.invoked_subcommand is None:
        _list(context, as_json)


@app.command("list")
def list_corrections(context: typer.Context, as_json: Json = False) -> None:
    """All corrections, and whether each applies to what is held, rests, or has expired."""
    _list(context, as_json)


def _list(context: typer.Context, as_json: bool) -> None:
    from orchestration.home import HomeMissing
    from orchestration.operations.correcting import Standing, listed
    from orchestration.operations.summary import print_corrections
    from orchestration.sources.catalogue import load_catalogue

    try:
        with reading(context) as (home, ledger):
            answer = listed(Standing(home, ledger, load_catalogue()))
    except HomeMissing:
        answer = listed(None)
    reply(context, "corrections", answer, as_json, print_corrections)


@app.command()
def add(
    context: typer.Context,
    source: Annotated[str, typer.Option("--source")],
    layout: Annotated[str, typer.Option("--layout")],
    record: Annotated[list[str], typer.Option("--record", help="What finds the record: region_code=08. Repeat.")],
    column: Annotated[str, typer.Option("--column", help="The column whose value is wrong.")],
    wrong: Annotated[str, typer.Option("--wrong", help="The wrong value, as delivered.")],
    reason: Annotated[str, typer.Option("--reason")],
    evidence: Annotated[str, typer.Option("--evidence", help="Where it is documented.")],
    right: Annotated[str | None, typer.Option("--right", help="The right value.")] = None,
    status: Annotated[
        str | None, typer.Option("--status", help="In its place: excluded, missing_at_source or not_reported.")
    ] = None,
    flag: Annotated[str | None, typer.Option("--flag", help="Only flag it: suspect.")] = None,
    correction_id: Annotated[str, typer.Option("--id", help="A name; made of source and record by default.")] = "",
    by: Annotated[str, typer.Option("--by", help="Who decided it; you, by default.")] = "",
    as_json: Json = False,
) -> None:
    """Add a correction, after it was seen to fit what is held. Give one of --right, --status and --flag."""
    from orchestration.operations.correcting import add as write
    from orchestration.operations.correcting import print_added
    from orchestration.sources.catalogue import load_catalogue

    if unclear := [text for text in record if "=" not in text]:
        raise typer.BadParameter(f"{unclear[0]!r} is no column=text", param_hint="--record")
    found = dict(text.split("=", 1) for text in record)
    declared = {
        "correction_id": correction_id or "_".join([source, *found.values(), column]).lower().replace(" ", "_"),
        "source_id": source, "layout_id": layout, "record": found, "column_name": column, "wrong_value": wrong,
        "right_value": right, "value_status_after": status, "flag": flag, "reason": reason, "evidence": evidence,
        "decided_by": by or getpass.getuser(),
    }  # fmt: skip
    with reading(context) as (home, ledger):
        answer = write(home, ledger, load_catalogue(), declared)
    reply(context, "corrections_add", answer, as_json, print_added)


@app.command()
def expire(
    context: typer.Context,
    correction_id: Annotated[str, typer.Argument()],
    anyway: Annotated[bool, typer.Option("--anyway", help="Also one that still applies, or rests.")] = False,
    as_json: Json = False,
) -> None:
    """Delete a correction whose wrong value is gone: what the owner has mended must not be mended twice."""
    from orchestration.operations.correcting import expire as delete
    from orchestration.operations.correcting import print_expired
    from orchestration.sources.catalogue import load_catalogue

    with reading(context) as (home, ledger):
        answer = delete(home, ledger, load_catalogue(), correction_id, anyway=anyway)
    reply(context, "corrections_expire", answer, as_json, print_expired)
