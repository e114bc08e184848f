"""What a training run is asked for: data, steps, and the weight of every term of the loss."""

from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any, Literal

from ccpl.config import ARCHS, MODES, Arch, Mode, ModelConfig, Transform, model_name
from ccpl.errors import InputError, check_choice
from ccpl.options import check_options, option

TINY = 1e-12  # the least that counts as above 0
OWN_FEATURES = "own"  # value of `vgg`
LARGE = 1e9  # the largest weight, and the most steps
SMALLEST_VIEW = 16  # pixels a side of the smallest picture that the losses look at


def _weight(default: float, text: str) -> Any:
    """The weight of the term of the loss with the same name; a term of weight 0 is left out."""
    return option(default, text, low=0, high=LARGE)


@dataclass(frozen=True)
class TrainConfig:
    """One training run. Weights are for VGG-19 features of mean activation 1.

    A number out of its range raises InputError, which says what was expected.
    """

    mode: Mode = option("artistic", "what is learned: artistic, photo or perceptual style")
    arch: Arch = option("lite", "the small network or the published one", label="Architecture")
    transform: Transform = option(
        "sct", "what joins content and style between encoder and decoder; photo of lite knows sct"
    )
    content_dir: str = option("examples/contents", "folder of photos")
    style_dir: str = option("examples/styles", "folder of style pictures")
    output_dir: str = option("runs/latest", "where checkpoints, samples, metrics and weights go")
    steps: int = option(200, "training steps", low=1, high=LARGE)
    batch_size: int = option(2, "contents in a step, and styles", low=1, high=1024)
    styles_each: int = option(
        1,
        "styles of a step that each of its contents meets; more share their features",
        low=1,
        high=1024,
    )
    crop_size: int = option(
        192, "side of the training crops in pixels, a multiple of 8", low=64, high=2048
    )
    picture_side: int | None = option(
        None,
        "pixels of a picture's short side when crops are cut, so that a crop shows the same share "
        "of any picture; left out, pictures are taken as they are, shrunk to twice the crop",
        low=64,
        high=8192,
    )
    zoom_out: float | None = option(
        None,
        "how many times its side a crop may show, shrunk (drawn anew for each); left out, 1 with a "
        "picture side, else up to the whole picture",
        low=1,
        high=100,
    )
    style_side: int | None = option(
        None,
        "pixels a side at which the network sees the whole style picture, as in use (256 there); "
        "left out, it sees the crop",
        low=64,
        high=2048,
    )
    bold_styles: float = option(
        0.7,
        "share of the styles made bolder (colour, contrast, edges), with mirrored borders",
        low=0,
        high=1,
    )
    lr: float = option(1.2e-3, "learning rate after warm-up, before its decay", low=TINY, high=1)
    lr_decay: float = option(
        0.0, "d of lr / (1 + d * step), the official decay; 0: cosine", low=0, high=1
    )
    beta2: float = option(
        0.999, "share that Adam's mean of squared gradients keeps at a step", low=0, high=0.999999
    )
    warmup: int = option(
        200, "steps of linear warm-up of the learning rate and the style terms", low=0, high=LARGE
    )
    clip: float = option(float("inf"), "largest gradient norm; inf: any", low=TINY)
    ema: float = option(
        0.998,
        "share the running mean of the weights keeps at a step; 0: no mean",
        low=0,
        high=0.999999,
    )
    content_weight: float = _weight(0.3, "MSE of the deepest features")
    adain_weight: float = _weight(
        0.0, "MSE of the deepest features to the content's with the style's statistics (AdaIN)"
    )
    fine_weight: float = _weight(0.0, "the same of relu2_1 at full size: crisp outlines")
    draft_weight: float = _weight(
        0.0, "what makes style, of the draft alone: style, gram, adain and palette together"
    )
    style_weight: float = _weight(116.0, "channel means and standard deviations")
    gram_weight: float = _weight(40.0, "channel covariances")
    emd_weight: float = _weight(0.0, "relaxed earth mover's distance of features, by cosine")
    neighbour_weight: float = _weight(
        0.0, "distance of features to those of the style most like them, by cosine (NNST)"
    )
    palette_weight: float = _weight(0.0, "relaxed earth mover's distance of colours")
    ccp_weight: float = _weight(0.3, "contrastive coherence preserving loss")
    perceptual_weight: float = _weight(0.0, "perceptual loss (contents and Gram matrices)")
    tv_weight: float = _weight(0.5, "total variation")
    chroma_tv_weight: float = _weight(0.0, "total variation of the colours without brightness")
    consistency_weight: float = _weight(12_000.0, "the same change for a warped, noisy picture")
    identity_weight: float = _weight(0.0, "a picture styled with itself stays itself (L1)")
    structure_weight: float = _weight(2.8, "1 - SSIM of the brightness to the content")
    smooth_weight: float = _weight(60.0, "total variation where the content has none")
    thread_weight: float = _weight(0.0, "straight lines of a weave where all should be plain")
    range_weight: float = _weight(
        10.0, "colours outside [0, 1]; with 0 the losses see them, else clamped"
    )
    smooth_scale: int = option(
        1, "pixels a side of the squares whose means are to be smooth", low=1, high=512
    )
    relative_style: bool = option(False, "divide style terms by the pair's own style distance")
    relative_content: bool = option(False, "divide content terms by their target's mean square")
    style_scales: tuple[float, ...] = option(
        (1.0,), "picture scales of the style terms", low=1 / 64, high=1
    )
    deep_scale: float = option(
        1.0,
        "picture scale of the content terms; above it style terms see relu1_1 and relu2_1 alone, "
        "which is cheap",
        low=1 / 64,
        high=1,
    )
    content_goal: float | None = option(
        None,
        "relative content error to arrive at: the content weight is where it begins, and rises or "
        "falls from step to step; left out, the weight stays",
        low=0.01,
        high=10,
    )
    ccp_scales: tuple[float, ...] = option(
        (1.0,), "picture scales of the contrastive loss", low=1 / 64, high=1
    )
    tau: float = option(0.07, "temperature of the contrastive loss", low=1e-3, high=100)
    anchors: int = option(8, "anchor points of the contrastive loss", low=1, high=256)
    ccp_layers: int = option(3, "deepest taps the contrastive loss looks at", low=1, high=4)
    vgg: str | None = option(
        None,
        "VGG-19 weight file, or own: the small features that ship, quicker and without a download; "
        "default: $CCPL_VGG, else torchvision's",
    )
    init: str | None = option(None, "weights to start from")
    learn: str | None = option(
        None, "train only what has this in its name, or one of several: draft.head,draft.up"
    )
    resume: str | None = option(None, "checkpoint to continue")
    device: Literal["auto", "cpu", "cuda"] = option("auto", "where to compute")
    workers: int = option(0, "processes that load pictures", low=0, high=256)
    seed: int = option(0, "first number of the random crops and weights", low=0, high=2**31)
    sample_every: int = option(500, "steps between contact sheets; 0: none", low=0, high=LARGE)
    checkpoint_every: int = option(
        500, "steps between checkpoints; 0: only at the end", low=0, high=LARGE
    )

    def __post_init__(self) -> None:
        check_options(self)
        ModelConfig(arch=self.arch, mode=self.mode, transform=self.transform)  # refuses what is not
        if self.styles_each > self.batch_size:
            raise InputError(
                f"styles each must be at most the batch size {self.batch_size}, got "
                f"{self.styles_each}"
            )
        if self.crop_size % 8:
            raise InputError(f"crop size must be a multiple of 8, got {self.crop_size}")
        if self.picture_side and self.picture_side < self.crop_size:
            raise InputError(
                f"picture side must be at least the crop size {self.crop_size}, got "
                f"{self.picture_side}"
            )
        if self.smooth_scale > self.crop_size // 4:
            raise InputError(
                f"smooth scale must be at most a quarter of the crop size, got {self.smooth_scale}"
            )
        if self.content_goal and not (self.content_weight and self.relative_content):
            raise InputError("a content goal needs a content weight above 0 and relative content")
        if self.vgg == OWN_FEATURES and self.arch == "vgg19":
            raise InputError("arch vgg19 has the layers of VGG-19 itself; name its file with --vgg")
        least = min(*self.style_scales, *self.ccp_scales, self.deep_scale)
        if self.crop_size * least < SMALLEST_VIEW:
            raise InputError(
                f"scale {least:g} leaves {self.crop_size * least:g} of {self.crop_size} pixels; "
                f"the losses need {SMALLEST_VIEW}"
            )
        if self.neighbour_weight and min(self.style_scales) > self.deep_scale:
            raise InputError(
                f"the neighbour term needs a style scale of at most the deep scale "
                f"{self.deep_scale:g}; the least is {min(self.style_scales):g}"
            )
        if not self.total_weight:
            raise InputError("every term of the loss has weight 0; give at least one of them more")

    def weight(self, term: str) -> float:
        """The weight of a term of the loss."""
        return getattr(self, f"{term}_weight")

    @property
    def total_weight(self) -> float:
        """The sum of all weights."""
        return sum(getattr(self, f.name) for f in fields(self) if f.name.endswith("_weight"))

    @property
    def weights_path(self) -> Path:
        """Where the exported weights go, ready to be copied into weights/."""
        name = model_name(self.arch, self.mode, self.transform)
        return Path(self.output_dir) / f"{name}.safetensors"


