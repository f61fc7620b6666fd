"""dbt, bound to the life of the process that started it.

A dbt that outlives its night holds the warehouse, and the next night cannot begin. On Linux the kernel ends this one
when the night's own process dies, however it dies (prctl(2), PR_SET_PDEATHSIG). Elsewhere it is the plain dbt.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1


def main() -> None:
    """The program `vardlagret-dbt`: dbt's own command, with its arguments."""
    parent = os.getppid()
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:
            # It died before the kernel was told.
            raise SystemExit(1)
    from dbt.cli.main import cli

    cli()
