"""Choices and numbers of the project: modes, architectures, limits, training.

Frozen dataclasses only; the command line makes its flags from their fields and their `help`.
"""

from dataclasses import dataclass, fields, replace
from typing import Any, Literal, get_args

from ccpl.errors import InputError, check_choice
from ccpl.options import check_options, option

Mode = Literal["artistic", "photo", "perceptual"]
Arch = Literal["lite", "vgg19"]
Stabilize = Literal["off", "statistics", "flow"]
Preset = Literal[
    "ultrafast", "superfast", "veryfast", "faster", "fast", "medium", "slow", "slower", "veryslow"
]
MODES: tuple[Mode, ...] = get_args(Mode)
ARCHS: tuple[Arch, ...] = get_args(Arch)


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
    """Which part of a clip is taken, and how the result is written; its look is a Look."""

    start: float | None = option(
        None, "Second to begin at; left out, the beginning.", label="Start at second"
    )
    end: float | None = option(None, "Second to stop at; left out, the end.", label="End at second")
    batch_size: int = option(4, "Frames painted at once, at most.", low=1)
    strict: bool = option(False, "Refuse a damaged clip instead of warning.")
    crf: int = option(18, "Quality of x264: 0 lossless to 51 worst.", low=0, high=51)
    preset: Preset = option("veryfast", "Speed of x264: slower ones make smaller files.")
    max_fps: int = option(60, "Frames a second at most.", low=1)

    def __post_init__(self) -> None:
        check_options(self)


@dataclass(frozen=True)
class TrainConfig:
    """One training run. Weights are for VGG-19 features scaled to mean activation 1."""

    mode: Mode = option("artistic", "what is learned: artistic, photo or perceptual style")
    arch: Arch = option("lite", "the small network or the published one", label="Architecture")
    content_dir: str = option("examples/contents", "folder of photos")
    style_dir: str = option("examples/styles", "folder of style pictures")
    output_dir: str = option("runs/latest", "where checkpoints, samples, metrics and weights go")
    steps: int = option(200, "training steps", low=1)
    batch_size: int = option(2, "contents in a step, and styles", low=1)
    image_size: int = option(192, "side of the training crops in pixels, a multiple of 8")
    lr: float = option(1.2e-3, "learning rate after warm-up, before its decay")
    lr_decay: float = option(0.0, "d of lr / (1 + d * step), the official decay; 0: cosine")
    warmup: int = option(200, "steps of linear warm-up of the learning rate and the style terms")
    clip: float = option(5.0, "largest gradient norm")
    ema: float = option(0.998, "share the running mean of the weights keeps at a step; 0: no mean")
    content_weight: float = option(0.3, "MSE of the deepest features")
    style_weight: float = option(116.0, "channel means and standard deviations")
    gram_weight: float = option(40.0, "channel covariances")
    ccp_weight: float = option(0.3, "contrastive coherence preserving loss")
    perceptual_weight: float = option(0.0, "perceptual loss (contents and Gram matrices)")
    tv_weight: float = option(0.5, "total variation")
    consistency_weight: float = option(12_000.0, "the same change for a warped, noisy picture")
    identity_weight: float = option(0.0, "a picture styled with itself stays itself (L1)")
    structure_weight: float = option(2.8, "1 - SSIM of the brightness to the content")
    smooth_weight: float = option(60.0, "total variation where the content has none")
    smooth_scale: int = option(
        1, "pixels a side of the squares whose means are to be smooth", low=1
    )
    range_weight: float = option(10.0, "colours outside [0, 1]; 0: not clamped")
    relative_style: bool = option(False, "divide style terms by the pair's own style distance")
    relative_content: bool = option(False, "divide the content term by the content's mean square")
    style_scales: tuple[float, ...] = option((1.0,), "picture scales of the style terms")
    bold_styles: float = option(
        0.7, "share of the style crops made bolder: colour, contrast, edges", low=0, high=1
    )
    tau: float = option(0.07, "temperature of the contrastive loss")
    anchors: int = option(8, "anchor points of the contrastive loss", low=1)
    ccp_layers: int = option(3, "deepest taps the contrastive loss looks at", low=1)
    vgg: str | None = option(None, "VGG-19 weight file; default: $CCPL_VGG, else torchvision's")
    init: str | None = option(None, "weights to start from")
    learn: str | None = option(None, "train only what has this in its name, e.g. decoder.regions")
    resume: str | None = option(None, "checkpoint to continue")
    device: Literal["auto", "cpu", "cuda"] = option("auto", "where to compute")
    workers: int = option(0, "processes that load pictures")
    seed: int = option(0, "first number of the random crops and weights")
    sample_every: int = option(500, "steps between contact sheets")
    checkpoint_every: int = option(500, "steps between checkpoints")

    def __post_init__(self) -> None:
        check_options(self)
        if self.image_size < 64 or self.image_size % 8:
            raise InputError(
                f"image size must be a multiple of 8 from 64 on, got {self.image_size}"
            )
        if self.smooth_scale > self.image_size // 4:
            raise InputError(
                f"smooth scale must be at most a quarter of the image size, got {self.smooth_scale}"
            )
        if not 0 <= self.ema < 1:
            raise InputError(f"ema must lie between 0 and below 1, got {self.ema:g}")


