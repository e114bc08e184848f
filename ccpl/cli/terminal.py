"""What a command shows while it works, and how it ends when it is told to."""

import signal
from collections.abc import Iterator
from typing import Any

from tqdm import tqdm


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


def follow(reports: Iterator[Any], unit: str, name: str | None = None) -> Any:
    """Show a progress bar for reports with `done` and `total`; returns the last one."""
    with tqdm(desc=name, unit=unit, leave=False) as bar:
        for report in reports:
            bar.total = report.total
            bar.update(report.done - bar.n)
    return report
