import os
import signal
from threading import Event

import pytest

from ccpl.termination import ENDING, Terminated, catch_termination, ended_as_interrupt


@pytest.fixture
def handlers():
    """Signals as on the command line; afterwards as before."""
    before = {number: signal.getsignal(number) for number in ENDING}
    for number in ENDING:  # nohup lets programs ignore SIGHUP
        signal.signal(number, signal.SIG_DFL)
    catch_termination()
    yield {number: signal.getsignal(number) for number in ENDING}
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.parametrize("number", ENDING)
def test_a_signal_is_an_interrupt_inside_and_itself_outside(handlers, number):
    inside = []
    with pytest.raises(Terminated) as ended, ended_as_interrupt():
        try:
            os.kill(os.getpid(), number)
        except KeyboardInterrupt:
            inside.append(number)
            raise
    assert inside == [number] and ended.value.args == (number,)


@pytest.mark.parametrize("number", ENDING)
def test_a_signal_that_comes_while_an_object_is_removed_is_not_lost(handlers, number):
    class Removed:
        def __del__(self):
            os.kill(os.getpid(), number)

    with pytest.raises(Terminated) as ended:
        Removed()
        Event().wait(5)
    assert ended.value.args == (number,)


def test_without_a_signal_nothing_changes(handlers):
    with pytest.raises(KeyboardInterrupt), ended_as_interrupt():
        raise KeyboardInterrupt
    with ended_as_interrupt():
        signal.signal(signal.SIGTERM, signal.SIG_DFL)  # as some libraries do
    assert {number: signal.getsignal(number) for number in ENDING} == handlers