# The published training of CCPL. Its style term is a sum of 10 times each tap, ours their mean.
_OFFICIAL: dict[str, Any] = {
    "steps": 160_000, "batch_size": 8, "image_size": 256, "lr": 1e-4, "lr_decay": 5e-5,
    "warmup": 0, "clip": float("inf"), "ema": 0.0, "content_weight": 1.0, "style_weight": 40.0,
    "gram_weight": 0.0, "ccp_weight": 5.0, "tv_weight": 0.0, "consistency_weight": 0.0,
    "structure_weight": 0.0, "smooth_weight": 0.0, "range_weight": 0.0, "relative_style": False,
    "relative_content": False, "style_scales": (1.0,), "bold_styles": 0.0,
}  # fmt: skip

# What each mode changes in the defaults above; a flag given by the user wins.
TRAIN_PRESETS: dict[tuple[Arch, Mode], dict[str, Any]] = {
    ("lite", "artistic"): {},
    ("lite", "perceptual"): {
        "content_weight": 1.6,
        "style_weight": 108.0,
        "gram_weight": 43.0,
        "perceptual_weight": 0.5,
        "tv_weight": 4.0,
        "consistency_weight": 36_000.0,
        "structure_weight": 15.0,
        "smooth_weight": 150.0,
    },
    ("lite", "photo"): {
        "content_weight": 100.0,
        "style_weight": 150.0,
        "gram_weight": 6.0,
        "ccp_weight": 0.2,
        "tv_weight": 0.0,
        "consistency_weight": 1600.0,
        "structure_weight": 34.0,
        "smooth_weight": 600.0,
        "smooth_scale": 8,
        "identity_weight": 5.0,
        "bold_styles": 0.5,
        "relative_style": True,
        "relative_content": True,
    },
    ("vgg19", "artistic"): _OFFICIAL,
    ("vgg19", "perceptual"): {**_OFFICIAL, "perceptual_weight": 3.0},
    ("vgg19", "photo"): {**_OFFICIAL, "style_weight": 30.0},
}


def train_config(mode: Mode = "artistic", arch: Arch = "lite", **given: Any) -> TrainConfig:
    """The defaults of a mode with `given` fields replaced; unknown names raise InputError."""
    check_choice("mode", mode, MODES)
    check_choice("architecture", arch, ARCHS)
    known = tuple(f.name for f in fields(TrainConfig))
    for name in given:
        check_choice("training option", name, known)
    return replace(
        TrainConfig(mode=mode, arch=arch), **{**TRAIN_PRESETS.get((arch, mode), {}), **given}
    )
