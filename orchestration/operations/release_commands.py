"""`vardlagret release`: what was published, and what changed."""

from __future__ import annotations

from typing import Annotated

import typer

from orchestration.operations.options import Json, home_of, reply

app = typer.Typer(help="Published releases: list, show, verify, diff; hold, publish.", no_args_is_help=True)


@app.command("list")
def release_list(context: typer.Context, as_json: Json = False) -> None:
    """All releases, newest last."""
    from orchestration.operations.published import releases
    from orchestration.operations.summary import print_releases

    home = home_of(context).open()
    answer = releases(home)
    reply(context, "release_list", answer, as_json, print_releases)


@app.command("show")
def release_show(
    context: typer.Context,
    release: Annotated[str, typer.Argument(help="A release's id, or latest.")] = "latest",
    as_json: Json = False,
) -> None:
    """One release: what it holds, what was withheld or carried forward, and why."""
    from orchestration.operations.published import release_contents
    from orchestration.operations.summary import print_release

    home = home_of(context).open()
    answer = release_contents(home, release)
    reply(context, "release_show", answer, as_json, print_release)


@app.command("verify")
def release_verify(
    context: typer.Context,
    release: Annotated[str, typer.Argument(help="A release's id, or latest.")] = "latest",
    as_json: Json = False,
) -> None:
    """Recompute every checksum of a release. Exit 1 when anything differs."""
    from orchestration.operations.published import verified
    from orchestration.operations.summary import print_verification

    home = home_of(context).open()
    answer = verified(home, release)
    reply(context, "release_verify", answer, as_json, print_verification)
    raise typer.Exit(0 if answer["ok"] else 1)


@app.command("diff")
def release_diff(
    context: typer.Context,
    older: Annotated[str | None, typer.Argument(help="A release's id. Default: the one before the newer.")] = None,
    newer: Annotated[str, typer.Argument(help="A release's id, or latest.")] = "latest",
    indicator: Annotated[str | None, typer.Option("--indicator", help="Only this indicator's values.")] = None,
    area: Annotated[str | None, typer.Option("--area", help="Only this area's code.")] = None,
    limit: Annotated[int, typer.Option("--limit", min=0, help="So many values at most; 0 for all.")] = 50,
    as_json: Json = False,
) -> None:
    """What changed between two releases: values, their status, deliveries, what is withheld."""
    from orchestration.operations.published import compared
    from orchestration.operations.release_words import print_diff

    home = home_of(context).open()
    answer = compared(home, older, newer, indicator=indicator, area=area, limit=limit)
    reply(context, "release_diff", answer, as_json, print_diff)


By = Annotated[str, typer.Option("--by", help="Who decides.")]
Reason = Annotated[str, typer.Option("--reason", help="Why.")]


@app.command("hold")
def release_hold(context: typer.Context, reason: Reason, by: By, as_json: Json = False) -> None:
    """No release is made until the hold is lifted by `release publish`; nights build and judge all the same."""
    from orchestration.operations.holding import hold_publication, print_hold

    answer = hold_publication(home_of(context).open(), by=by, reason=reason)
    reply(context, "release_hold", answer, as_json, print_hold)


@app.command("publish")
def release_publish(context: typer.Context, reason: Reason, by: By, as_json: Json = False) -> None:
    """Lift the hold: the next night publishes what it has built."""
    from orchestration.operations.holding import lift_hold, print_hold

    answer = lift_hold(home_of(context).open(), by=by, reason=reason)
    reply(context, "release_publish", answer, as_json, print_hold)
