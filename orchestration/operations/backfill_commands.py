"""`vardlagret backfill`: months rebuilt after a correction, a changed model, or on demand."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import typer

from orchestration.operations.answers import say
from orchestration.operations.options import Json, Wait, home_of, reading, reply

app = typer.Typer(help="Months of register facts: what is to be rebuilt, and rebuilding it.", no_args_is_help=True)

First = Annotated[str | None, typer.Option("--from", help="First month, 2024-05.")]
Last = Annotated[str | None, typer.Option("--to", help="Last month, 2024-05.")]
SourceId = Annotated[str | None, typer.Option("--source", help="Only facts that read this source.")]
Only = Annotated[
    Literal["failed", "missing", "stale"] | None,
    typer.Option("--only", help="Only months that failed, were never built, or are stale."),
]


@app.command()
def plan(
    context: typer.Context,
    first: First = None,
    last: Last = None,
    source: SourceId = None,
    only: Only = None,
    as_json: Json = False,
) -> None:
    """What would be rebuilt, and why, which indicators may change, how long it should take. Changes nothing."""
    from orchestration.operations.backfill import backfill_plan

    asked = _asked(first, last, source, only)
    with reading(context) as (home, ledger):
        answer = backfill_plan(home, ledger, asked)
    reply(context, "backfill_plan", answer, as_json, _print_plan)


@app.command()
def run(
    context: typer.Context,
    first: First = None,
    last: Last = None,
    source: SourceId = None,
    only: Only = None,
    wait: Wait = 0,
    as_json: Json = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="No progress.")] = False,
) -> None:
    """Rebuild what `backfill plan` says, at most 24 months at a time, then facts, checks and release.

    Cut short, the same command goes on. Exit 0 done, 3 withheld, 4 no release, 5 locked.
    """
    from orchestration.ledger.ledger import Ledger
    from orchestration.operations.backfill import past_batches, run_backfill
    from orchestration.operations.summary import Progress, print_summary

    home = home_of(context)
    asked = _asked(first, last, source, only)
    result = run_backfill(home, asked, wait_seconds=wait, progress=(lambda _: None) if quiet else Progress())
    with Ledger.open(home.ledger, read_only=True) as ledger:
        batches = past_batches(ledger, result.nightly_id)
    answer = {**result.summary(), "batches": batches}
    reply(context, "backfill_run", answer, as_json, lambda _: print_summary(home, result), one_line=True)
    raise typer.Exit(result.exit)


def _asked(first: str | None, last: str | None, source: str | None, only: Any) -> Any:
    """What was asked for. A month or a source that does not exist is a mistake in the command: exit 2."""
    from orchestration.planning.plan import Asked
    from orchestration.sources.catalogue import load_catalogue
    from orchestration.warehouse.windows import is_month, ordinal

    for option, month in (("--from", first), ("--to", last)):
        if month is not None and not is_month(month):
            raise typer.BadParameter(f"{option} {month}: write a month as 2024-05")
    if first and last and ordinal(last) < ordinal(first):
        raise typer.BadParameter(f"--to {last} lies before --from {first}")
    known = [s.source_id for s in load_catalogue().sources]
    if source is not None and source not in known:
        raise typer.BadParameter(f"--source {source}: declared are {', '.join(known)}")
    return Asked(first, last, source, only)


def _print_plan(answer: dict[str, Any]) -> None:
    for window in answer["windows"]:
        say(f"{window['fact']}  {window['from']} to {window['to']}  {_months(window['months'])}")
        _print_reasons(window["reasons"])
    for item in answer["open"]:
        say(f"{item['fact']}  what has no month yet")
        _print_reasons(item["reasons"])
    for item in answer["provenance"]:
        say(f"{item['fact']}  {', '.join(item['months'])}: delivered anew with the same rows; only their origin is new")
    if not (answer["windows"] or answer["open"]):
        say("no month is due")
    if answer["models"]:
        say(f"models: {', '.join(answer['models'])}")
    if answer["indicators"]:
        say(f"may change: {', '.join(answer['indicators'])}")
    if answer["estimate_seconds"] is not None and answer["batches"]:
        say(f"about {answer['estimate_seconds']} s, from {answer['estimate_from_runs']} past batches")
    if answer["left"]:
        say(f"{_months(answer['left'])} more due and not asked for: nothing is published until they are built")
    if held := answer["blocked_by"]:
        say(f"held by {held['who']}, run {held['run_id']}, since {held['since']}, process {held['pid']}")


def _print_reasons(reasons: list[dict[str, Any]]) -> None:
    for reason in reasons:
        say(f"  {reason['code']:<11} {reason['detail']}")


def _months(number: int) -> str:
    return f"{number} month{'' if number == 1 else 's'}"
