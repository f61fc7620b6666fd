"""Options and arguments that several commands share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from orchestration.home import Home

Json = Annotated[bool, typer.Option("--json", help="Answer as JSON on standard output.")]
Wait = Annotated[float, typer.Option("--wait", help="Seconds to wait for a home that another run holds; 0 not at all.")]


def home_of(context: typer.Context) -> Home:
    """The home that the command was given. Making it touches nothing."""
    from orchestration.home import Home

    return Home(context.obj.home)
