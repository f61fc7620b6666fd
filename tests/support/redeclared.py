"""The command run on a copy of the code in which a source is declared otherwise."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

from orchestration.settings import REPOSITORY
from tests.support.command import environment

_CODE = ("orchestration", "expectations", "dbt_project", "corrections", "docs", "dagster.yaml", "workspace.yaml",
         "pyproject.toml", "requirements.lock")  # fmt: skip
_RUN = "import sys; from orchestration.operations.cli import main; sys.argv[0] = 'vardlagret'; main()"


def copy_of_code(target: Path) -> Path:
    """The repository's code under `target`, to be changed."""
    target.mkdir()
    for name in _CODE:
        found = REPOSITORY / name
        if found.is_dir():
            ignored = shutil.ignore_patterns("__pycache__", "target", "logs")
            shutil.copytree(found, target / name, ignore=ignored)
        elif found.exists():
            shutil.copy2(found, target / name)
    return target


def redeclare(code: Path, source: str, old: str, new: str) -> None:
    """Replace one text in a source's declaration."""
    path = code / "orchestration" / "sources" / f"{source}.yml"
    text = path.read_text(encoding="utf-8")
    assert text.count(old) >= 1, f"{source}.yml holds no {old!r}"
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def run(code: Path, home: Path, *arguments: object, expect: int | None = 0) -> subprocess.CompletedProcess[str]:
    """`vardlagret` of that copy. `expect`: its exit code, `None` for any."""
    done = subprocess.run(
        [sys.executable, "-c", _RUN, "--home", str(home), *map(str, arguments)],
        capture_output=True, text=True, check=False, timeout=600, cwd=code,
        env=environment() | {"PYTHONPATH": str(code)},
    )  # fmt: skip
    assert expect is None or done.returncode == expect, f"exit {done.returncode}\n{done.stdout}\n{done.stderr}"
    return done
