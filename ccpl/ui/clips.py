"""Clips that are being made, apart from the pages that watch: a page may be reloaded meanwhile."""

import contextvars
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from time import monotonic
from uuid import uuid4

from ccpl.video import VideoProgress

AT_ONCE = 2  # clips
ABANDONED = 60.0  # seconds without anyone who watches
LOOK = 0.5  # seconds between two looks at a clip that is being made
KEPT = 3600.0  # seconds a finished clip can be asked for

Make = Callable[[], Iterator[VideoProgress]]


class Clip:
    """One clip: made in a thread of its own until it is done, cancelled or abandoned."""

    def __init__(self, make: Make, source: str, start: float, slots: threading.Semaphore) -> None:
        self.id = uuid4().hex
        self.source, self.start = source, start
        self.began = monotonic()
        self.seconds = 0.0  # until it was done
        self.report: VideoProgress | None = None
        self.error: Exception | None = None
        self.cancelled = self.ended = False
        self._watched = monotonic()
        self._changed = threading.Condition()
        context = contextvars.copy_context()  # a borrowed GPU is asked for in the visitor's name
        threading.Thread(target=context.run, args=(self._run, make, slots), daemon=True).start()

    def _run(self, make: Make, slots: threading.Semaphore) -> None:
        try:
            with slots:
                self._work(make)
        except Exception as error:  # handed on to whoever watches
            self.error = error
        finally:
            with self._changed:
                self.ended, self.seconds = True, monotonic() - self.began
                self._changed.notify_all()

    def _work(self, make: Make) -> None:
        if self.cancelled:
            return
        with closing(make()) as reports:
            for report in reports:
                with self._changed:
                    self.report = report
                    self._changed.notify_all()
                if self.cancelled or monotonic() - self._watched > ABANDONED:
                    self.cancelled = report.result is None
                    return

    def cancel(self) -> None:
        """Stop soon; nothing is kept."""
        self.cancelled = True

    def watch(self) -> Iterator[VideoProgress | None]:
        """How far it is, at most twice a second; None while it waits for others.

        Raises:
            InputError: what was asked for cannot be made.
        """
        while not self.ended and not self.cancelled:
            self._watched = monotonic()
            yield self.report
            with self._changed:
                self._changed.wait_for(lambda: self.ended or self.cancelled, LOOK)
        if self.error:
            raise self.error
        if not self.cancelled:
            yield self.report


class Clips:
    """All clips that can be asked for, by their ids."""

    def __init__(self) -> None:
        self._clips: dict[str, Clip] = {}
        self._slots = threading.Semaphore(AT_ONCE)
        self._lock = threading.Lock()

    def begin(self, make: Make, source: str, start: float) -> Clip:
        """Begin to make a clip.

        Args:
            make: yields reports.
            source: path of the original.
            start: the second of the original it begins at.
        """
        clip = Clip(make, source, start, self._slots)
        with self._lock:
            old = [c.id for c in self._clips.values() if monotonic() - c.began > KEPT and c.ended]
            for name in old:
                del self._clips[name]
            self._clips[clip.id] = clip
        return clip

    def find(self, name: str | None) -> Clip | None:
        """A clip that was begun, unless it is forgotten."""
        with self._lock:
            return self._clips.get(name or "")