# The published training of CCPL. Its style term is a sum of 10 times each tap, ours their mean.
_OFFICIAL: dict[str, Any] = {
    "steps": 160_000, "batch_size": 8, "crop_size": 256, "lr": 1e-4, "lr_decay": 5e-5,
    "warmup": 0, "ema": 0.0, "content_weight": 1.0, "style_weight": 40.0,
    "gram_weight": 0.0, "ccp_weight": 5.0, "tv_weight": 0.0, "consistency_weight": 0.0,
    "structure_weight": 0.0, "smooth_weight": 0.0, "range_weight": 0.0, "relative_style": False,
    "relative_content": False, "style_scales": (1.0,), "bold_styles": 0.0,
}  # fmt: skip

# Draft and revisions together; the flags of the shipped files' runs are in their HISTORY.md.
_PAINT: dict[str, Any] = {
    "crop_size": 256, "picture_side": 512, "style_side": 512, "bold_styles": 0.3,
    "lr": 4e-4, "beta2": 0.99, "warmup": 100, "clip": 2.0, "ema": 0.998, "content_weight": 3.4,
    "content_goal": 0.38, "adain_weight": 1.6, "fine_weight": 0.4, "draft_weight": 9.0,
    "style_weight": 18.0, "gram_weight": 8.0, "emd_weight": 2.5, "palette_weight": 4.0,
    "ccp_weight": 0.4, "tv_weight": 0.1, "chroma_tv_weight": 0.5, "thread_weight": 20.0,
    "consistency_weight": 0.0, "structure_weight": 0.0, "smooth_weight": 0.0, "range_weight": 5.0,
    "relative_style": True, "relative_content": True, "style_scales": (1.0, 0.5, 0.25, 0.125),
    "ccp_scales": (1.0, 0.5, 0.25), "deep_scale": 0.5,
}  # fmt: skip

# What each mode changes in the defaults above; a flag given by the user wins.
TRAIN_PRESETS: dict[tuple[Arch, Mode], dict[str, Any]] = {
    ("lite", "artistic"): _PAINT,
    ("lite", "perceptual"): {**_PAINT, "content_goal": 0.28, "thread_weight": 30.0, "lr": 3e-4},
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
    if (arch, mode) not in TRAIN_PRESETS:
        modes = " or ".join(m for a, m in TRAIN_PRESETS if a == arch)
        raise InputError(f"{arch} learns no {mode} mode; choose {modes}")
    known = tuple(f.name for f in fields(TrainConfig))
    for name in given:
        check_choice("training option", name, known)
    return replace(
        TrainConfig(mode=mode, arch=arch), **{**TRAIN_PRESETS.get((arch, mode), {}), **given}
    )
