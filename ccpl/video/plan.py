"""What is taken from a clip: its part, size and rate, checked before any work begins."""

from dataclasses import dataclass
from fractions import Fraction
from math import ceil, floor
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from ccpl.colour.log import LogSpace, Stylize
from ccpl.config import Limits, VideoConfig
from ccpl.errors import InputError
from ccpl.look import Look
from ccpl.video.codecs import ENCODERS, check_bits
from ccpl.video.deep import shallow, to_frames, to_pixels, visible
from ccpl.video.grade import Grade
from ccpl.video.listing import demuxed_seconds
from ccpl.video.probe import VideoInfo, probe
from ccpl.video.reader import VideoReader
from ccpl.video.stabilize import THUMBNAIL

ROUNDING = Fraction(1, 1000)  # seconds: 0.67 is meant to be the frame at 2 / 3
COMPLETE = 0.98  # share of the expected frames from which on a clip counts as whole


@dataclass(frozen=True)
class Plan:
    """A request that can be met."""

    info: VideoInfo
    look: Look
    config: VideoConfig
    limits: Limits
    size: tuple[int, int]  # height, width
    rate: Fraction  # frames a second
    start: Fraction  # seconds, a whole number of frames
    seconds: Fraction | None  # the same; None: to the end, wherever that is
    total: int  # frames, as far as the file's header can be believed
    notes: tuple[str, ...]  # sentences on what is not kept as it was

    @property
    def to_read(self) -> dict[str, Any]:
        """Arguments for VideoReader."""
        return {**self._taken, "coded": self.space is not None, "clear": self.clear}

    @property
    def _taken(self) -> dict[str, Any]:
        part = {"start": self.start, "seconds": self.seconds}
        return {"size": self.size, "rate": self.rate, **part}

    @property
    def space(self) -> LogSpace | None:
        """The codes of log footage; None of all other, which reads as Rec.709."""
        if self.config.input_transform == "rec709":
            return None
        narrow = not (self.info.full_range or self.info.is_rgb)
        kept = self.config.output_transform == "same"
        return LogSpace(self.config.input_transform, narrow=narrow, kept=kept)

    @property
    def deep(self) -> bool:
        """Whether frames have 16 bits a colour on their way; flow and transparency know 8."""
        whole = self.look.stabilize != "flow" and (self.clear or not self.info.has_alpha)
        deep = self.space or check_bits(self.config.codec, self.config.bits) == "10"
        return whole and bool(deep)

    @property
    def clear(self) -> bool:
        """Whether frames have opacity as their fourth channel, and the result too."""
        able = ENCODERS[self.config.codec].clear and self.look.stabilize != "flow"
        return bool(able) and self.info.has_alpha

    @property
    def to_write(self) -> dict[str, Any]:
        """Arguments for VideoWriter."""
        names = ("crf", "preset", "codec", "bits")
        encoding = {name: getattr(self.config, name) for name in names}
        return {
            **self._taken,
            "source": self.info,
            "deep": self.deep,
            "clear": self.clear,
            **encoding,
        }

    def for_codes(self, stylize: Stylize | Grade) -> Stylize | Grade:
        """What grades pictures, for frames as the reader gives them."""
        if not self.space:
            return stylize
        return (
            stylize.coded(self.space) if isinstance(stylize, Grade) else self.space.coded(stylize)
        )

    def seen(self, frame: np.ndarray) -> np.ndarray:
        """A frame of the reader as it is to look at, (H, W, 3) uint8."""
        frame = visible(frame)
        if not self.space:
            return shallow(frame)
        return to_pixels(self.space.to_display(to_frames([frame])).colours, np.dtype(np.uint8))[0]

    def thumbnail(self, frame: np.ndarray) -> np.ndarray:
        """The same, of the size cuts are looked for in."""
        return self.seen(cv2.resize(frame, THUMBNAIL, interpolation=cv2.INTER_AREA))

    def frame_at(self, seconds: float) -> Fraction:
        """When the frame that is shown at a time of the file began, in seconds.

        Less than a frame past the end is the last one: people and sliders round.

        Raises:
            InputError: the time is past the end.
        """
        length = self.info.seconds
        if length and seconds > length + 1 / self.rate:
            raise InputError(
                f"the clip is {length:g} s long: there is no frame at {seconds:g} s; "
                "choose an earlier one"
            )
        last = round(self.info.seconds * self.rate) - 1
        return max(0, min(floor((seconds + ROUNDING) * self.rate), last)) / self.rate

    def strength_at(self, index: int) -> float:
        """Strength of a frame of the part, from the first's to the last's."""
        first, last = self.look.strengths
        share = min(max(index / max(self.total - 1, 1), 0.0), 1.0)
        return first + (last - first) * share

    def check_length(self, done: int) -> None:
        """Stop a clip whose header promised less than there is."""
        if self.limits.seconds and done / self.rate > self.limits.seconds + 1:
            raise _too_long(self.limits.seconds)

    def _breaks_off(self) -> bool:
        """Whether the file ends too soon, and not just its picture before its sound."""
        missing = self.info.seconds - demuxed_seconds(self.info.path, self.info.stream)
        return missing > max(0.25, (1 - COMPLETE) * self.info.seconds)

    def damage(self, reader: VideoReader) -> list[str]:
        """A warning for a clip that broke off or had broken frames; InputError if strict."""
        seen, path = reader.count, self.info.path
        if not seen:
            raise InputError(f"no frame of {path.name!r} could be decoded; choose another file")
        missing = self.total - seen
        if missing > max(1, (1 - COMPLETE) * self.total) and (reader.damage or self._breaks_off()):
            what = f"The clip is damaged or cut short: {seen} of {self.total} frames could be read"
        elif reader.damage:
            what = "Some frames of the clip are damaged and may look wrong"
        else:
            return []
        if self.config.strict:
            raise InputError(f"{what}; give a whole clip, or allow damaged ones")
        return [f"{what}."]


