"""Whose turn it is: the newest request of a visitor counts, and full-size work goes first."""

import threading
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager

REMEMBERED = 10_000  # visitors


class Newest:
    """The number of every visitor's newest request; numbers grow with time."""

    def __init__(self) -> None:
        self._numbers: OrderedDict[str, float] = OrderedDict()
        self._stops: dict[str, float] = {}  # of visitors who asked for no more
        self._lock = threading.Lock()

    def claim(self, visitor: str, number: float) -> bool:
        """Whether a request is the newest so far; those before it are not wanted any more."""
        with self._lock:
            if number < self._numbers.get(visitor, 0):
                return False
            self._numbers[visitor] = number
            self._numbers.move_to_end(visitor)
            while len(self._numbers) > REMEMBERED:
                self._stops.pop(self._numbers.popitem(last=False)[0], None)
            return True

    def stop(self, visitor: str, number: float) -> None:
        """Nothing more is wanted, but what there is may be shown."""
        if self.claim(visitor, number):
            with self._lock:
                self._stops[visitor] = number

    def stopped(self, visitor: str) -> bool:
        """Whether the newest thing that was asked for is to stop."""
        with self._lock:
            return self._stops.get(visitor) == self._numbers.get(visitor, 0)

    def wants(self, visitor: str, number: float) -> bool:
        """Whether nothing newer was asked for."""
        with self._lock:
            return number >= self._numbers.get(visitor, 0)


class Precedence:
    """Lets work that can wait wait for work that cannot."""

    def __init__(self) -> None:
        self._running = 0
        self._changed = threading.Condition()

    @contextmanager
    def first(self) -> Iterator[None]:
        """Run something that goes first."""
        with self._changed:
            self._running += 1
        try:
            yield
        finally:
            with self._changed:
                self._running -= 1
                self._changed.notify_all()

    def wait(self) -> None:
        """Wait until nothing that goes first is running."""
        with self._changed:
            self._changed.wait_for(lambda: not self._running)
