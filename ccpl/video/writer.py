"""Frames out of a clip and into a new one, through two ffmpeg pipes and in constant memory.

Frames are upright, full-range sRGB, at one constant and exact rate. The new clip is tagged bt709,
keeps the sound of the old one and takes its name only once it is complete and was opened again.
"""

import os
import secrets
import signal
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from types import TracebackType

import numpy as np

from ccpl.atomic import check_place
from ccpl.errors import InputError
from ccpl.metadata import CLIP_MARK
from ccpl.video.ffmpeg import FFmpegProcess, file_url, input_args
from ccpl.video.filters import EXACT, frame_filters
from ccpl.video.probe import VideoInfo, probe
from ccpl.video.seek import find_entry, unaddressed

PLAYED = ("aac", "mp3", "opus", "flac")  # the sound in an mp4 that browsers play
# What the container takes besides; the others are refused by ffmpeg's mp4 writer.
TAKEN = (*PLAYED, "mp2", "ac3", "eac3", "alac", "vorbis", "dts", "pcm_s16le", "pcm_s24le")
SUFFIXES = (".mp4", ".gif")
GIF_FPS = 50  # browsers slow down GIFs that ask for more
OPAQUE = 250  # of 255, from which on a place does not count as transparent
SOUND_BACK = 5  # seconds
_DAMAGE = ("error", "invalid", "corrupt", "damaged", "partial file", "prematurely")
_PLACES = ("location", "location-eng", "com.apple.quicktime.location.ISO6709")


