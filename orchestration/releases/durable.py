"""The only way a release touches the disk: every write is followed by its fsync, every rename by its directory's."""

from __future__ import annotations

import os
import shutil
from pathlib import Path


def write(path: Path, content: bytes) -> None:
    """Write a whole file and make it survive a power cut."""
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def sync_file(path: Path) -> None:
    """Make a file that somebody else wrote survive a power cut."""
    with path.open("rb") as file:
        os.fsync(file.fileno())


def sync_folder(path: Path) -> None:
    """Make names in a folder survive a power cut."""
    handle = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def rename(old: Path, new: Path) -> None:
    """Rename, and make the new name survive a power cut."""
    old.replace(new)
    sync_folder(new.parent)


def remove(path: Path) -> None:
    """Remove a file, or a folder that a killed build left; its files may be read-only."""
    if path.is_dir():
        for inner in [path, *path.rglob("*")]:
            if inner.is_dir():
                inner.chmod(0o755)
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
