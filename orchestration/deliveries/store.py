"""The raw store: deliveries' bytes as received, once, under their SHA-256, for ever. Owners' files are not touched."""

from __future__ import annotations

import contextlib
import hashlib
import os
import secrets
import shutil
import stat
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from io import BufferedReader
from pathlib import Path

from orchestration.deliveries.refusal import FileRefused
from orchestration.home import Home, sync_directory
from orchestration.ledger.process import alive

_CHUNK = 1 << 20
_INCOMING = ".incoming-"
# Marks that turn the direction of text: a name with one reads as another name.
_TURNING = frozenset("\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


class FileChanging(OSError):
    """The file changed while it was copied: it is still being written. Take it in again when it is whole."""


def store(path: Path, home: Home) -> tuple[str, int]:
    """Keep a file's bytes in the raw store and return (SHA-256, number of bytes). Safe to repeat and to interrupt.

    Returns only when the bytes would survive a power cut. Raises `FileRefused` (F_NAME) for a link, anything that is
    no plain file, and a name that holds a path or a control character; `FileChanging`; `OSError`.
    """
    check_name(path.name)
    with _opened(path) as source:
        before = os.fstat(source.fileno())
        sha256 = _copy(source, home)
        after = os.fstat(source.fileno())
    if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns):
        raise FileChanging(f"{path} changed while it was read: take it in again when its sender is done")
    return sha256, before.st_size


def keep_as(home: Home, sha256: str, identity: str) -> None:
    """Keep bytes of the store under a second id: a link to the same bytes, a copy where the disk knows no links."""
    held, target = home.raw_file(sha256), home.raw_file(identity)
    if _holds(target, held.stat().st_size):
        return
    incoming = home.raw / f"{_INCOMING}{os.getpid()}-{secrets.token_hex(6)}"
    try:
        try:
            os.link(held, incoming)
        except OSError:
            shutil.copyfile(held, incoming)
            incoming.chmod(0o400)
            with incoming.open("rb") as copy:
                os.fsync(copy.fileno())
        _place(incoming, target, home)
    finally:
        incoming.unlink(missing_ok=True)


def check_name(name: str) -> None:
    """Raise `FileRefused` (F_NAME) for a name that could lead elsewhere or cannot be shown."""
    for character in name:
        if unicodedata.category(character) in ("Cc", "Cs", "Zl", "Zp") or character in _TURNING:
            raise FileRefused(
                "F_NAME", f"the name {printable(name)} holds the character U+{ord(character):04X}: rename the file"
            )
    if "\\" in name or "/" in name:
        raise FileRefused("F_NAME", f"the name {name} holds a path: rename the file")


def printable(name: str) -> str:
    """A name as it may stand in a report: control characters and undecodable bytes written out."""
    return "".join(
        c if unicodedata.category(c) not in ("Cc", "Cs", "Zl", "Zp") and c not in _TURNING else f"\\u{ord(c):04x}"
        for c in name
    )


def clear_leftovers(home: Home) -> None:
    """Remove what a kill left half written: copies whose process is gone, and hidden files among the cells.

    The caller holds the home's lock, so nobody else writes cells.
    """
    for path in home.raw.glob(f"{_INCOMING}*"):
        pid = path.name.removeprefix(_INCOMING).partition("-")[0]
        if pid.isdigit() and not alive(int(pid), None):
            path.unlink(missing_ok=True)
    for path in home.cells.rglob(".*"):
        if path.is_file():
            path.unlink(missing_ok=True)


@contextmanager
def _opened(path: Path) -> Iterator[BufferedReader]:
    """The file opened for reading, never through a link and never waiting for a pipe's other end."""
    if path.is_symlink():
        raise FileRefused("F_NAME", f"{printable(path.name)} is a link: hand over the file itself")
    if not path.exists():
        raise FileNotFoundError(f"there is no file {path}")
    if not path.is_file():
        raise FileRefused("F_NAME", f"{printable(path.name)} is not a plain file: hand over a file")
    handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    with os.fdopen(handle, "rb") as file:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            raise FileRefused("F_NAME", f"{printable(path.name)} is not a plain file: hand over a file")
        yield file


def _holds(target: Path, size: int) -> bool:
    """Whether the bytes lie there already. Only whole files get a name here, so a size that differs is damage."""
    try:
        return target.stat().st_size == size
    except FileNotFoundError:
        return False


def _copy(source: BufferedReader, home: Home) -> str:
    """Copy into the store under the SHA-256 of what was copied, and return it; what lies there already stays."""
    incoming = home.raw / f"{_INCOMING}{os.getpid()}-{secrets.token_hex(6)}"
    digest = hashlib.sha256()
    try:
        with incoming.open("xb") as copy:
            os.fchmod(copy.fileno(), 0o400)
            while chunk := source.read(_CHUNK):
                digest.update(chunk)
                copy.write(chunk)
            copy.flush()
            target = home.raw_file(digest.hexdigest())
            if _holds(target, source.tell()):
                incoming.unlink()
                return digest.hexdigest()
            os.fsync(copy.fileno())
        _place(incoming, target, home)
    except BaseException:
        with contextlib.suppress(OSError):
            incoming.unlink(missing_ok=True)
        raise
    return digest.hexdigest()


def _place(incoming: Path, target: Path, home: Home) -> None:
    if not target.parent.exists():
        target.parent.mkdir(mode=0o700, exist_ok=True)
        sync_directory(home.raw)
    incoming.replace(target)
    sync_directory(target.parent)
