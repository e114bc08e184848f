"""Choices and numbers of the project: modes, architectures, limits.

Frozen dataclasses only; the command line makes its flags from their fields and their `help`.
"""

from dataclasses import dataclass
from typing import Literal, get_args

from ccpl.errors import check_choice

Mode = Literal["artistic", "photo", "perceptual"]
Arch = Literal["lite", "vgg19"]
Stabilize = Literal["off", "statistics", "flow"]
MODES: tuple[Mode, ...] = get_args(Mode)
ARCHS: tuple[Arch, ...] = get_args(Arch)
STABILIZE: tuple[Stabilize, ...] = get_args(Stabilize)


@dataclass(frozen=True)
class ModelConfig:
    """Everything needed to build a network; stored in the header of its weight file."""

    arch: Arch = "lite"
    mode: Mode = "artistic"
    widths: tuple[int, int] = (48, 96)  # lite: channels at 1/4 and 1/8
    # lite: inner channels of every residual block
    encoder_blocks: tuple[int, ...] = (16, 16)  # of the encoder, at 1/8
    deep_blocks: tuple[int, ...] = (16, 16, 16)  # of the decoder at 1/8
    shallow_blocks: tuple[int, ...] = (96, 16)  # and at 1/4
    ranks: tuple[int, int] = (32, 32)  # lite: sides of the covariance matrices at 1/4 and 1/8
    paint_width: int = 16  # lite: channels of the paint head, not in photo mode

    def __post_init__(self) -> None:
        check_choice("architecture", self.arch, ARCHS)
        check_choice("mode", self.mode, MODES)

    @property
    def name(self) -> str:
        """The name of the model and of its file: arch.mode."""
        return f"{self.arch}.{self.mode}"


@dataclass(frozen=True)
class Limits:
    """What one request may ask for."""

    megapixels: float
    upload_mb: int
    seconds: float | None  # length of a clip
    longest_side: int | None  # of a result


LOCAL = Limits(megapixels=200, upload_mb=4096, seconds=None, longest_side=None)
HOSTED = Limits(megapixels=40, upload_mb=200, seconds=30, longest_side=2048)


@dataclass(frozen=True)
class VideoConfig:
    """How a clip is stylized."""

    stabilize: Stabilize = "statistics"
    max_side: int | None = None  # pixels
    start: float | None = None  # seconds
    end: float | None = None
    batch_size: int = 4
    strict: bool = False  # refuse a damaged clip instead of warning
    crf: int = 18  # x264 quality, 0 lossless .. 51
    preset: str = "veryfast"
    max_fps: int = 60

    def __post_init__(self) -> None:
        check_choice("stabilization", self.stabilize, STABILIZE)
