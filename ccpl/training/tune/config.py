"""What a tuning is asked for: the style, the contents, how long, and the weight of every term."""

from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Literal

from ccpl.config import Mode
from ccpl.errors import InputError
from ccpl.files.tuned import TUNED_DIR, check_name
from ccpl.options import check_options, option
from ccpl.training.config import LARGE, TINY, TrainConfig, train_config

Flicker = Literal["normal", "low"]
SIDES: dict[Mode, int] = {"artistic": 512, "perceptual": 512, "photo": 256}
LEAST_MINUTES = 0.2  # in less nothing is learned

# What tuning changes in the defaults of --train, by kind of network.
_PAINT: dict[str, Any] = {
    "batch_size": 1, "beta2": 0.99, "ccp_weight": 0.0, "thread_weight": 20.0,
    "fine_weight": 0.0, "draft_weight": 0.0, "content_weight": 2.0,
}  # fmt: skip
_PHOTO: dict[str, Any] = {"batch_size": 1, "ccp_weight": 0.0,
                          "identity_weight": 0.0}  # fmt: skip
# Terms of a tuning that have an option: left out, they weigh what the mode's preset says.
SHARED = (
    "content_weight", "adain_weight", "style_weight", "gram_weight", "emd_weight",
    "palette_weight", "draft_weight", "tv_weight", "chroma_tv_weight", "thread_weight",
    "structure_weight",
)  # fmt: skip
# What `--flicker low` and `--clip` set unless they are given.
_CALM: dict[str, float] = {"noise_weight": 3000.0}
_STEADY: dict[str, float] = {"temporal_weight": 1500.0, "feature_temporal_weight": 5.0}


def _weight(text: str) -> Any:
    return option(None, f"{text}; left out, the mode's", low=0, high=LARGE)


@dataclass(frozen=True)
class TuneConfig:
    """One tuning. Weights mean what they mean for --train.

    A number out of its range raises InputError, which says what was expected.
    """

    style: str | None = option(None, "the style picture")
    mode: Mode = option("artistic", "the network to start from: artistic, photo or perceptual")
    content_dir: str | None = option(
        None, "folder of photos it is tuned on; left out, the pictures in examples/"
    )
    clip: str | None = option(None, "a shot it is tuned on, instead of photos: it will stay still")
    start: float | None = option(None, "second of the clip to begin at", low=0)
    end: float | None = option(None, "second of the clip to stop at", low=0)
    minutes: float = option(5.0, "how long it may take", low=LEAST_MINUTES, high=600)
    steps: int | None = option(
        None, "steps, whatever time they take, instead of minutes", low=1, high=LARGE
    )
    side: int | None = option(
        None,
        "pixels of the squares it is tuned on, a multiple of 8; left out, 512, in mode photo 256",
        low=64,
        high=1024,
    )
    stroke_size: float = option(
        1.0, "size of the strokes: 1 as in the style, 2 twice as large", low=0.25, high=4
    )
    flicker: Flicker = option(
        "normal", "low: noise in a picture must not show in the result; calmer clips"
    )
    name: str | None = option(None, "what it is called; the file is weights/tuned/NAME.safetensors")
    output: str | None = option(None, "the file, if it is to lie elsewhere")
    keep_every: float | None = option(
        None,
        "also keep stages, weak to strong: one every so many minutes, or steps with --steps",
        low=TINY,
        high=LARGE,
    )
    resume: bool = option(False, "go on from the file that is there")
    content_ratio: float = option(
        0.85,
        "content error to arrive at, over that of the general network: the content weight rises or "
        "falls from step to step until it is met; photo keeps its weight",
        low=0.1,
        high=10,
    )
    content_weight: float | None = _weight("MSE of the deepest features, where it begins")
    adain_weight: float | None = _weight("MSE of the deepest features to their AdaIN")
    style_weight: float | None = _weight("channel means and standard deviations")
    gram_weight: float | None = _weight("channel covariances")
    emd_weight: float | None = _weight("relaxed earth mover's distance of features")
    palette_weight: float | None = _weight("relaxed earth mover's distance of colours")
    draft_weight: float | None = _weight("what makes style, of the draft alone")
    tv_weight: float | None = _weight("total variation")
    chroma_tv_weight: float | None = _weight("total variation of the colours")
    thread_weight: float | None = _weight("straight lines of a weave where all should be plain")
    structure_weight: float | None = _weight("1 - SSIM of the brightness to the content")
    style_scales: tuple[float, ...] | None = option(
        None, "picture scales of the style terms", low=1 / 32, high=1
    )
    noise_weight: float | None = option(
        None, "the same result for a picture with noisy pixels", low=0, high=LARGE
    )
    noise_range: float = option(0.12, "how far a noisy pixel is moved at most", low=0, high=1)
    noise_count: int = option(4000, "noisy pixels of a square", low=1, high=LARGE)
    temporal_weight: float | None = option(
        None, "change between frames of the clip that is none of the clip's own", low=0, high=LARGE
    )
    feature_temporal_weight: float | None = option(
        None, "the same of the features of the draft", low=0, high=LARGE
    )
    lr: float = option(4e-4, "learning rate after warm-up, before its decay", low=TINY, high=1)
    vgg: str | None = option(
        None, "VGG-19 weight file; default: $CCPL_VGG, torch's cache, our own features"
    )
    device: Literal["auto", "cpu", "cuda"] = option("auto", "where to compute")
    seed: int = option(0, "first number of the random squares", low=0, high=2**31)

    def __post_init__(self) -> None:
        check_options(self)
        if self.name:
            check_name(self.name)
        if not self.clip and (self.start is not None or self.end is not None):
            raise InputError("--start and --end are of a clip; give one with --clip")

    @property
    def path(self) -> Path:
        """Where the result goes."""
        if self.output:
            return Path(self.output)
        return TUNED_DIR / f"{self.label}.safetensors"

    @property
    def label(self) -> str:
        """What the result is called."""
        return self.name or Path(self.output or self.style or "style").stem

    def training(self) -> TrainConfig:
        """The terms of the loss as a TrainConfig."""
        given = {name: getattr(self, name) for name in SHARED if getattr(self, name) is not None}
        if self.style_scales:
            given["style_scales"] = self.style_scales
        preset = _PHOTO if self.mode == "photo" else _PAINT
        side = self.side or SIDES[self.mode]
        own = {"lr": self.lr, "seed": self.seed, "crop_size": side, "picture_side": side}
        return train_config(self.mode, **{**preset, **own, **given})

    def own_weight(self, term: str) -> float:
        """The weight of "noise", "temporal" or "feature_temporal"."""
        name = f"{term}_weight"
        given = getattr(self, name)
        if given is not None:
            return given
        calm = _CALM if self.flicker == "low" else {}
        steady = _STEADY if self.clip else {}
        return {**calm, **steady}.get(name, 0.0)


def settings(config: TuneConfig) -> dict[str, Any]:
    """What of it is kept in the file: what was not left out, and no paths but their names."""
    values = {f.name: getattr(config, f.name) for f in fields(config)}
    for name in ("style", "content_dir", "clip", "vgg"):
        values[name] = values[name] and Path(values[name]).name
    left = ("output", "resume", "device", "name")
    return {name: v for name, v in values.items() if v is not None and name not in left}
