"""Being told to end: signals unwind the process as Ctrl-C does, so that nothing stays behind."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Timer
from types import FrameType

ENDING = [signal.SIGTERM, *([signal.SIGHUP] if hasattr(signal, "SIGHUP") else [])]


AGAIN = 0.05  # seconds until a signal that came at a bad moment is sent again


class Terminated(BaseException):
    """The process was told to end by the signal in `args`; what is half-written is removed."""


def catch_termination() -> None:
    """Let signals that end the process unwind it as Ctrl-C does, but only once."""
    caught = [number for number in ENDING if signal.getsignal(number) is signal.SIG_DFL]

    def end(number: int, frame: FrameType | None) -> None:
        if _postponed(number, frame):
            return
        for each in caught:
            signal.signal(each, signal.SIG_IGN)
        raise Terminated(number)

    for number in caught:
        signal.signal(number, end)


@contextmanager
def ended_as_interrupt() -> Iterator[None]:
    """Inside, a signal raises KeyboardInterrupt, for libraries in C that pass on nothing else.

    Outside it is what its handler makes of it.
    """
    before = {number: signal.getsignal(number) for number in ENDING}
    told: list[int] = []

    def interrupt(number: int, frame: FrameType | None) -> None:
        if _postponed(number, frame):
            return
        for each in ENDING:
            signal.signal(each, signal.SIG_IGN)
        told.append(number)
        raise KeyboardInterrupt

    for number in (number for number in ENDING if callable(before[number])):
        signal.signal(number, interrupt)
    try:
        yield
    except KeyboardInterrupt:
        if not told:
            raise
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    if told:
        before[told[0]](told[0], None)


def _postponed(number: int, frame: FrameType | None) -> bool:
    """Send a signal again, soon, if it came within a `__del__`, where Python drops exceptions."""
    while frame and frame.f_code.co_name != "__del__":
        frame = frame.f_back
    if frame:
        Timer(AGAIN, os.kill, (os.getpid(), number)).start()
    return frame is not None
