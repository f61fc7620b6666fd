"""The drop box: which files in `landing/` are whole and may be taken in, and how one is told from a later one."""

from __future__ import annotations

import time
from collections.abc import Iterable
from pathlib import Path

from orchestration.deliveries.manifest import is_manifest, manifest_path
from orchestration.home import Home

SETTLE_SECONDS = 2.0
_State = tuple[int, int, int, int]


def landing_files(home: Home, settle_seconds: float = SETTLE_SECONDS) -> list[Path]:
    """Files that lie whole in the landing, in order of name. Hidden files, `.part` files and manifests are not listed.

    A file (or its manifest) that changed within the last `settle_seconds` is looked at a second time after that many
    seconds, and left for the next night if it is still changing. A landing where nothing is fresh costs no waiting.
    """
    seen = {path: _states(path) for path in files_in(home.landing)}
    if any(_fresh(states, settle_seconds) for states in seen.values()):
        time.sleep(settle_seconds)
        seen = {path: states for path, states in seen.items() if states == _states(path)}
    return [path for path in seen if path.exists() or path.is_symlink()]


def files_in(folder: Path) -> list[Path]:
    """Everything below a folder that may be a delivery, in order of name; nothing hidden, no `.part`, no manifest."""
    found = [p for p in folder.rglob("*") if (p.is_symlink() or not p.is_dir()) and not _hidden(p, folder)]
    return in_order(p for p in found if not p.name.endswith(".part") and not is_manifest(p))


def in_order(paths: Iterable[Path]) -> list[Path]:
    """By name, then by folder: the same files arrive in the same order on every machine."""
    return sorted(paths, key=lambda p: (p.name, str(p)))


def arrival_mark(path: Path) -> str | None:
    """What tells this very file from one laid there later under the same name: its inode and time of change."""
    try:
        state = path.lstat()
    except FileNotFoundError:
        return None
    return f"{state.st_dev}:{state.st_ino}:{state.st_ctime_ns}"


def _hidden(path: Path, folder: Path) -> bool:
    return any(part.startswith(".") for part in path.relative_to(folder).parts)


def _states(path: Path) -> list[_State | None]:
    return [_state(path), _state(beside) if (beside := manifest_path(path)) else None]


def _state(path: Path) -> _State | None:
    try:
        state = path.lstat()
    except FileNotFoundError:
        return None
    return state.st_ino, state.st_size, state.st_mtime_ns, state.st_ctime_ns


def _fresh(states: list[_State | None], settle_seconds: float) -> bool:
    now = time.time_ns()
    return any(s is not None and now - max(s[2], s[3]) < settle_seconds * 1e9 for s in states)
