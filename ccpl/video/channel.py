"""A bounded queue between two threads that either side can close, so that nobody waits for ever."""

import threading
from collections import deque
from collections.abc import Callable, Iterator
from typing import Generic, TypeVar

from ccpl.errors import InputError

T = TypeVar("T")


class Channel(Generic[T]):
    """Items in order, at most `size` of them waiting.

    A side that gives a `patience`, in seconds, gets InputError when the other stands still so long.
    """

    def __init__(self, size: int) -> None:
        self._items: deque[T] = deque()
        self._size = size
        self._changed = threading.Condition()
        self._closed = False

    def put(self, item: T, *, patience: float | None = None) -> bool:
        """Add an item once there is room; False if the channel is closed."""
        with self._changed:
            self._await(lambda: self._closed or len(self._items) < self._size, patience)
            if not self._closed:
                self._items.append(item)
                self._changed.notify_all()
            return not self._closed

    def items(self, *, patience: float | None = None) -> Iterator[T]:
        """Take items until the channel is closed and empty."""
        while True:
            with self._changed:
                self._await(lambda: self._closed or self._items, patience)
                if not self._items:
                    return
                item = self._items.popleft()
                self._changed.notify_all()
            yield item

    def close(self) -> None:
        """Take no more items; those waiting can still be taken."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def _await(self, ready: Callable[[], object], patience: float | None) -> None:
        if not self._changed.wait_for(ready, patience):
            raise InputError(
                f"ffmpeg stood still for {patience:g} s; try again, or another copy of the clip"
            )
