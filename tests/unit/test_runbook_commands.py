"""Every command in a runbook's console blocks, and every incident's next command, can be typed: command and options exist."""

from __future__ import annotations

import shlex

import pytest
import typer.main

from orchestration.operations.cli import app
from orchestration.watch.incidents import RUNBOOKS, incidents
from tests.support.runbook import FOLDER, commands
from tests.unit.test_watch_incidents import STANDING

PAGES = sorted(FOLDER.glob("*.md"))


def check(line: str) -> None:
    """Parse a command line as the command would, without running it. Raises for what cannot be typed."""
    words = shlex.split(line, comments=True)[1:]
    command, context = typer.main.get_command(app), None
    while True:
        context = command.make_context(command.name, words, parent=context)
        left = [*getattr(context, "_protected_args", []), *context.args]
        if not hasattr(command, "commands") or not left:
            return
        _, command, words = command.resolve_command(context, left)


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.stem)
def test_the_commands_of_runbooks_can_be_typed(page) -> None:
    for line in commands(page.stem):
        if line.startswith("vardlagret"):
            check(line.replace("FILE", __file__))


def test_every_incident_has_a_runbook_with_commands() -> None:
    assert {code: bool(commands(page)) for code, page in RUNBOOKS.items()} == dict.fromkeys(RUNBOOKS, True)


@pytest.mark.parametrize("code", STANDING)
def test_the_next_command_of_an_incident_can_be_typed(code: str) -> None:
    (found,) = incidents(STANDING[code])
    check(found.next_command.replace("v ", "vardlagret --home H ", 1))


@pytest.mark.parametrize(
    "line", ["vardlagret --home H statuss", "vardlagret --home H watch ack X", "vardlagret gc --no"]
)
def test_a_wrong_command_is_found(line: str) -> None:
    with pytest.raises(Exception, match=r"(?i)no such|missing parameter"):
        check(line)
