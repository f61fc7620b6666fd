"""A night shift: a home of its own, its own copy of the code, and what the watch sends to it by webhook and mail."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from orchestration.ledger.file import LedgerError
from orchestration.ledger.ledger import Ledger
from orchestration.settings import REPOSITORY
from orchestration.watch.incidents import RUNBOOKS
from tests.support.command import VARDLAGRET, environment
from tests.support.receivers import Mailbox
from tests.support.runbook import FOLDER, blocks

_CODE = ("orchestration", "expectations", "dbt_project", "corrections")
_ALONE = ("dagster.yaml", "workspace.yaml", "pyproject.toml", "requirements.lock")
#: Commands that answer and whose exit says how things stand: 1 is an answer too.
_ANSWERS = re.compile(r"vardlagret --home \S+ (status|doctor|release verify|explain)")


def copy_of_the_code(folder: Path) -> Path:
    """The repository's code in a folder of its own, for a test that damages it."""
    for name in _CODE:
        leave = shutil.ignore_patterns("__pycache__", "target", "logs", "*.duckdb")
        shutil.copytree(REPOSITORY / name, folder / name, ignore=leave)
    for name in _ALONE:
        shutil.copyfile(REPOSITORY / name, folder / name)
    return folder


def stage_of(home: Path) -> str | None:
    """The stage that the open run is in, as the ledger says."""
    try:
        with Ledger.open(home / "ledger.sqlite", read_only=True) as ledger:
            runs = ledger.open_runs()
            return runs[-1].stage if runs else None
    except (LedgerError, OSError):
        return None


@dataclass
class Look:
    """What one look of the watch opened and cleared, by incident id, and which are quiet."""

    opened: set[str]
    cleared: set[str]
    quiet: set[str]


@dataclass
class Shift:
    """`receivers` are the URLs that the watch sends to; `posted` and `mailbox` hold what came."""

    home: Path
    code: Path
    receivers: list[str]
    posted: list[dict]
    mailbox: Mailbox

    def environment(self) -> dict[str, str]:
        return environment() | {"PYTHONPATH": str(self.code), "VARDLAGRET_NOTIFY": " ".join(self.receivers)}

    def run(self, *arguments: object, expect: set[int] | None = None) -> subprocess.CompletedProcess[str]:
        """A command of ours, in the shift's code."""
        return self.shell(" ".join(["vardlagret --home H", *map(str, arguments)]), expect=expect or {0})

    def shell(self, command: str, *, expect: set[int], **names: object) -> subprocess.CompletedProcess[str]:
        """A line as a person types it, with the words in capitals put in."""
        line = re.sub(r"^vardlagret", str(VARDLAGRET), command)
        for word, meant in ({"H": self.home} | names).items():
            line = re.sub(rf"(?<![\w-]){word}(?![\w-])", str(meant), line)
        done = subprocess.run(
            ["bash", "-c", line], capture_output=True, text=True, check=False, env=self.environment(), timeout=900
        )
        assert done.returncode in expect, f"{line}\nexit {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done

    def look(self) -> Look:
        """One look of the watch. What it says it told has come to both receivers, and nothing else has."""
        before = len(self.posted), len(self.mailbox.received)
        told = json.loads(self.run("watch", "--json").stdout)
        posts = self.posted[before[0] :]
        titles = self.mailbox.titles[before[1] :]
        assert sorted(p["title"] for p in posts) == sorted(titles)
        assert len(posts) == told["sent"]
        assert {i for i in told["opened"] if i not in told["quiet"]} <= {
            line.removeprefix("Incident: ") for p in posts for line in p["message"].splitlines()
        }
        for incident in told["cleared"]:
            assert any(p["title"].startswith("Vårdlagret: cleared") and incident in p["message"] for p in posts)
        return Look(set(told["opened"]), set(told["cleared"]), set(told["quiet"]))

    def follow(self, code: str, *, block: int | None = None, short_of: str = "", **names: object) -> None:
        """Carry out the commands of an incident's runbook, of one block or of all; `short_of` ends before a command."""
        found = blocks((FOLDER / f"{RUNBOOKS[code]}.md").read_text(encoding="utf-8"))
        for command in [c for part in (found if block is None else [found[block]]) for c in part]:
            if short_of and short_of in command:
                return
            self.shell(command, expect={0, 1} if _ANSWERS.match(command) else {0, 3}, **names)
