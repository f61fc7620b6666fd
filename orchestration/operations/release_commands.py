"""`vardlagret release`: what was published, and what changed."""

from __future__ import annotations

from typing import Annotated

import typer

from orchestration.operations.options import Json, Wait, home_of, reply

app = typer.Typer(
    help="Published releases: list, show, verify, diff; hold, publish, withdraw, restore.", no_args_is_help=True
)


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


@app.command("cells")
def release_cells(
    context: typer.Context,
    limit: Annotated[int, typer.Option("--limit", min=0, help="So many cells at most; 0 for all.")] = 50,
    as_json: Json = False,
) -> None:
    """The single cells that checks withhold: fact, source, period, area, check, file and line. For inside the home."""
    from orchestration.operations.masked import masked_cells, print_masked

    answer = masked_cells(home_of(context).open(), limit)
    reply(context, "release_cells", answer, as_json, print_masked)


By = Annotated[str, typer.Option("--by", help="Who decides.")]
Reason = Annotated[str, typer.Option("--reason", help="Why.")]


@app.command("hold")
def release_hold(context: typer.Context, reason: Reason, by: By, as_json: Json = False) -> None:
    """No release is made until the hold is lifted by `release publish`; nights build and judge all the same."""
    from orchestration.operations.holding import hold_publication, print_hold

    answer = hold_publication(home_of(context).open(), by=by, reason=reason)
    reply(context, "release_hold", answer, as_json, print_hold)


@app.command("publish")
def release_publish(
    context: typer.Context,
    reason: Reason,
    by: By,
    accept: Annotated[
        str | None,
        typer.Option(
            "--accept",
            help="A failed check (dataset.expectation), or headlines that moved (headlines). Publishes at once.",
        ),
    ] = None,
    wait: Wait = 0,
    as_json: Json = False,
) -> None:
    """Lift the hold: the next night publishes what it has built. With --accept: publish over a failed check, now.

    What was accepted holds for exactly the rows that failed, and is published in the release's withheld list and
    provenance. Exit as of `nightly`.
    """
    from orchestration.operations import accepting, release_words
    from orchestration.operations.holding import lift_hold, print_hold

    home = home_of(context).open()
    if accept is None:
        reply(context, "release_publish", lift_hold(home, by=by, reason=reason), as_json, print_hold)
        return
    from orchestration.operations.summary import Progress

    result = accepting.publish_over(
        home, accept, by=by, reason=reason, wait_seconds=wait, progress=(lambda _: None) if as_json else Progress()
    )
    answer = accepting.as_answer(home, result, accept, by)
    reply(context, "release_publish", answer, as_json, release_words.print_accepted)
    raise typer.Exit(result.exit)


@app.command("withdraw")
def release_withdraw(
    context: typer.Context,
    reason: Reason,
    by: By,
    release: Annotated[str, typer.Argument(help="A release's id, or latest.")] = "latest",
    wait: Wait = 0,
    as_json: Json = False,
) -> None:
    """Take a release back: a note beside it, the one before published again in its place, and publication held."""
    from orchestration.operations.withdrawing import print_withdrawal, withdraw

    answer = withdraw(home_of(context).open(), release, by=by, reason=reason, wait_seconds=wait)
    reply(context, "release_withdraw", answer, as_json, print_withdrawal)


@app.command("restore")
def release_restore(
    context: typer.Context,
    release: Annotated[str, typer.Argument(help="The id of the release to publish again.")],
    reason: Reason,
    by: By,
    wait: Wait = 0,
    as_json: Json = False,
) -> None:
    """Publish an earlier release's data again, byte for byte, under a new id."""
    from orchestration.operations.withdrawing import print_restored, restore_release

    answer = restore_release(home_of(context).open(), release, by=by, reason=reason, wait_seconds=wait)
    reply(context, "release_restore", answer, as_json, print_restored)
