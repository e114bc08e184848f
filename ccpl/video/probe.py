"""What is in a video file: judged by its content, never by its name.

No ffprobe comes with imageio-ffmpeg. What its `showinfo` says about the first decoded frames of the
stream that is taken is believed about pictures, and ffmpeg's list of streams about the rest.
"""

import re
from dataclasses import dataclass
from fractions import Fraction
from os.path import isfile  # for a name no file can have: False, not an error
from pathlib import Path
from typing import NamedTuple

from ccpl.errors import InputError
from ccpl.image import NOT_OPENED, open_image
from ccpl.video.ffmpeg import input_args, run_ffmpeg
from ccpl.video.listing import Listing, Stream, demuxed_seconds, list_streams

ANIMATIONS = ("gif", "apng", "webp_anim")  # containers that say how often they are repeated
HDR_TRANSFERS = ("smpte2084", "arib-std-b67")
USUAL = Fraction(25)  # frames a second, where a file does not say
SOUND_DELAY = 0.025  # seconds
LOOKED_AT = 8  # frames: an interlaced clip may begin with a progressive one

_NOT_MOVING = ("attached pic", "still image", "timed thumbnails")
_FIELD_ORDER = re.compile(r"(?:top|bottom) (?:coded )?first")
# Codecs that mark each frame, so that film in an interlaced stream can stay as it is.
_MARKING = ("mpeg2video", "mpeg4", "h264", "hevc", "vc1", "dvvideo", "prores", "dnxhd")
_SHOWN = r"^\[Parsed_showinfo_\d+ @ \w+\] "
_RATE = re.compile(_SHOWN + r"config in time_base: \S+, frame_rate: (\d+)/(\d+)", re.MULTILINE)
_FRAME = re.compile(
    _SHOWN + r"n: *\d+ pts: *\S+ pts_time:(?P<time>\S+) .*fmt:(?P<format>\w+) .*"
    r"sar:(?P<x>\d+)/(?P<y>\d+) s:(?P<width>\d+)x(?P<height>\d+) i:(?P<fields>\w)",
    re.MULTILINE,
)
_COLOUR = re.compile(
    _SHOWN + r"color_range:(\S+) color_space:(\S+) color_primaries:(\S+) color_trc:(\S+)",
    re.MULTILINE,
)
_ALPHA = re.compile(r"yuva|rgba|bgra|argb|abgr|gbrap|ya8|ya16|yaf|pal8|ayuv|vuya|uyva")


class Colour(NamedTuple):
    """How colours are coded, in ffmpeg's words; "unknown" where the clip does not say."""

    matrix: str = "unknown"
    primaries: str = "unknown"
    transfer: str = "unknown"


