"""What commands share: options, the home and its ledger, and the choice between JSON and plain words."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any

import typer

from orchestration.operations.answers import headed, print_json

if TYPE_CHECKING:
    from orchestration.home import Home
    from orchestration.ledger.ledger import Ledger

Json = Annotated[bool, typer.Option("--json", help="Answer as JSON on standard output.")]
Wait = Annotated[float, typer.Option("--wait", help="Seconds to wait for a home that another run holds; 0 not at all.")]


def home_of(context: typer.Context) -> Home:
    """The home that the command was given. Making it touches nothing."""
    from orchestration.home import Home

    return Home(context.obj.home)


@contextmanager
def reading(context: typer.Context) -> Iterator[tuple[Home, Ledger]]:
    """The home and its ledger for a report: nothing is changed, and it answers while a run writes."""
    from orchestration.ledger.ledger import Ledger

    home = home_of(context).open()
    with Ledger.open(home.ledger, read_only=True) as ledger:
        yield home, ledger


def reply(
    context: typer.Context,
    schema: str,
    answer: Mapping[str, Any],
    as_json: bool,
    in_words: Callable[[Any], None],
    *,
    one_line: bool = False,
) -> None:
    """The answer as JSON under the contract's head, or in plain words."""
    if as_json:
        print_json(headed(schema, context.obj.home, answer), one_line=one_line)
    else:
        in_words(answer)
