"""Timecode: hours, minutes, seconds and frames, as editors find frames by (SMPTE ST 12-1)."""

import re
from fractions import Fraction

_TIMECODE = re.compile(r"(\d\d):(\d\d):(\d\d)([:;])(\d\d)")


def later(timecode: str, frames: int, rate: Fraction) -> str:
    """The timecode some frames on.

    Args:
        timecode: "01:00:00:00"; a semicolon before the frames means that numbers are dropped.
        frames: at least 0.
        rate: frames a second.
    """
    found = _TIMECODE.fullmatch(timecode)
    hours, minutes, seconds, number = (int(found[i]) for i in (1, 2, 3, 5))
    each, drops = round(rate), found[4] == ";"
    # Drop-frame: the first numbers of every minute are left out, but for every tenth.
    left_out = each // 15 if drops else 0
    minute = 60 * hours + minutes
    count = (60 * minute + seconds) * each + number - left_out * (minute - minute // 10) + frames
    if drops:
        tens, rest = divmod(count, 10 * 60 * each - 9 * left_out)
        count += left_out * (9 * tens + max(0, rest - left_out) // (60 * each - left_out))
    seconds, number = divmod(count, each)
    clock = [seconds // 3600 % 24, seconds // 60 % 60, seconds % 60]
    return ":".join(f"{part:02d}" for part in clock) + f"{found[4]}{number:02d}"
