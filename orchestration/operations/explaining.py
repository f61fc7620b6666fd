"""`vardlagret explain`: where a value comes from. The home is held while the warehouse is read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from orchestration.operations.options import Json, Wait, home_of, reply

if TYPE_CHECKING:
    from orchestration.home import Home


def explain(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="An indicator's id, or a fact: fct_costs, fct_wait_times ...")],
    key: Annotated[
        list[str] | None,
        typer.Argument(help="Values of its key, as area_code=25 period=2016; so many that one row is meant."),
    ] = None,
    release: Annotated[
        str | None, typer.Option("--release", help="A release's id. Default: the latest.", show_default=False)
    ] = None,
    every: Annotated[bool, typer.Option("--all", help="All rows, cells and deliveries, not the first 20.")] = False,
    wait: Wait = 0,
    as_json: Json = False,
) -> None:
    """Where a value comes from, down to the raw line, read again and compared. Exit 1 when different or not found."""
    from orchestration.operations.explain_words import print_explanation

    if wrong := [part for part in key or [] if "=" not in part]:
        raise typer.BadParameter(f"{wrong[0]!r}: write name=value, as area_code=25", param_hint="KEY")
    answer, code = explained(home_of(context), name, dict(p.split("=", 1) for p in key or []), release, wait)
    reply(context, "explain", answer, as_json, lambda a: print_explanation(a, every=every))
    raise typer.Exit(code)


def explained(
    home: Home, name: str, key: dict[str, str], release: str | None, wait_seconds: float
) -> tuple[dict[str, Any], int]:
    """The answer and the exit code: 0 equal, 1 different, or no such row (the answer then holds `candidates`).

    Raises `HomeLocked` while another run writes: the warehouse can be opened by one process alone.
    """
    from orchestration.deliveries.refusal import FileRefused
    from orchestration.explain.answer import NotOne
    from orchestration.explain.answer import explain as answer_of
    from orchestration.indicators.catalogue import load_definitions
    from orchestration.operations.published import named
    from orchestration.operations.recording import hold_with_ledger
    from orchestration.releases.history import latest_id
    from orchestration.sources.catalogue import load_catalogue
    from orchestration.sources.corrections import load_corrections
    from orchestration.warehouse.connection import open_warehouse
    from orchestration.warehouse.fingerprint import code_version

    home.open()
    if not home.warehouse.exists():
        raise LookupError(f"{home.path} has no warehouse; `vardlagret --home {home.path} nightly` builds it")
    chosen = named(home, release) if release else latest_id(home.releases)
    corrections = [] if home.origin == "synthetic" else load_corrections()
    with (
        hold_with_ledger(home, "explain", wait_seconds) as ledger,
        open_warehouse(home.warehouse, read_only=True) as con,
    ):
        try:
            answer = answer_of(con, home, ledger, load_catalogue(), load_definitions(), corrections, name, key, chosen)
        except NotOne as error:
            return {"error": str(error), "candidates": error.candidates}, 1
        except FileRefused as refusal:
            raise LookupError(f"a delivery can no longer be read: {refusal}") from None
    return answer | {"code_version": code_version()}, 0 if answer["equal"] else 1
