"""What is in a video file: judged by its content, never by its name.

No ffprobe comes with imageio-ffmpeg. One frame is decoded to YUV4MPEG2, whose header holds the
size after rotation and the exact rate; the rest is read from what ffmpeg says about its input.
"""

import re
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from ccpl.errors import InputError
from ccpl.video.ffmpeg import input_args, run_ffmpeg

HDR_TRANSFERS = ("smpte2084", "arib-std-b67")
_HEADER = re.compile(rb"YUV4MPEG2 W(\d+) H(\d+) F(\d+):(\d+) \S+ A(\d+):(\d+)")
_VIDEO = re.compile(r"Video: \w+[^,]*, (?P<format>\w+)(?:\((?P<colour>[^)]*)\))?")
_STREAM = re.compile(r"^ +Stream #0:\d+\S*: (Video|Audio): (.*)$", re.MULTILINE)
_ALPHA = re.compile(r"yuva|rgba|bgra|argb|abgr|gbrap|ya8|ya16|pal8")


@dataclass(frozen=True)
class VideoInfo:
    """A clip as it is seen: upright, with its pixels counted after rotation."""

    path: Path
    height: int
    width: int
    rate: Fraction  # frames a second, exact; for a variable rate the finest step between frames
    seconds: float  # length of the whole file
    audio: tuple[str, ...]  # codec of each sound track
    pixel_aspect: Fraction  # width of a pixel over its height
    pixel_format: str
    colour: str  # as ffmpeg words it: range, matrix/primaries/transfer

    @property
    def has_alpha(self) -> bool:
        """Whether pixels may be transparent."""
        return bool(_ALPHA.match(self.pixel_format))

    @property
    def is_hdr(self) -> bool:
        """Whether brightness is coded as PQ or HLG and needs tone mapping."""
        return any(name in self.colour for name in HDR_TRANSFERS)

    @property
    def matrix(self) -> str:
        """`in_color_matrix` for ffmpeg: players, not ffmpeg, take untagged HD for bt709."""
        tagged = re.search(r"bt\d|smpte|fcc|gbr|ycgco|/", self.colour)
        hd = max(self.height, self.width) >= 1280 or min(self.height, self.width) > 576
        return "bt709" if hd and not tagged and self.pixel_format.startswith("yuv") else "auto"

    def frame_rate(self, cap: int) -> Fraction:
        """The rate, divided by the least whole number that brings it to `cap` or below."""
        return self.rate / -(-self.rate // cap)

    def fit(self, max_side: int | None) -> tuple[int, int]:
        """Height and width with the longer side brought down to `max_side`; never enlarged."""
        scale = min(1.0, max_side / max(self.height, self.width)) if max_side else 1.0
        return max(1, round(self.height * scale)), max(1, round(self.width * scale))


def probe(source: str | Path) -> VideoInfo:
    """Look into a video file.

    Raises:
        InputError: there is no such file, or no picture in it that can be decoded.
    """
    path = Path(source).absolute()
    if not path.is_file():
        raise InputError(f"no such video file: {str(source)!r}; check the name")
    one_frame = ["-map", "0:V:0", "-frames:v", "1", "-vf", "format=yuv420p", "-f", "yuv4mpegpipe"]
    frame, said = run_ffmpeg([*input_args(path), *one_frame, "-"])
    said = said.partition("Stream mapping:")[0]  # what follows is about the output
    header = _HEADER.match(frame)
    streams = _STREAM.findall(said)
    if not header:
        heard = streams and all(kind == "Audio" for kind, _ in streams)
        why = "only sound is in it" if heard else "it holds no decodable video stream"
        raise InputError(f"cannot read {path.name!r} as a video: {why}; choose another file")
    width, height, *rate, aspect_x, aspect_y = map(int, header.groups())
    video = _VIDEO.search(said)
    duration = re.search(r"^  Duration: (\d+):(\d+):([\d.]+)", said, re.MULTILINE)
    hours, minutes, seconds = map(float, duration.groups()) if duration else (0.0, 0.0, 0.0)
    return VideoInfo(
        path=path,
        height=height,
        width=width,
        rate=Fraction(*rate),
        seconds=hours * 3600 + minutes * 60 + seconds or demuxed_seconds(path),
        audio=tuple(text.split()[0].rstrip(",") for kind, text in streams if kind == "Audio"),
        pixel_aspect=Fraction(aspect_x, aspect_y) if aspect_x and aspect_y else Fraction(1),
        pixel_format=video["format"] if video else "",
        colour=(video["colour"] or "") if video else "",
    )


def demuxed_seconds(path: Path) -> float:
    """Where the last packet ends: the length of what is there, not of what a header promises."""
    _, said = run_ffmpeg(
        [*input_args(path), "-map", "0:V:0", "-map", "0:a?", "-c", "copy", "-f", "null", "-"]
    )
    ends = re.findall(r"time=(\d+):(\d+):([\d.]+)", said)
    hours, minutes, seconds = map(float, ends[-1]) if ends else (0.0, 0.0, 0.0)
    return hours * 3600 + minutes * 60 + seconds
