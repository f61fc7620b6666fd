"""What is being written below a home, as Linux tells it (inotify): which file, and whether its writer has closed it."""

from __future__ import annotations

import ctypes
import os
import select
import struct
from pathlib import Path

_MODIFY, _CLOSE_WRITE, _MOVED_TO, _CREATE, _ISDIR = 0x2, 0x8, 0x80, 0x100, 0x40000000
_EVENT = struct.Struct("iIII")
_LIBC = ctypes.CDLL(None, use_errno=True)
#: Not counted: what only people read, and what dbt makes again.
_UNCOUNTED = ("logs", "dagster/dbt_target")


class Writes:
    """Every folder of a home is watched, also those that are made later. `counted` holds the writes by kind of file."""

    def __init__(self, home: Path) -> None:
        self._home = home
        self._handle = _LIBC.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC)
        if self._handle < 0:
            raise OSError(ctypes.get_errno(), "inotify is not to be had: raise fs.inotify.max_user_instances")
        self._folders: dict[int, Path] = {}
        self.counted: dict[str, int] = {}
        self.last: Path | None = None
        self._open: set[Path] = set()
        for folder, _, _ in os.walk(home):
            self._watch(Path(folder))

    def __enter__(self) -> Writes:
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._handle)

    @property
    def underway(self) -> str | None:
        """The file that was written last, where its writer has not closed it; relative to the home."""
        return self.last.relative_to(self._home).as_posix() if self.last in self._open and self.last else None

    def look(self, seconds: float) -> None:
        """Wait at most this long for something to be written, and count what was."""
        if not select.select([self._handle], [], [], seconds)[0]:
            return
        try:
            told = os.read(self._handle, 1 << 16)
        except BlockingIOError:
            return
        place = 0
        while place < len(told):
            number, mask, _, length = _EVENT.unpack_from(told, place)
            name = told[place + _EVENT.size : place + _EVENT.size + length].rstrip(b"\0").decode()
            place += _EVENT.size + length
            if number in self._folders:
                self._note(self._folders[number] / name, mask)

    def _note(self, path: Path, mask: int) -> None:
        if mask & _ISDIR:
            if mask & (_CREATE | _MOVED_TO):
                for folder, _, _ in os.walk(path):
                    self._watch(Path(folder))
            return
        kind = kind_of(path.relative_to(self._home).as_posix())
        if kind is None:
            return
        if mask & _MODIFY:
            self.counted[kind] = self.counted.get(kind, 0) + 1
            self.last = path
            self._open.add(path)
        elif mask & _CLOSE_WRITE:
            self._open.discard(path)

    def _watch(self, folder: Path) -> None:
        mask = _MODIFY | _CLOSE_WRITE | _MOVED_TO | _CREATE
        number = _LIBC.inotify_add_watch(self._handle, os.fsencode(folder), mask)
        if number >= 0:
            self._folders[number] = folder


def kind_of(path: str) -> str | None:
    """`raw`, `journal`, `cells`, `ledger`, `warehouse`, `release`, `dagster` and so on; None where it is not counted."""
    if path.startswith(_UNCOUNTED):
        return None
    if path == "raw/journal.jsonl":
        return "journal"
    return path.split("/")[0].split(".")[0] or "home"
