"""The command as a user types it, in a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

VARDLAGRET = Path(sys.executable).with_name("vardlagret")


def environment() -> dict[str, str]:
    """The caller's environment without a home or an instance of its own, and with a key for synthetic pseudonyms."""
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("VARDLAGRET_", "DAGSTER_", "DBT_"))}
    return clean | {"VARDLAGRET_PSEUDONYM_KEY_FILE": str(Path(__file__).with_name("synthetic-pseudonym.key"))}


def vardlagret(home: Path, *arguments: object, expect: int | None = 0) -> subprocess.CompletedProcess[str]:
    """Run a command on a home and check its exit code (None: any)."""
    command = [str(VARDLAGRET), "--home", str(home), *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment(), timeout=600)
    if expect is not None:
        assert done.returncode == expect, f"exit {done.returncode}, expected {expect}\n{done.stdout}\n{done.stderr}"
    return done


def answer(home: Path, *arguments: object, expect: int | None = 0) -> dict[str, Any]:
    """The command's JSON answer: the last line, or the whole of standard output."""
    text = vardlagret(home, *arguments, "--json", expect=expect).stdout
    try:
        return json.loads(text)
    except json.JSONDecodeError:
        return json.loads(text.strip().splitlines()[-1])


def latest(home: Path) -> dict[str, str]:
    return json.loads((home / "releases" / "latest.json").read_text())
