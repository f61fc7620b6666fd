"""The home: the one directory that holds everything a run writes, and `home.json`, which says what kind of home it is.

Here belong paths, permissions, the home's format and its origin. What lies in the directories is for others to know.
"""

from __future__ import annotations

import json
import os
import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

Origin = Literal["real", "synthetic"]

# 2: the ledger's journal lies in raw/ (`ledger/journal.py`).
FORMAT = 2
SCHEMA = "home/1"
_OWNER_ONLY = ("landing", "raw", "cells", "quarantine", "dagster", "logs", "docs")
_READ_BY_ALL = ("releases",)


class HomeError(Exception):
    """A directory that cannot serve as a home: names it, what is wrong, and the next step."""


class HomeMissing(HomeError):
    """There is no home at this path yet."""


class HomeTooOld(HomeError):
    """The home was made by an earlier version and must be brought to today's format first."""


class HomeTooNew(HomeError):
    """The home was made by a newer version, whose format this one does not know."""


@dataclass(frozen=True)
class Home:
    """Paths below one home directory. Making the object touches nothing."""

    path: Path

    @property
    def landing(self) -> Path:
        """Drop box: owners' files, which leave it once their receipt is durable."""
        return self.path / "landing"

    @property
    def raw(self) -> Path:
        """Deliveries' bytes, as `raw/<first two digits>/<sha256>`."""
        return self.path / "raw"

    @property
    def cells(self) -> Path:
        """What was read, as `cells/<source_id>/<layout_id>/<sha256>.parquet`."""
        return self.path / "cells"

    @property
    def quarantine(self) -> Path:
        return self.path / "quarantine"

    @property
    def ledger(self) -> Path:
        return self.path / "ledger.sqlite"

    @property
    def warehouse(self) -> Path:
        return self.path / "warehouse.duckdb"

    @property
    def releases(self) -> Path:
        return self.path / "releases"

    @property
    def dagster(self) -> Path:
        return self.path / "dagster"

    @property
    def logs(self) -> Path:
        return self.path / "logs"

    @property
    def docs(self) -> Path:
        return self.path / "docs"

    @property
    def status_page(self) -> Path:
        """The night shift's page, readable by all: no personal data and no count of persons stands in it."""
        return self.path / "status.html"

    @property
    def lock(self) -> Path:
        return self.path / "home.lock"

    @property
    def declaration(self) -> Path:
        return self.path / "home.json"

    def raw_file(self, sha256: str) -> Path:
        return self.raw / sha256[:2] / sha256

    def cells_file(self, source_id: str, layout_id: str, sha256: str) -> Path:
        return self.cells / source_id / layout_id / f"{sha256}.parquet"

    def create_or_open(self) -> Home:
        """Make what is missing of the tree, set permissions, and check the format. Safe to repeat and to interrupt.

        Raises `HomeTooNew` or `HomeError`; nothing is changed then.
        """
        if self.path.exists() and not self.path.is_dir():
            raise HomeError(f"{self.path} is a file: a home is a directory, choose another --home")
        if self.declaration.exists():
            self._declared()
        self.path.mkdir(parents=True, exist_ok=True)
        for name in _OWNER_ONLY:
            _directory(self.path / name, 0o700)
        for name in _READ_BY_ALL:
            _directory(self.path / name, 0o755)
        for file in (self.warehouse, self.ledger):
            if file.exists():
                file.chmod(0o600)
        if not self.declaration.exists():
            created = datetime.now(UTC).isoformat(timespec="seconds")
            self._declare({"schema": SCHEMA, "format": FORMAT, "origin": None, "created": created})
        return self

    def open(self) -> Home:
        """Check that this is a home of today's format, and change nothing.

        Raises `HomeMissing`, `HomeTooNew`, `HomeTooOld`.
        """
        self._declared()
        return self

    @property
    def format(self) -> int:
        """The format that the home has; today's is `FORMAT`. Raises `HomeMissing`, `HomeTooNew`."""
        return self._declared(any_format=True)["format"]

    def set_format(self) -> None:
        """Say that the home has today's format: what that means has been done."""
        self._declare({**self._declared(any_format=True), "format": FORMAT})

    @property
    def origin(self) -> Origin | None:
        """`real` or `synthetic`, None until the first delivery."""
        return self._declared()["origin"]

    def set_origin(self, origin: Origin) -> None:
        """Settle the origin, once. Raises `HomeError` when it is settled otherwise."""
        declared = self._declared()
        if declared["origin"] == origin:
            return
        if declared["origin"] is not None:
            raise HomeError(f"{self.path} is a {declared['origin']} home and cannot become {origin}: use another home")
        self._declare({**declared, "origin": origin})

    def _declared(self, any_format: bool = False) -> dict:
        try:
            text = self.declaration.read_text(encoding="utf-8")
        except FileNotFoundError:
            raise HomeMissing(
                f"there is no home at {self.path}: `vardlagret --home {self.path} nightly` makes one"
            ) from None
        try:
            declared = json.loads(text)
            known = isinstance(declared["format"], int) and declared["origin"] in (None, "real", "synthetic")
        except (json.JSONDecodeError, KeyError, TypeError):
            known = False
        if not known:
            raise HomeError(f"{self.declaration} is damaged: restore it from a backup of the home")
        if declared["format"] > FORMAT:
            raise HomeTooNew(
                f"{self.path} has format {declared['format']}, this version of vardlagret knows up to {FORMAT}: "
                "install the version that made it, or a newer one"
            )
        if declared["format"] < FORMAT and not any_format:
            raise HomeTooOld(
                f"{self.path} has format {declared['format']}, this version of vardlagret writes {FORMAT}: run "
                f"`vardlagret --home {self.path} doctor --migrate` (with --dry-run to see what it would do)"
            )
        return declared

    def _declare(self, content: dict) -> None:
        write_atomically(self.declaration, json.dumps(content, indent=2) + "\n", mode=0o644)


def write_atomically(path: Path, text: str, *, mode: int) -> None:
    """Replace a small text file so that a reader, or a kill, sees the old or the new and never a part."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fchmod(file.fileno(), mode)
            os.fsync(file.fileno())
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    sync_directory(path.parent)


def sync_directory(path: Path) -> None:
    """Make renames and new names in a directory survive a power cut."""
    handle = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _directory(path: Path, mode: int) -> None:
    path.mkdir(mode=mode, exist_ok=True)
    if path.stat().st_mode & 0o777 != mode:
        path.chmod(mode)
