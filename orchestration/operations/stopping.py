"""A run that is asked to stop: Ctrl-C at a terminal, SIGTERM from systemd, a container or Dagster's page.

Dagster takes these signals over while it executes, raises them in a step that runs and drops them between steps. Here
every one of them is noted as it arrives, whoever handles it, so that a run which was asked to stop does stop.
"""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

SIGNALS = (signal.SIGTERM, signal.SIGINT)
_noted: int | None = None


class Stopped(Exception):
    """The run was asked to stop, and did."""


@contextmanager
def stoppable() -> Iterator[None]:
    """Inside, a signal to stop raises `Stopped`; a second one ends the process at once. Only in the main thread.

    Also where it reached dbt as a `KeyboardInterrupt`, or whoever was interrupted made an error of their own of it, as
    Dagster does of what is raised while it loads the definitions.
    """
    global _noted
    if threading.current_thread() is not threading.main_thread() or _noted is not None:
        yield
        return
    before = {number: signal.getsignal(number) for number in SIGNALS}
    receiving, sending = os.pipe()
    for end in (receiving, sending):
        os.set_blocking(end, False)
    # The numbers of signals, written by the interpreter itself also where Dagster has put a handler of its own.
    written_to = signal.set_wakeup_fd(sending, warn_on_full_buffer=False)
    _noted = receiving
    for number in SIGNALS:
        signal.signal(number, _raise)
    try:
        yield
    except Stopped:
        raise
    except (Exception, KeyboardInterrupt):
        stop_if_asked()
        raise
    finally:
        _noted = None
        signal.set_wakeup_fd(written_to)
        for number, handler in before.items():
            signal.signal(number, handler)
        os.close(receiving)
        os.close(sending)


def stop_if_asked() -> None:
    """Raise `Stopped` where a signal to stop has arrived since this was last asked."""
    if _noted is None:
        return
    try:
        arrived = os.read(_noted, 1 << 10)
    except BlockingIOError:
        return
    for number in SIGNALS:
        if number in arrived:
            raise Stopped(_words(number))


def _raise(number: int, _: FrameType | None) -> None:
    signal.signal(number, signal.SIG_DFL)
    raise Stopped(_words(number))


def _words(number: int) -> str:
    return f"the run was asked to stop ({signal.Signals(number).name}), and stopped; what was out stays out"
