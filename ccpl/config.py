"""Choices and numbers of the project: modes, architectures, limits.

Frozen dataclasses only; the command line makes its flags from their fields and their `help`.
"""

from dataclasses import dataclass
from typing import Literal, get_args

from ccpl.errors import InputError, check_choice
from ccpl.options import check_options, option

Mode = Literal["artistic", "photo", "perceptual"]
Arch = Literal["lite", "vgg19"]
Transform = Literal["sct", "adain", "wct", "style_swap", "linear"]
Optimize = Literal["off", "nnst", "gatys"]
Stabilize = Literal["off", "statistics", "flow"]
Consistency = Literal["frame", "shot", "lut"]
Preset = Literal[
    "ultrafast", "superfast", "veryfast", "faster", "fast", "medium", "slow", "slower", "veryslow"
]
Codec = Literal["h264", "hevc", "prores", "dnxhr"]
Bits = Literal["8", "10"]
Log = Literal["slog3", "logc3", "logc4", "vlog", "clog3"]
InputTransform = Literal["rec709", "slog3", "logc3", "logc4", "vlog", "clog3"]
OutputTransform = Literal["same", "rec709"]
MODES: tuple[Mode, ...] = get_args(Mode)
ARCHS: tuple[Arch, ...] = get_args(Arch)
TRANSFORM_NAMES: tuple[Transform, ...] = get_args(Transform)


@dataclass(frozen=True)
class ModelConfig:
    """Everything needed to build a network; stored in the header of its weight file."""

    arch: Arch = "lite"
    mode: Mode = "artistic"
    transform: Transform = "sct"  # between encoder and decoder; photo mode of lite knows sct alone
    # lite in artistic and perceptual mode: a draft and its revisions
    draft_widths: tuple[int, int, int] = (32, 64, 128)  # channels at 1/1, 1/2 and 1/4 of the draft
    draft_blocks: tuple[int, int] = (2, 3)  # of its encoder and of its decoder, at 1/4
    draft_rank: int = 32  # side of its covariance matrix
    revision_widths: tuple[int, int] = (40, 24)  # channels of the first revision and of all others
    # lite in photo mode
    widths: tuple[int, int] = (48, 96)  # channels at 1/4 and 1/8
    # inner channels of every residual block
    encoder_blocks: tuple[int, ...] = (16, 16)  # of the encoder, at 1/8
    deep_blocks: tuple[int, ...] = (16, 16, 16)  # of the decoder at 1/8
    shallow_blocks: tuple[int, ...] = (96, 16)  # and at 1/4
    ranks: tuple[int, int] = (32, 32)  # sides of the covariance matrices at 1/4 and 1/8

    def __post_init__(self) -> None:
        check_choice("architecture", self.arch, ARCHS)
        check_choice("mode", self.mode, MODES)
        check_choice("transform", self.transform, TRANSFORM_NAMES)
        if (self.arch, self.mode) == ("lite", "photo") and self.transform != "sct":
            raise InputError(f"photo mode of lite has no {self.transform}; choose sct")

    @property
    def name(self) -> str:
        """The name of the model and of its file: arch.mode, and the transform if it is not SCT."""
        return model_name(self.arch, self.mode, self.transform)


def model_name(arch: Arch, mode: Mode, transform: Transform = "sct") -> str:
    """The name of a model and of its file: lite.artistic, lite.artistic.wct."""
    return f"{arch}.{mode}" if transform == "sct" else f"{arch}.{mode}.{transform}"


@dataclass(frozen=True)
class Limits:
    """What one request may ask for."""

    megapixels: float
    upload_mb: int
    seconds: float | None  # length of a clip
    longest_side: int | None  # of a result
    tune_minutes: float  # of one tuning


LOCAL = Limits(megapixels=200, upload_mb=4096, seconds=None, longest_side=None, tune_minutes=60)
HOSTED = Limits(megapixels=40, upload_mb=200, seconds=30, longest_side=2048, tune_minutes=2)


@dataclass(frozen=True)
class VideoConfig:
    """Which part of a clip is taken, and how the result is written; its look is a Look."""

    start: float | None = option(
        None, "Second to begin at; left out, the beginning.", label="Start at second"
    )
    end: float | None = option(None, "Second to stop at; left out, the end.", label="End at second")
    batch_size: int = option(4, "Frames painted at once, at most.", low=1)
    strict: bool = option(False, "Refuse a damaged clip instead of warning.")
    codec: Codec = option(
        "h264",
        "H.264 and HEVC are small; ProRes and DNxHR, in .mov or .mkv, are for editors.",
        titles=("H.264", "HEVC", "ProRes", "DNxHR"),
    )
    bits: Bits | None = option(
        None,
        "Bits of a colour; with 10 nothing on the way has fewer, save for stabilization flow. "
        "Left out, what is usual.",
        titles=("8 bits", "10 bits"),
    )
    crf: int = option(18, "Quality of H.264 and HEVC: 0 lossless to 51 worst.", low=0, high=51)
    preset: Preset = option("veryfast", "Speed of H.264 and HEVC: slower ones make smaller files.")
    input_transform: InputTransform = option(
        "rec709",
        "What the clip is coded in: log of Sony (slog3), ARRI (logc3 at EI 800, logc4), Panasonic "
        "(vlog) or Canon (clog3), each in its wide gamut.",
        titles=("Rec.709", "S-Log3", "LogC3", "LogC4", "V-Log", "C-Log3"),
    )
    output_transform: OutputTransform = option(
        "same", "Log footage stays in its log, or becomes Rec.709.", titles=("Same", "Rec.709")
    )
    max_fps: int = option(60, "Frames a second at most.", low=1)

    def __post_init__(self) -> None:
        check_options(self)
        if self.output_transform != "same" and self.input_transform == "rec709":
            raise InputError(
                "an output transform is for log footage; name its log as the input transform"
            )
