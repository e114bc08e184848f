"""The codecs clips are written with: for the web, and those that editors cut."""

from collections.abc import Callable
from dataclasses import dataclass

from ccpl.config import Bits, Codec
from ccpl.errors import InputError


@dataclass(frozen=True)
class Encoder:
    """How ffmpeg writes a codec."""

    pixels: dict[Bits, str]  # its pixel format by bits; the first is the usual one
    args: Callable[[Bits, int, str], list[str]]  # from bits, crf and preset
    clear: "Encoder | None" = None  # the same with transparency
    least: tuple[int, int] = (1, 1)  # height and width


def _h264(bits: Bits, crf: int, preset: str) -> list[str]:
    return ["-c:v", "libx264", "-preset", preset, "-crf", f"{crf}"]


def _hevc(bits: Bits, crf: int, preset: str) -> list[str]:
    quiet = ["-x265-params", "log-level=error"]
    return ["-c:v", "libx265", "-preset", preset, "-crf", f"{crf}", "-tag:v", "hvc1", *quiet]


def _prores(bits: Bits, crf: int, preset: str) -> list[str]:
    return ["-c:v", "prores_ks", "-profile:v", "hq", "-vendor", "apl0"]


def _prores_4444(bits: Bits, crf: int, preset: str) -> list[str]:
    return ["-c:v", "prores_ks", "-profile:v", "4444", "-alpha_bits", "16", "-vendor", "apl0"]


def _dnxhr(bits: Bits, crf: int, preset: str) -> list[str]:
    return ["-c:v", "dnxhd", "-profile:v", "dnxhr_hqx" if bits == "10" else "dnxhr_hq"]


ENCODERS: dict[Codec, Encoder] = {
    "h264": Encoder({"8": "yuv420p", "10": "yuv420p10le"}, _h264),
    "hevc": Encoder({"8": "yuv420p", "10": "yuv420p10le"}, _hevc),
    "prores": Encoder(
        {"10": "yuv422p10le"}, _prores, Encoder({"10": "yuva444p10le"}, _prores_4444)
    ),
    "dnxhr": Encoder({"8": "yuv422p", "10": "yuv422p10le"}, _dnxhr, least=(120, 256)),
}


def check_bits(codec: Codec, bits: Bits | None) -> Bits:
    """The bits a codec is written with, the usual ones unless others are asked for.

    Raises:
        InputError: the codec does not have them.
    """
    have = ENCODERS[codec].pixels
    if bits is not None and bits not in have:
        raise InputError(f"codec {codec} has {' or '.join(have)} bits, not {bits}")
    return bits or next(iter(have))


def check_size(codec: Codec, size: tuple[int, int]) -> None:
    """Raise InputError if frames of (height, width) are too small for a codec."""
    height, width = ENCODERS[codec].least
    if size[0] < height or size[1] < width:
        raise InputError(
            f"codec {codec} needs {width}x{height} pixels or more, not {size[1]}x{size[0]}; "
            "choose another"
        )
