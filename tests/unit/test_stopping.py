"""A signal to stop: raised where it can be, noted where Dagster has taken it."""

from __future__ import annotations

import os
import signal
import threading

import pytest
from dagster._utils.interrupts import capture_interrupts

from orchestration.operations.stopping import SIGNALS, Stopped, stop_if_asked, stoppable


@pytest.mark.parametrize("number", SIGNALS)
def test_a_signal_raises_and_the_handlers_before_come_back(number: signal.Signals) -> None:
    before = [signal.getsignal(n) for n in SIGNALS]
    with stoppable(), pytest.raises(Stopped, match=number.name):
        signal.raise_signal(number)
    assert [signal.getsignal(n) for n in SIGNALS] == before
    stop_if_asked()


@pytest.mark.parametrize("number", SIGNALS)
def test_a_signal_that_dagster_takes_and_drops_is_known_afterwards(number: signal.Signals) -> None:
    with stoppable():
        stop_if_asked()
        with capture_interrupts():
            os.kill(os.getpid(), number)
        with pytest.raises(Stopped, match=number.name):
            stop_if_asked()
        stop_if_asked()


@pytest.mark.parametrize("number", SIGNALS)
def test_what_others_make_of_the_signal_is_a_stop(number: signal.Signals) -> None:
    """Dagster, loading the definitions, raises an error of its own over whatever is raised in them."""

    def loading() -> None:
        try:
            signal.raise_signal(number)
        except Stopped:
            raise RuntimeError("a module could not be loaded") from None

    with pytest.raises(Stopped, match=number.name), stoppable():
        loading()
    with pytest.raises(RuntimeError, match="nobody asked"), stoppable():
        raise RuntimeError("nobody asked")


def test_other_signals_and_other_threads_stop_nothing() -> None:
    with stoppable():
        before = signal.signal(signal.SIGUSR1, lambda *_: None)
        os.kill(os.getpid(), signal.SIGUSR1)
        stop_if_asked()
        signal.signal(signal.SIGUSR1, before)
    raised: list[BaseException] = []

    def elsewhere() -> None:
        try:
            with stoppable():
                stop_if_asked()
        except BaseException as error:
            raised.append(error)

    thread = threading.Thread(target=elsewhere)
    thread.start()
    thread.join()
    assert raised == []
