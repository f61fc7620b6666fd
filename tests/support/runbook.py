"""Runbooks as their reader has them: the commands in their console blocks, in order."""

from __future__ import annotations

import re

from orchestration.settings import REPOSITORY

FOLDER = REPOSITORY / "docs" / "runbooks"


def blocks(text: str) -> list[list[str]]:
    """The commands of each console block of a page, without the prompt; what the commands print is left out."""
    found = re.findall(r"^ *```console\n(.*?)^ *```", text, re.MULTILINE | re.DOTALL)
    return [[line.strip()[2:] for line in block.splitlines() if line.strip().startswith("$ ")] for block in found]


def commands(name: str) -> list[str]:
    """Every command of a runbook, in order."""
    return [line for block in blocks((FOLDER / f"{name}.md").read_text(encoding="utf-8")) for line in block]