@dataclass(frozen=True)
class VideoInfo:
    """A clip as it is seen: upright, with its pixels counted after rotation."""

    path: Path
    stream: int  # which of the file's streams is taken
    decoder: str | None  # None: ffmpeg's own choice
    opacity: int | None  # the stream that holds it, if it is not part of the picture's
    height: int
    width: int
    rate: Fraction  # frames a second, exact; for a variable rate the finest step between frames
    origin: float  # when frame number 0 begins, in seconds from the file's beginning
    picture_from: float  # where ffmpeg counts the time of pictures from, if it does not seek
    sound_from: float  # the same of sound
    seconds: float  # length of the whole file
    audio: tuple[str, ...]  # codec of each sound track
    subtitles: tuple[str, ...]  # codec of each track of subtitles
    chapters: int
    loop: int  # how often an animation is repeated: -1 not at all, 0 for ever
    pixel_aspect: Fraction  # width of a pixel over its height
    pixel_format: str
    colour: Colour
    full_range: bool  # codes of YUV reach from 0 to the largest
    timecode: str | None  # of the file's first frame
    reel: str | None  # name of the tape or card it was recorded on
    deinterlace: str  # which frames need it: "" none, "interlaced" those marked so, "all"

    @property
    def has_alpha(self) -> bool:
        """Whether pixels may be transparent."""
        return self.opacity is not None or bool(_ALPHA.match(self.pixel_format))

    @property
    def is_rgb(self) -> bool:
        """Whether pixels are coded as red, green and blue."""
        return self.colour.matrix == "gbr"

    @property
    def source(self) -> tuple[int, str | None]:
        """`decoder` for input_args."""
        return self.stream, self.decoder

    @property
    def is_hdr(self) -> bool:
        """Whether brightness is coded as PQ or HLG and needs tone mapping."""
        return self.colour.transfer in HDR_TRANSFERS

    @property
    def matrix(self) -> str:
        """`in_color_matrix` for ffmpeg: players, not ffmpeg, take untagged HD for bt709."""
        tagged = any(tag != "unknown" for tag in self.colour)
        hd = max(self.height, self.width) >= 1280 or min(self.height, self.width) > 576
        return "bt709" if hd and not tagged and self.pixel_format.startswith("yuv") else "auto"

    def frame_rate(self, cap: int) -> Fraction:
        """The rate, divided by the least whole number that brings it to `cap` or below."""
        return self.rate / -(-self.rate // cap)

    def fit(self, max_side: int | None, *, square: bool = False) -> tuple[int, int]:
        """Height and width with the longer side brought down to `max_side`; never enlarged.

        If pixels are to be `square`, their shorter side is drawn out to the longer one first.
        """
        height = self.height / (min(self.pixel_aspect, 1) if square else 1)
        width = self.width * (max(self.pixel_aspect, 1) if square else 1)
        scale = min(1.0, max_side / max(height, width)) if max_side else 1.0
        return max(1, round(height * scale)), max(1, round(width * scale))


def probe(source: str | Path) -> VideoInfo:
    """Look into a video file. Of several video streams the default one is taken.

    Raises:
        InputError: there is no such file, or no picture in it that can be decoded.
    """
    path = Path(source).absolute()
    if not isfile(path):
        raise InputError(f"no such video file: {str(source)!r}; check the name")
    listing = list_streams(path)
    kinds = [stream.kind for stream in listing.streams]
    videos = [s for s in listing.streams if s.kind == "Video" and _moves(s)]
    for stream in sorted(videos, key=lambda s: (s.is_item, "default" not in s.dispositions)):
        shown = _show_frames(path, stream)
        if _FRAME.search(shown):
            return _describe(path, stream, listing, shown)
    why = "only sound is in it" if {*kinds} == {"Audio"} else "it holds no decodable video stream"
    raise InputError(f"cannot read {path.name!r} as a video: {why}; choose another file")


def _moves(stream: Stream) -> bool:
    return not {*_NOT_MOVING} & {*stream.dispositions}


def _show_frames(path: Path, stream: Stream) -> str:
    """What `showinfo` says about the first frames."""
    source = input_args(path, decoder=(stream.index, stream.decoder))
    frames = ["-map", f"0:{stream.index}", "-frames:v", f"{LOOKED_AT}", "-map_metadata", "-1"]
    return run_ffmpeg([*source, *frames, "-vf", "showinfo=checksum=0", "-f", "null", "-"])[1]


def _describe(path: Path, stream: Stream, listing: Listing, shown: str) -> VideoInfo:
    frames = list(_FRAME.finditer(shown))
    first, colour = frames[0], _COLOUR.search(shown)
    aspect = int(first["x"]), int(first["y"])
    rate = next((Fraction(int(m[1]), int(m[2])) for m in _RATE.finditer(shown) if int(m[1])), USUAL)
    sounds = [s for s in listing.streams if s.kind == "Audio"]
    picture_from = listing.counted_from([stream])
    time = picture_from + (0.0 if first["time"] == "NOPTS" else float(first["time"]))
    return VideoInfo(
        path=path,
        stream=stream.index,
        decoder=stream.decoder,
        opacity=_opacity(listing, stream),
        height=int(first["height"]),
        width=int(first["width"]),
        rate=rate,
        origin=_origin(time, rate, listing.container),
        picture_from=picture_from,
        sound_from=listing.counted_from(sounds),
        seconds=_length(path, stream, listing),
        audio=tuple(s.codec for s in sounds),
        subtitles=tuple(s.codec for s in listing.streams if s.kind == "Subtitle"),
        chapters=listing.chapters,
        loop=_loop(path, listing.container),
        pixel_aspect=Fraction(*aspect) if all(aspect) else Fraction(1),
        pixel_format=first["format"],
        colour=Colour(*colour.groups()[1:]) if colour else Colour(),
        full_range=first["format"].startswith("yuvj") or bool(colour and colour[1] == "pc"),
        timecode=listing.timecode,
        reel=listing.reel,
        deinterlace=_deinterlace(stream, [frame["fields"] for frame in frames]),
    )


def _opacity(listing: Listing, picture: Stream) -> int | None:
    """See VideoInfo: an animated AVIF keeps it in a grey track besides its items."""
    if not any(stream.is_item for stream in listing.streams):
        return None
    tracks = [s for s in listing.streams if s.kind == "Video" and not s.is_item and s != picture]
    return next((stream.index for stream in tracks if ", gray" in stream.text), None)


def _origin(first: float, rate: Fraction, container: str) -> float:
    """Where frames are counted from, given the time of the first one.

    A video that begins after its sound has that many frames less, but not for the delay of a sound
    codec, and not in AVI, whose timestamps only count what was handed to the decoder.
    """
    if first <= SOUND_DELAY or container == "avi":
        return first
    return first - round(first * rate) / float(rate)


def _length(path: Path, stream: Stream, listing: Listing) -> float:
    """What the header says, unless it says nothing or may count from a late beginning."""
    if not listing.seconds or (listing.container == "matroska" and listing.begin > 1):
        return demuxed_seconds(path, stream.index)
    return listing.seconds


def _loop(path: Path, container: str) -> int:
    """See VideoInfo: a GIF counts repeats, the others how often they are shown."""
    if container not in ANIMATIONS:
        return 0
    try:
        with open_image(path) as image:
            count = image.info.get("loop")
    except NOT_OPENED:
        return 0
    if container == "gif":
        return -1 if count is None else count
    return count - 1 or -1 if count else 0


def _deinterlace(stream: Stream, fields: list[str]) -> str:
    """See VideoInfo; `fields` are T or B for frames marked interlaced."""
    marked = any(field in "TB" for field in fields)
    if not marked and not _FIELD_ORDER.search(stream.text):
        return ""
    return "interlaced" if marked or stream.codec in _MARKING else "all"
