"""Being told to end: signals unwind the process as Ctrl-C does, so that nothing stays behind."""

import signal


class Terminated(BaseException):
    """The process was told to end by the signal in `args`; what is half-written is removed."""


def catch_termination() -> None:
    """Let signals that end the process unwind it as Ctrl-C does, but only once."""
    caught = [signal.SIGTERM, *([signal.SIGHUP] if hasattr(signal, "SIGHUP") else [])]
    caught = [number for number in caught if signal.getsignal(number) is signal.SIG_DFL]

    def end(number: int, _: object) -> None:
        for each in caught:
            signal.signal(each, signal.SIG_IGN)
        raise Terminated(number)

    for number in caught:
        signal.signal(number, end)
