"""Frames out of a clip, through an ffmpeg pipe and in constant memory.

They are upright, full-range sRGB, at one constant and exact rate.
"""

from collections.abc import Iterator
from fractions import Fraction

import numpy as np

from ccpl.video.ffmpeg import FFmpegProcess, input_args
from ccpl.video.filters import frame_filters
from ccpl.video.probe import VideoInfo
from ccpl.video.seek import find_entry, unaddressed

OPAQUE = 250  # of 255, from which on a place does not count as transparent
_DAMAGE = ("error", "invalid", "corrupt", "damaged", "partial file", "prematurely")


class VideoReader:
    """The frames of a clip; a context manager, and an iterator over (H, W, 3) uint8 RGB arrays.

    A damaged clip is read as far as it goes; `count` and `damage` then tell.

    Args:
        info: what `probe` said.
        size: (height, width) to scale to; default: the clip's own.
        rate: frames a second; default: the clip's own. Frames are repeated or dropped to keep time.
        start, seconds: the part to read, in whole frames; default: all.
        deep: frames are uint16, full range; not of clips that are shown on white.
        clear: frames are (H, W, 4), the last channel being opacity; without, what is transparent
            is shown on white.
        coded: RGB as it is coded, whatever the file says of its primaries and its brightness.
    Attributes:
        count: frames read so far.
        notes: sentences on what is not shown as it was.
    """

    def __init__(
        self,
        info: VideoInfo,
        *,
        size: tuple[int, int] | None = None,
        rate: Fraction | None = None,
        start: Fraction | float = Fraction(0),
        seconds: Fraction | float | None = None,
        deep: bool = False,
        coded: bool = False,
        clear: bool = False,
    ) -> None:
        self.info, self.coded, self.clear = info, coded, clear
        self.deep = deep
        self.size = size or (info.height, info.width)
        self.rate = rate or info.rate
        self.start = round(start * self.rate) / self.rate
        self.wanted = None if seconds is None else max(1, round(seconds * self.rate))
        self.count = 0
        self.notes: list[str] = []

    def __enter__(self) -> "VideoReader":
        info = self.info
        self._entry = find_entry(info, self.start)
        options = ["-noaccurate_seek", "-reinit_filter", "0"]
        args = input_args(info.path, *options, start=self._entry.at, decoder=info.source)
        begin = self.start + info.origin - (self._entry.at or info.picture_from)
        filters = frame_filters(
            info,
            size=self.size,
            rate=self.rate,
            begin=begin,
            deep=self.deep,
            coded=self.coded,
            clear=self.clear,
        )
        if info.opacity is None:
            args += ["-map", f"0:{info.stream}", "-vf", filters]
        else:
            both = f"[0:{info.stream}][0:{info.opacity}]alphamerge"
            args += ["-filter_complex", f"{both},{filters}"]
        args += ["-fps_mode", "passthrough"]
        if self.wanted:
            args += ["-frames:v", f"{self.wanted}"]
        self._process = FFmpegProcess(["-nostdin", *args, "-f", "rawvideo", "-"], feeds=False)
        return self

    def __iter__(self) -> Iterator[np.ndarray]:
        channels = 4 if self.info.has_alpha else 3
        while True:
            frame = np.empty((*self.size, channels), "<u2" if self.deep else np.uint8)
            if self._process.pipe.readinto(frame.reshape(-1).view(np.uint8)) < frame.nbytes:
                break
            self.count += 1
            if channels == 4 and not self.clear:
                if not self.notes and frame[..., 3].min() < OPAQUE:
                    self.notes.append("Transparent places are shown on white.")
                frame = np.ascontiguousarray(frame[..., :3])
            yield frame
        self._process.wait()

    @property
    def damage(self) -> str | None:
        """What ffmpeg found broken in the clip, once all frames are read; None if nothing."""
        lines = [x for x in self._process.messages if any(word in x.lower() for word in _DAMAGE)]
        known = self._entry.complaints(self.info) if lines else ()
        return next((line for line in lines if unaddressed(line) not in known), None)

    def kill(self) -> None:
        """End the decoder; an iteration going on in another thread ends with it."""
        self._process.kill()

    def __exit__(self, *_: object) -> None:
        self._process.close()
