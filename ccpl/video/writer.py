"""Frames into a new clip, through an ffmpeg pipe and in constant memory.

It keeps sound, subtitles and chapters of the old one as far as its format holds them, and takes its
name only once it is complete and was opened again.
"""

import os
import signal
import tempfile
from fractions import Fraction
from pathlib import Path
from types import TracebackType

import numpy as np

from ccpl.atomic import check_place, part_path
from ccpl.config import Bits, Codec
from ccpl.errors import InputError
from ccpl.video.codecs import check_bits, check_size
from ccpl.video.ffmpeg import FFmpegProcess, file_url, input_args
from ccpl.video.formats import CLIP_FORMATS, TEXTS, Picture, clip_format
from ccpl.video.grade import Grade
from ccpl.video.probe import VideoInfo, probe
from ccpl.video.timecode import later

SOUND_BACK = 5  # seconds
# Subtitles from before the part are dropped, and one that it cuts into begins with it: the muxer
# would move all of them on instead.
_FROM_ZERO = (
    "noise=drop='lte(pts+duration,0)',"
    "setts=pts='max(PTS,0)':dts='max(DTS,0)':duration='DURATION+min(PTS,0)'"
)
_PLACES = ("location", "location-eng", "com.apple.quicktime.location.ISO6709")


class VideoWriter:
    """A new clip; a context manager that on an exception leaves nothing behind.

    Args:
        path: the file to make; its extension is one of CLIP_FORMATS. It is replaced in one step at
            the end.
        size: (height, width) of the frames; mp4 needs even sides, so odd ones get a last line more.
            Pixels are like the source's where the format can tell, else square.
        rate: frames a second.
        source: the clip whose sound, texts and tags are taken over; its location is left out.
        start, seconds: the part of the source that is taken.
        crf, preset: quality of H.264 and HEVC, 0 lossless .. 51, and effort.
        codec, bits: how it is written; None: the codec's usual bits.
        deep: frames are uint16, full range.
        clear: they have a fourth channel, opacity, which the codec must be able to hold.
        grade: LUTs that the frames go through on their way.
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
        codec: Codec = "h264",
        bits: Bits | None = None,
        deep: bool = False,
        clear: bool = False,
        grade: Grade | None = None,
    ) -> None:
        self.path = check_target(path, source.path if source else None)
        self.format = clip_format(self.path)
        self.notes: list[str] = []
        self.count = 0
        self._part = part_path(self.path)
        height, width = size
        pixels = {(True, True): "rgba64le", (True, False): "rgb48le"}.get((deep, clear), "rgb24")
        raw = ["-f", "rawvideo", "-pix_fmt", pixels, "-s", f"{width}x{height}", "-r", f"{rate}"]
        args = ["-y", *raw, "-i", "-"]
        if source:
            # Packets of sound stand a little before or after the pictures they belong to.
            at = start - SOUND_BACK if start - SOUND_BACK > source.sound_from else 0
            shift = (at or source.sound_from) - start
            args += input_args(source.path, start=at, shift=shift)
        aspect, loop = (source.pixel_aspect, source.loop) if source else (Fraction(1), 0)
        filters = tuple(grade.filters(rate)) if grade else ()
        self._deep = deep
        self._check_codec(codec, bits)
        check_size(codec, size)
        picture = Picture(
            size, aspect, crf, preset, loop, filters, codec, check_bits(codec, bits),
            _timecode(source, start, rate), source.reel if source else None, clear,
        )  # fmt: skip
        args += ["-map", "0:v:0", *self.format.encode(picture)]
        if source:
            args += [*self._sound(source), *self._texts(source)]
            args += ["-map_metadata", "1"]
            args += [arg for place in _PLACES for arg in ("-metadata", f"{place}=")]
        if seconds is not None:
            args += ["-t", f"{float(seconds):.6f}"]
        self._args, self._grade = [*args, file_url(self._part)], grade

    def _check_codec(self, codec: Codec, bits: Bits | None) -> None:
        if bits == "10" and not self.format.codecs:
            raise InputError(f"a {self.format.name} has 8 bits, not 10; leave out one of the two")
        if codec in (*self.format.codecs, "h264"):  # what has no codecs to choose from ignores it
            return
        able = [suffix for suffix, form in CLIP_FORMATS.items() if codec in form.codecs]
        raise InputError(
            f"a {self.format.name} does not hold {codec}; end the name in {' or '.join(able)}"
        )

    def _sound(self, source: VideoInfo) -> list[str]:
        """Copy each sound track the format takes, convert the others."""
        sound = self.format.sound
        if not sound:
            if source.audio:
                self.notes.append(f"A {self.format.name} has no sound: it was left out.")
            return []
        kept = [(track, codec) for track, codec in enumerate(source.audio) if codec != "none"]
        if len(kept) < len(source.audio):
            self.notes.append("A sound track in an unknown format was left out.")
        args = []
        for to, (track, codec) in enumerate(kept):
            copied = codec in (*sound.played, *sound.taken)
            args += ["-map", f"1:a:{track}", f"-c:a:{to}", "copy" if copied else "aac"]
            if not copied:
                args += [f"-b:a:{to}", "192k"]
                self.notes.append(
                    f"Sound was converted from {codec} to aac, "
                    f"which {self.format.name} players need."
                )
            elif codec not in sound.played:
                self.notes.append(f"Sound was kept as {codec}, which not every browser plays.")
        return args

    def _texts(self, source: VideoInfo) -> list[str]:
        """Convert subtitles and copy chapters where the format holds them."""
        name, codec = self.format.name, self.format.subtitles
        args = ["-map_chapters", "1" if self.format.chapters else "-1"]
        if source.chapters and not self.format.chapters:
            self.notes.append(f"A {name} has no chapters: they were left out.")
        if source.subtitles and not codec:
            self.notes.append(f"A {name} has no subtitles: they were left out.")
            return args
        kept = [track for track, kind in enumerate(source.subtitles) if kind in TEXTS]
        for track in kept:
            args += ["-map", f"1:s:{track}", "-c:s", codec, "-bsf:s", _FROM_ZERO]
        for kind in sorted({kind for kind in source.subtitles if kind not in TEXTS}):
            self.notes.append(f"Subtitles that are no text ({kind}) were left out.")
        return args

    def __enter__(self) -> "VideoWriter":
        try:
            self._part.touch(exist_ok=False)
        except OSError as error:
            raise InputError(
                f"cannot write into {str(self.path.parent)!r} ({error.strerror}); choose another"
            ) from None
        self._folder = tempfile.TemporaryDirectory() if self._grade else None
        where = None
        if self._folder:
            where = Path(self._folder.name)
            self._grade.save(where, deep=self._deep)
        self._process = FFmpegProcess(self._args, feeds=True, folder=where)
        return self

    def write(self, frame: np.ndarray) -> None:
        """Add one frame, (H, W, 3) uint8 or deep; blocks while the encoder is busy."""
        try:
            self._process.pipe.write(np.ascontiguousarray(frame).reshape(-1).view(np.uint8))
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
            if self._folder:
                self._folder.cleanup()

    def _finish(self) -> None:
        try:
            self._process.pipe.close()
        except BrokenPipeError:
            raise self._failure(self._process.wait()) from None
        status = self._process.wait()
        if status or not self.count:
            raise self._failure(status)
        try:
            if self.format.mark:
                self.format.mark(self._part)
        except OSError as error:
            raise InputError(f"could not write {self.path.name!r}: {error.strerror}") from None
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


def _timecode(source: VideoInfo | None, start: Fraction | float, rate: Fraction) -> str | None:
    """Of the first frame that is taken."""
    if not source or not source.timecode:
        return None
    return later(source.timecode, round(start * source.rate), source.rate)


def check_target(path: str | Path, source: str | Path | None = None) -> Path:
    """The path of a result, if `source` can be turned into it; InputError says what to change."""
    path = Path(path)
    check_place(path)
    if clip_format(path) is None:
        raise InputError(
            f"cannot write {path.name!r}: the name must end in {' or '.join(CLIP_FORMATS)}"
        )
    if path.is_dir() or not path.parent.is_dir():
        raise InputError(f"cannot write {str(path)!r}: choose a file name in a folder that exists")
    if source and path.exists() and Path(source).exists() and path.samefile(source):
        raise InputError(f"the result would replace its source {path.name!r}: choose another name")
    return path