def plan_clip(
    src: str | Path,
    look: Look,
    config: VideoConfig,
    limits: Limits,
    *,
    max_fps: int | None = None,
    square: bool = False,
) -> Plan:
    """Look at a clip and decide what is taken; InputError says what is asked too much.

    Args:
        src, look, config, limits: see `stylize_video`.
        max_fps: frames a second that the format of the result holds at most.
        square: the result has square pixels.
    """
    info = probe(src)
    _check_limits(info, limits)
    start, end = _part(info, config)
    if limits.seconds and end - start > limits.seconds + 0.1:
        raise _too_long(limits.seconds)
    if config.input_transform != "rec709" and (look.stabilize == "flow" or info.has_alpha):
        what = "stabilization flow" if look.stabilize == "flow" else "transparency"
        raise InputError(f"log footage needs more than the 8 bits of {what}; leave one of them out")
    size = info.fit(look.max_side, square=square)
    rate = info.frame_rate(min(config.max_fps, max_fps or config.max_fps))
    last = max(1, _first_from(end, rate) if end == config.end else round(end * rate))  # not taken
    first = min(_first_from(start, rate), last - 1)
    wanted = None if config.end is None else max(1, _first_from(config.end, rate) - first)
    notes = []
    if limits.longest_side and max(size) > limits.longest_side:
        size = info.fit(limits.longest_side, square=square)
        notes.append(f"The clip was reduced to the largest size here, {max(size)} pixels.")
    if info.deinterlace:
        notes.append("Interlaced frames were deinterlaced.")
    if info.is_hdr and config.input_transform == "rec709":
        notes.append("HDR was converted to standard brightness (SDR).")
    if config.end is not None and config.end > end + 1 / rate:
        notes.append(
            f"The clip is {end:g} s long: it was taken to its end, not to {config.end:g} s."
        )
    if rate != info.rate:
        notes.append(f"The frame rate was lowered from {_fps(info.rate)} to {_fps(rate)} a second.")
    return Plan(
        info=info,
        look=look,
        config=config,
        limits=limits,
        size=size,
        rate=rate,
        start=first / rate,
        seconds=None if wanted is None else wanted / rate,
        total=last - first,
        notes=tuple(notes),
    )


def _part(info: VideoInfo, config: VideoConfig) -> tuple[float, float]:
    """First and last second of the part."""
    start = config.start or 0.0
    end = info.seconds if config.end is None else min(config.end, info.seconds or config.end)
    if start < 0 or end <= start and (config.start or config.end is not None):
        raise InputError(
            f"the part from {start:g} s to {end:g} s is empty; "
            f"choose a start and an end within the clip's {info.seconds:g} s"
        )
    return start, end


def _first_from(seconds: float, rate: Fraction) -> int:
    """Number of the first frame that begins at a time, in seconds, or after it."""
    return max(0, ceil((seconds - ROUNDING) * rate))


def _check_limits(info: VideoInfo, limits: Limits) -> None:
    megapixels = info.height * info.width / 1e6
    if megapixels > limits.megapixels:
        raise InputError(
            f"a frame of the clip has {megapixels:.0f} megapixels; "
            f"give one of {limits.megapixels:g} at most"
        )
    megabytes = info.path.stat().st_size / 1e6
    if megabytes > limits.upload_mb:
        raise InputError(
            f"the file has {megabytes:.0f} MB; give one of {limits.upload_mb:g} MB at most"
        )


def _too_long(seconds: float) -> InputError:
    return InputError(
        f"the clip is longer than the {seconds:g} s allowed here; "
        "choose a part of it with start and end"
    )


def _fps(rate: Fraction) -> str:
    return f"{float(rate):.4g}"