class VideoReader:
    """The frames of a clip; a context manager, and an iterator over (H, W, 3) uint8 RGB arrays.

    A damaged clip is read as far as it goes; `count` and `damage` then tell.

    Args:
        info: what `probe` said.
        size: (height, width) to scale to; default: the clip's own.
        rate: frames a second; default: the clip's own. Frames are repeated or dropped to keep time.
        start, seconds: the part to read, in whole frames; default: all.
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
    ) -> None:
        self.info = info
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
        filters = frame_filters(info, size=self.size, rate=self.rate, begin=begin)
        args += ["-map", f"0:{info.stream}", "-vf", filters, "-fps_mode", "passthrough"]
        if self.wanted:
            args += ["-frames:v", f"{self.wanted}"]
        self._process = FFmpegProcess(["-nostdin", *args, "-f", "rawvideo", "-"], feeds=False)
        return self

    def __iter__(self) -> Iterator[np.ndarray]:
        channels = 4 if self.info.has_alpha else 3
        while True:
            frame = np.empty((*self.size, channels), np.uint8)
            if self._process.pipe.readinto(frame.reshape(-1)) < frame.nbytes:
                break
            self.count += 1
            if channels == 4:
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


class VideoWriter:
    """A new mp4 or GIF; a context manager that on an exception leaves nothing behind.

    Args:
        path: the file to make, .mp4 or .gif; it is replaced in one step at the end.
        size: (height, width) of the frames; mp4 needs even sides, so odd ones get a last line more.
            Pixels of a GIF are square, those of an mp4 like the source's.
        rate: frames a second.
        source: the clip whose sound and tags are taken over; its location is left out.
        start, seconds: the part of the source that is taken.
        crf, preset: x264 quality, 0 lossless .. 51, and effort.
    Attributes:
        notes: sentences on what could not be kept as it was.
    Raises:
        InputError: the name or folder cannot be used, the disk is full, the encoder was ended.
    """

    def __init__(
        self,
        path: str | Path,
        *,
        size: tuple[int, int],
        rate: Fraction,
        source: VideoInfo | None = None,
        start: Fraction | float = Fraction(0),
        seconds: Fraction | float | None = None,
        crf: int = 18,
        preset: str = "veryfast",
    ) -> None:
        self.path = check_target(path, source.path if source else None)
        self.notes: list[str] = []
        self.count = 0
        self._part = self.path.with_name(f".{secrets.token_hex(6)}.part")
        height, width = size
        raw = ["-f", "rawvideo", "-pix_fmt", "rgb24", "-s", f"{width}x{height}", "-r", f"{rate}"]
        self._args = ["-y", *raw, "-i", "-"]
        if source:
            # Packets of sound stand a little before or after the pictures they belong to.
            at = start - SOUND_BACK if start - SOUND_BACK > source.sound_from else 0
            shift = (at or source.sound_from) - start
            self._args += input_args(source.path, start=at, shift=shift)
        if self.path.suffix.lower() == ".gif":
            self._args += _gif_args()
        else:
            aspect = source.pixel_aspect if source else Fraction(1)
            self._args += _mp4_args(height, width, aspect, crf, preset)
        self._args += [*self._sound(source), *_length(seconds), file_url(self._part)]

    def _sound(self, source: VideoInfo | None) -> list[str]:
        """Copy each sound track mp4 takes, convert the others; note what is not kept or played."""
        if not source:
            return []
        if self.path.suffix.lower() == ".gif":
            self.notes += ["A GIF has no sound: it was left out."] if source.audio else []
            return []
        args = ["-map_metadata", "1", "-map_chapters", "-1"]
        args += [arg for place in _PLACES for arg in ("-metadata", f"{place}=")]
        kept = [(track, codec) for track, codec in enumerate(source.audio) if codec != "none"]
        if len(kept) < len(source.audio):
            self.notes.append("A sound track in an unknown format was left out.")
        for to, (track, codec) in enumerate(kept):
            copied = codec in TAKEN
            args += ["-map", f"1:a:{track}", f"-c:a:{to}", "copy" if copied else "aac"]
            if not copied:
                args += [f"-b:a:{to}", "192k"]
                self.notes.append(
                    f"Sound was converted from {codec} to aac, which mp4 players need."
                )
            elif codec not in PLAYED:
                self.notes.append(f"Sound was kept as {codec}, which not every browser plays.")
        return args

    def __enter__(self) -> "VideoWriter":
        try:
            self._part.touch(exist_ok=False)
        except OSError as error:
            raise InputError(
                f"cannot write into {str(self.path.parent)!r} ({error.strerror}); choose another"
            ) from None
        self._process = FFmpegProcess(self._args, feeds=True)
        return self

    def write(self, frame: np.ndarray) -> None:
        """Add one frame, (H, W, 3) uint8; blocks while the encoder is busy."""
        try:
            self._process.pipe.write(np.ascontiguousarray(frame).reshape(-1))
        except BrokenPipeError:
            raise self._failure(self._process.wait()) from None
        self.count += 1

    def kill(self) -> None:
        """End the encoder; a `write` going on in another thread fails."""
        self._process.kill()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None
    ) -> None:
        try:
            if kind is None:
                self._finish()
        finally:
            self._process.close()
            self._part.unlink(missing_ok=True)

    def _finish(self) -> None:
        try:
            self._process.pipe.close()
        except BrokenPipeError:
            raise self._failure(self._process.wait()) from None
        status = self._process.wait()
        if status or not self.count:
            raise self._failure(status)
        probe(self._part)
        os.replace(self._part, self.path)

    def _failure(self, status: int) -> InputError:
        said = self._process.messages
        if any("No space left" in line for line in said):
            why = "the disk is full; free some space or choose another folder"
        elif status < 0:
            name = signal.Signals(-status).name
            why = f"the encoder was ended by {name}; free some memory and try again"
        else:
            why = f"{said[-1] if said else 'no frames were given'}; try another clip or folder"
        return InputError(f"could not write {self.path.name!r}: {why}")


def check_target(path: str | Path, source: str | Path | None = None) -> Path:
    """The path of a result, if `source` can be turned into it; InputError says what to change."""
    path = Path(path)
    check_place(path)
    if path.suffix.lower() not in SUFFIXES:
        raise InputError(
            f"cannot write {path.name!r}: the name must end in {' or '.join(SUFFIXES)}"
        )
    if path.is_dir() or not path.parent.is_dir():
        raise InputError(f"cannot write {str(path)!r}: choose a file name in a folder that exists")
    if source and path.exists() and Path(source).exists() and path.samefile(source):
        raise InputError(f"the result would replace its source {path.name!r}: choose another name")
    return path


def _length(seconds: Fraction | float | None) -> list[str]:
    return [] if seconds is None else ["-t", f"{float(seconds):.6f}"]


def _mp4_args(height: int, width: int, aspect: Fraction, crf: int, preset: str) -> list[str]:
    filters = [
        f"scale=out_color_matrix=bt709:out_range=tv:{EXACT},format=yuv420p",
        f"setsar={aspect}",
        "setparams=colorspace=bt709:color_primaries=bt709:color_trc=bt709:range=tv",
    ]
    if height % 2 or width % 2:
        even = "pad=ceil(iw/2)*2:ceil(ih/2)*2"
        filters.insert(0, f"{even},fillborders=right={width % 2}:bottom={height % 2}:mode=smear")
    args = ["-map", "0:v:0", "-vf", ",".join(filters), "-c:v", "libx264"]
    args += ["-metadata:s:v:0", f"handler_name={CLIP_MARK}"]
    return [*args, "-preset", preset, "-crf", f"{crf}", "-movflags", "+faststart", "-f", "mp4"]


def _gif_args() -> list[str]:
    # A palette for each frame: one for all of them would need all of them in memory.
    palette = "split[a][b];[a]palettegen=stats_mode=single[p];[b][p]paletteuse=new=1:dither=bayer"
    return ["-map", "0:v:0", "-vf", palette, "-loop", "0", "-f", "gif"]
