"""Every command in a runbook's console blocks, and every incident's next command, can be typed: command and options exist."""

from __future__ import annotations

import re
import shlex

import pytest
import typer.main

from orchestration.operations.cli import app
from orchestration.settings import REPOSITORY
from orchestration.watch.incidents import incidents
from tests.unit.test_watch_incidents import STANDING

RUNBOOKS = sorted((REPOSITORY / "docs" / "runbooks").glob("*.md"))


def check(line: str) -> None:
    """Parse a command line as the command would, without running it. Raises for what cannot be typed."""
    words = shlex.split(line)[1:]
    command, context = typer.main.get_command(app), None
    while True:
        context = command.make_context(command.name, words, parent=context)
        left = [*getattr(context, "_protected_args", []), *context.args]
        if not hasattr(command, "commands") or not left:
            return
        _, command, words = command.resolve_command(context, left)


def console_lines(text: str) -> list[str]:
    blocks = re.findall(r"^```console\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    return [line[2:] for block in blocks for line in block.splitlines() if line.startswith("$ vardlagret")]


@pytest.mark.parametrize("page", RUNBOOKS, ids=lambda p: p.stem)
def test_the_commands_of_runbooks_can_be_typed(page) -> None:
    for line in console_lines(page.read_text(encoding="utf-8")):
        check(line)


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
