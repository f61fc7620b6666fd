"""The pages a user reads: links lead somewhere, commands exist, every rule's code is explained, nothing local stands there."""

from __future__ import annotations

import re
import subprocess

import pytest
import typer.main

from orchestration.deliveries.refusal import FILE_RULES, FILE_WARNINGS
from orchestration.operations.cli import app
from orchestration.operations.quarantine import ROW_RULES
from orchestration.settings import REPOSITORY

PAGES = [REPOSITORY / "README.md", *sorted((REPOSITORY / "docs").rglob("*.md"))]


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.relative_to(REPOSITORY).as_posix())
def test_links_lead_somewhere(page) -> None:
    for target in re.findall(r"\]\(([^)#]+)", page.read_text(encoding="utf-8")):
        assert "://" in target or (page.parent / target).exists(), target


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.relative_to(REPOSITORY).as_posix())
def test_commands_exist(page) -> None:
    commands = typer.main.get_command(app)
    # The user and the group of a server have the command's name.
    for line in re.findall(
        r"(?<!-u )(?<!-g )(?<!owner )(?<!srv/)(?<!opt/)vardlagret(?: --home \S+)? ([a-z][a-z -]*)",
        page.read_text(encoding="utf-8"),
    ):
        words = line.split()
        found = commands
        for word in words:
            inner = getattr(found, "commands", None)
            if inner is None or word.startswith("-"):
                break
            assert word in inner, f"{line!r}: no command {word}"
            found = inner[word]


def test_every_rule_is_explained_in_a_runbook() -> None:
    files = (REPOSITORY / "docs" / "runbooks" / "file-refused.md").read_text()
    records = (REPOSITORY / "docs" / "runbooks" / "records-quarantined.md").read_text()
    assert [code for code in (*FILE_RULES, *FILE_WARNINGS) if code not in files] == []
    assert [code for code in ROW_RULES if code not in records] == []


def test_the_row_rules_are_those_that_the_warehouse_can_name() -> None:
    sources = [*(REPOSITORY / "orchestration" / "warehouse").glob("*.py"), REPOSITORY / "dbt_project/macros/staged.sql"]
    sources += (REPOSITORY / "dbt_project/models/staging").rglob("*.sql")
    named = {code for path in sources for code in re.findall(r"\bR_[A-Z_]+", path.read_text())}
    assert named == set(ROW_RULES)


def test_nothing_local_stands_in_the_repository() -> None:
    """No path of one machine, and no host of a package registry."""
    listed = subprocess.run(
        ["git", "ls-files"], cwd=REPOSITORY, capture_output=True, text=True, check=True
    ).stdout.split("\n")
    texts = [p for p in listed if p and not p.endswith((".lock", "test_docs.py"))]
    bad = re.compile(r"/(?:work|root/\.pyenv)/|pypi\.org|pythonhosted|registry\.npmjs")
    found = [p for p in texts if bad.search((REPOSITORY / p).read_text(encoding="utf-8", errors="ignore"))]
    assert found == []
    assert not re.search(r"https?://", (REPOSITORY / "requirements.lock").read_text())
