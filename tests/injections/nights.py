"""Nights of the campaign: the command's own code in a forked child that has Dagster, dbt and the checks imported."""

from __future__ import annotations

import contextlib
import io
import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

from tests.faults.nights import finish, fork, preload
from tests.injections.sheets import Files
from tests.injections.sound import write

KEY = Path(__file__).parents[1] / "support" / "synthetic-pseudonym.key"
#: What the machine's user may have set, and a home of the campaign must not inherit.
_FOREIGN = ("VARDLAGRET_", "DAGSTER_", "DBT_")

__all__ = ["KEY", "command", "copied", "night", "preload"]


def command(home: Path, *arguments: object) -> dict[str, Any]:
    """`vardlagret --home HOME … --json`, in a child: the exit code as `exit_code`, and its answer."""
    return finish(fork(lambda _: _called(home, arguments)))


def _called(home: Path, arguments: tuple[object, ...]) -> dict[str, Any]:
    from orchestration.operations.cli import app

    for name in [n for n in os.environ if n.startswith(_FOREIGN)]:
        del os.environ[name]
    os.environ["VARDLAGRET_PSEUDONYM_KEY_FILE"] = str(KEY)
    said = io.StringIO()
    code: Any = 0
    with contextlib.redirect_stdout(said):
        try:
            app(["--home", str(home), *map(str, arguments), "--json"])
        except SystemExit as ended:
            code = ended.code or 0
    text = said.getvalue()
    try:
        answer = json.loads(text)
    except json.JSONDecodeError:
        last = text.strip().splitlines()[-1:] or ["{}"]
        answer = json.loads(last[0]) if last[0].startswith("{") else {"said": text[-2000:]}
    return answer | {"exit_code": code}


def copied(home: Path, to: Path) -> Path:
    """A copy of a home, without a byte copied where the file system can share them."""
    shutil.rmtree(to, ignore_errors=True)
    to.parent.mkdir(parents=True, exist_ok=True)
    subprocess.run(["cp", "-a", "--reflink=auto", str(home), str(to)], check=True)
    return to


def night(home: Path, files: Files) -> dict[str, Any]:
    """Take the files in by a night, and ask what there is to know: the night's answer, status, quarantine."""
    folder = write(home.with_name(home.name + "-sent"), files)
    done = command(home, "nightly", "--quiet", "--deliveries", folder)
    found = {"night": done, "status": command(home, "status")}
    shutil.rmtree(folder)
    return found
