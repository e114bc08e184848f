"""What ffmpeg lists of a file before it decodes anything: its container, length and streams."""

import re
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path

from ccpl.video.ffmpeg import input_args, run_ffmpeg

# ffmpeg's own decoders leave the transparency of these out.
ALPHA_DECODERS = {"vp8": "libvpx", "vp9": "libvpx-vp9"}
# Where ffmpeg counts time not from the file's beginning, but from that of the streams in use.
FROM_FIRST_USED = ("mpegts", "mpeg", "ogg")

_INPUT = re.compile(r"^Input #0, ([^,]+)", re.MULTILINE)
_LENGTH = re.compile(r"^  Duration: (?:(\d+):(\d+):([\d.]+)|N/A)(?:, start: (-?[\d.]+))?", re.M)
_STREAM = re.compile(r"^ +Stream #0:(\d+)\S*: (\w+): (.*)$", re.MULTILINE)
_CHAPTER = re.compile(r"^ +Chapter #0:\d+: ", re.MULTILINE)
_ALPHA_MODE = re.compile(r"^ +alpha_mode +: 1\s*$", re.MULTILINE | re.IGNORECASE)
_TIMECODE = re.compile(r"^ +timecode +: (\d\d:\d\d:\d\d[:;]\d\d)\s*$", re.MULTILINE | re.IGNORECASE)
_REEL = re.compile(r"^ +reel_name +: (.*?)\s*$", re.MULTILINE | re.IGNORECASE)


@dataclass(frozen=True)
class Stream:
    """One of the streams."""

    index: int
    kind: str  # Video, Audio, Subtitle, Data ...
    text: str  # codec, format, size, rate ... as ffmpeg words them
    tags: str  # the lines below it

    @property
    def codec(self) -> str:
        """ffmpeg's name of it; "none" if it is unknown."""
        return self.text.split()[0].rstrip(",")

    @property
    def dispositions(self) -> list[str]:
        """What the file says of its role: "default", "attached pic" ..."""
        return re.findall(r"\(([^()]*)\)", re.search(r"(?: \([a-z ]+\))*$", self.text)[0])

    @property
    def is_item(self) -> bool:
        """Whether it is a still picture of an AVIF file, which may hold moving ones too."""
        return self.text.split(" (default)")[0].endswith(" 1 tbn")

    @property
    def begin(self) -> float:
        """Its first timestamp, in seconds."""
        found = re.search(r", start (-?[\d.]+)", self.text)
        return float(found[1]) if found else 0.0

    @property
    def decoder(self) -> str | None:
        """The decoder to ask for; None for ffmpeg's own choice."""
        return ALPHA_DECODERS.get(self.codec) if _ALPHA_MODE.search(self.tags) else None


@dataclass(frozen=True)
class Listing:
    """A file; nothing is in it if ffmpeg cannot open it."""

    container: str
    begin: float  # first timestamp, in seconds
    seconds: float  # length, as the header says; 0 if it does not
    streams: tuple[Stream, ...]
    chapters: int
    timecode: str | None = None  # of its first frame
    reel: str | None = None  # name of the tape or card it was recorded on

    def counted_from(self, used: list[Stream]) -> float:
        """Seconds from the file's beginning to what ffmpeg calls 0 when it reads these streams."""
        if not used or self.container not in FROM_FIRST_USED:
            return 0.0
        return max(0.0, min(stream.begin for stream in used) - self.begin)


def list_streams(path: Path) -> Listing:
    """Ask ffmpeg what is in a file."""
    _, said = run_ffmpeg(input_args(path))
    container, length = _INPUT.search(said), _LENGTH.search(said)
    clock = length.group(1, 2, 3, 4) if length else (None,) * 4
    found = list(_STREAM.finditer(said))
    streams = {}  # by index: a stream of two programs is listed twice
    for here, below in zip_longest(found, found[1:]):
        tags = said[here.end() : below.start() if below else None]
        streams[int(here[1])] = Stream(int(here[1]), here[2], here[3], tags)
    return Listing(
        container=container[1] if container else "",
        begin=float(clock[3] or 0),
        seconds=clock_seconds(*clock[:3]) if clock[0] else 0.0,
        streams=tuple(streams[index] for index in sorted(streams)),
        chapters=len(_CHAPTER.findall(said)),
        timecode=code[1] if (code := _TIMECODE.search(said)) else None,
        reel=name[1] or None if (name := _REEL.search(said)) else None,
    )


def demuxed_seconds(path: Path, stream: int | str = "V:0") -> float:
    """Where the last packet ends: the length of what is there, not of what a header promises."""
    tracks = ["-map", f"0:{stream}", "-map", "0:a?", "-c", "copy", "-f", "null", "-"]
    _, said = run_ffmpeg([*input_args(path), *tracks])
    ends = re.findall(r"time=(\d+):(\d+):([\d.]+)", said)
    return clock_seconds(*ends[-1]) if ends else 0.0


def clock_seconds(hours: str, minutes: str, seconds: str) -> float:
    """The time a clock shows, in seconds."""
    return int(hours) * 3600 + int(minutes) * 60 + float(seconds)
