"""Whether the process that wrote a line still lives. Process numbers are used again, so a number alone is no proof."""

from __future__ import annotations

import os
import socket
from pathlib import Path


def host() -> str:
    return socket.gethostname()


def identity(pid: int) -> str | None:
    """The process's birth: boot and clock tick. None where the system does not tell (no `/proc`) or it is gone."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    except OSError:
        return None
    # The command's name stands in parentheses and may hold blanks: fields are counted from the last parenthesis.
    return f"{boot}:{stat.rpartition(')')[2].split()[19]}"


def alive(pid: int, born: str | None) -> bool:
    """Whether process `pid` of this host lives and, where `born` is known, is the one that was born then."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
        if stat.rpartition(")")[2].split()[0] in ("Z", "X"):
            return False
    except OSError:
        return True
    return born is None or identity(pid) == born
