"""The machine: what it refused, in words and with the next step, and who goes first on its processors.

A refusal (no space, no right to write, a disk that fails) reaches us as an error of the system, of SQLite, of DuckDB,
or only as text that a dbt or Dagster step left.
"""

from __future__ import annotations

import errno
import os
from contextlib import suppress
from pathlib import Path

#: The niceness of a run that builds: that of the command `nice`.
NICENESS = 10

_FULL = "the disk that holds {home} is full: free space (`vardlagret --home {home} gc`, docs/runbooks/disk-low.md)"
_CLOSED = (
    "{home} cannot be written: make it writable for this user (`vardlagret --home {home} doctor` names what is not)"
)
_FAILING = "the disk that holds {home} fails: look at the system's log (`journalctl -k`) and mend or replace the disk"
_AGAIN = ", then run the same command again; nothing half done is left"

_ERRNO = {
    errno.ENOSPC: _FULL, errno.EDQUOT: _FULL, errno.EFBIG: _FULL,
    errno.EROFS: _CLOSED, errno.EACCES: _CLOSED, errno.EPERM: _CLOSED,
    errno.EIO: _FAILING,
}  # fmt: skip
_TEXTS = {
    "no space left on device": _FULL,
    "disk is full": _FULL,
    "disk quota exceeded": _FULL,
    "file too large": _FULL,
    "read-only file system": _CLOSED,
    "readonly database": _CLOSED,
    "permission denied": _CLOSED,
    "unable to open database file": _CLOSED,
    "input/output error": _FAILING,
    "disk i/o error": _FAILING,
}


def machine_fault(error: BaseException, home: Path) -> str | None:
    """What the machine refused and what to do, where this error, or one that led to it, comes from that; else None."""
    seen: set[int] = set()
    behind: BaseException | None = error
    found: list[str] = []
    while behind is not None and id(behind) not in seen:
        seen.add(id(behind))
        said = str(behind).lower()
        told = [words for text, words in _TEXTS.items() if text in said]
        if isinstance(behind, OSError) and behind.errno in _ERRNO:
            told.append(_ERRNO[behind.errno])
        # A delivery elsewhere that may not be read says nothing of the home.
        elsewhere = "denied" in said and str(home).lower() not in said
        found += [words for words in told if not (words is _CLOSED and elsewhere)]
        behind = behind.__cause__ or behind.__context__
    # A full disk shows itself in several ways, also as a database that cannot be opened.
    chosen = next((words for words in (_FULL, _FAILING, _CLOSED) if words in found), None)
    return chosen and chosen.format(home=home) + _AGAIN


def give_way() -> None:
    """Let every other process go first on the processors from now on: `status` is asked for while a run writes."""
    with suppress(OSError):
        os.nice(max(0, NICENESS - os.nice(0)))
