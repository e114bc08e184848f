"""Where to begin decoding, so that a frame far into a clip comes out whole.

ffmpeg's own `-ss` is exact only where a container has an index of key pictures. In MPEG streams it
lands anywhere, and whatever stands before the next key picture cannot be decoded and is missing.
"""

import re
from fractions import Fraction
from typing import NamedTuple

from ccpl.video.ffmpeg import input_args, run_ffmpeg
from ccpl.video.probe import VideoInfo

BACK = (2, 8, 32, 96)  # seconds to look for a key picture; then the clip is read from its start
_KEY = re.compile(r"^\[Parsed_showinfo_\d+ @ \w+\] n: *\d+ .*pts_time:(\S+)", re.MULTILINE)


class Entry(NamedTuple):
    """A place to begin at."""

    at: Fraction = Fraction(0)  # seconds from the file's beginning, to be sought; 0: do not seek
    key: float = 0.0  # seconds from there to the first key picture

    def complaints(self, info: VideoInfo) -> set[str]:
        """What ffmpeg has to say about pictures before the key picture; they lack others."""
        if not self.at:
            return set()
        length = ["-t", f"{max(self.key, 0) + 0.5:.6f}"]
        args = input_args(
            info.path, "-noaccurate_seek", *length, start=self.at, decoder=info.source
        )
        tail = ["-map", f"0:{info.stream}", "-f", "null", "-"]
        _, said = run_ffmpeg(["-v", "error", *args, *tail])
        return {unaddressed(line) for line in said.splitlines()}


def unaddressed(line: str) -> str:
    """A message of ffmpeg without the addresses that differ from run to run."""
    return re.sub(r" @ 0x\w+\]", "]", line).strip()


def find_entry(info: VideoInfo, time: Fraction) -> Entry:
    """The last place tried from which all frames from `time`, in seconds, on can be decoded."""
    for back in BACK:
        # A whole number of frames: timestamps of some containers count frames.
        at = Fraction(int((time - back) * info.rate)) / info.rate
        if at <= info.picture_from:
            break
        options = ["-noaccurate_seek", "-t", f"{float(time - at):.6f}"]
        args = input_args(info.path, *options, start=at, decoder=info.source)
        show = ["-map", f"0:{info.stream}", "-vf", "select=key,showinfo=checksum=0"]
        _, said = run_ffmpeg([*args, *show, "-frames:v", "1", "-f", "null", "-"])
        key = _KEY.search(said)
        if key and float(key[1]) + at <= time + info.origin + Fraction(1, 4) / info.rate:
            return Entry(at, float(key[1]))
    return Entry()
