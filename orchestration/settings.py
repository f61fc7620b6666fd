"""Settings: which home, which repository, which environment. Read once, when a command starts."""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import time
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parent.parent
DBT_PROJECT = REPOSITORY / "dbt_project"
LOG_FORMATS = ("text", "json")
TIME_ZONE = "Europe/Stockholm"
# 03:30 exists once in every night: clocks go from 02 to 03 in March and from 03 to 02 in October.
NIGHTLY_AT = time(3, 30)


@dataclass(frozen=True)
class Settings:
    """Where a run reads and writes. `home` is absolute."""

    home: Path

    @classmethod
    def read(cls, home: Path | str | None = None) -> Settings:
        """Take the home from the argument, else from `VARDLAGRET_HOME`, else `./var`."""
        chosen = home or os.environ.get("VARDLAGRET_HOME") or "var"
        return cls(home=Path(chosen).expanduser().resolve())


def memory_limit() -> str:
    """What DuckDB may take before it writes to disk, in its own words (`5GB`): `VARDLAGRET_MEMORY_LIMIT`, else that."""
    return os.environ.get("VARDLAGRET_MEMORY_LIMIT") or "5GB"


def corrections_folder() -> Path:
    """Where the corrections are declared: `VARDLAGRET_CORRECTIONS`, else the repository's own."""
    return Path(os.environ.get("VARDLAGRET_CORRECTIONS") or REPOSITORY / "corrections").resolve()


def runbooks() -> str:
    """Where a reader finds the runbooks, no slash at the end: `VARDLAGRET_RUNBOOKS`, else the repository's own."""
    return (os.environ.get("VARDLAGRET_RUNBOOKS") or (REPOSITORY / "docs" / "runbooks").as_uri()).rstrip("/")


def log_format() -> str:
    """How the lines of steps are written: `VARDLAGRET_LOG`, `text` (default) or `json`. Raises `ValueError` else."""
    chosen = os.environ.get("VARDLAGRET_LOG") or "text"
    if chosen not in LOG_FORMATS:
        raise ValueError(f"VARDLAGRET_LOG is {chosen}: give one of {', '.join(LOG_FORMATS)}")
    return chosen
