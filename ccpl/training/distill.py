"""--distill: teach `FeatureNet` to answer as VGG-19 does, on any folder of pictures."""

import itertools
import math
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel, get_ema_avg_fn

from ccpl.atomic import check_place
from ccpl.device import pick_device
from ccpl.files.features import load_features, save_features
from ccpl.files.vgg import load_vgg
from ccpl.models.features import FEATURE_TAPS, FeatureNet, init_weights
from ccpl.models.statistics import Features
from ccpl.options import check_options, option
from ccpl.training.data import CropStream, batches
from ccpl.training.losses.style import TapStats, feature_stats

STATISTICS_WEIGHT = 0.5  # of means, deviations and covariances beside the activations themselves
LARGEST_NOISE = 0.15  # deviation of what is added to pixels
EMA = 0.998


@dataclass(frozen=True, kw_only=True)
class DistillConfig:
    """One run. A number out of its range raises InputError, which says what was expected."""

    picture_dir: str = option("examples", "folder of photos and paintings")
    output: str = option("runs/features.safetensors", "the file to write")
    steps: int = option(3000, "training steps", low=1, high=10**9)
    batch_size: int = option(4, "crops in a step", low=1, high=1024)
    crop_size: int = option(160, "side of the crops in pixels", low=32, high=1024)
    picture_side: int = option(
        512, "pixels of a picture's short side when crops are cut", low=32, high=8192
    )
    lr: float = option(2e-3, "largest learning rate", low=1e-12, high=1)
    save_every: int = option(250, "steps between saves; 0: only at the end", low=0, high=10**9)
    vgg: str | None = option(None, "VGG-19 weight file; default: $CCPL_VGG, else torchvision's")
    init: str | None = option(None, "file to start from")
    device: Literal["auto", "cpu", "cuda"] = option("auto", "where to compute")
    seed: int = option(0, "first number of the random crops and weights", low=0, high=2**31)

    def __post_init__(self) -> None:
        check_options(self)


@dataclass(frozen=True)
class DistillReport:
    """What one step did."""

    step: int
    losses: dict[str, float]  # relative squared errors: of activations by tap, of statistics
    seconds_left: float


def distill(config: DistillConfig) -> Iterator[DistillReport]:
    """Train and write `config.output`; stopping it early writes what there is.

    Returns:
        Reports, one after every step; the steps are done as they are asked for.
    Raises:
        InputError: a file, folder or device that cannot be used.
    """
    check_place(config.output)
    device = pick_device(config.device)
    torch.manual_seed(config.seed)
    if config.init:
        student = load_features(Path(config.init)).requires_grad_(True)
    else:
        student = FeatureNet()
        init_weights(student)
    teacher = load_vgg(config.vgg, FEATURE_TAPS)
    stream = CropStream(
        config.picture_dir,
        config.crop_size,
        seed=config.seed,
        bold=0.3,
        picture_side=max(config.picture_side, config.crop_size),
        zoom_out=math.inf,
    )
    on_device = {"device": device, "memory_format": torch.channels_last}
    return _steps(student.to(**on_device), teacher.to(**on_device), stream, config)


def _steps(
    student: FeatureNet, teacher: nn.Module, stream: CropStream, config: DistillConfig
) -> Iterator[DistillReport]:
    mean = AveragedModel(student, avg_fn=get_ema_avg_fn(EMA))
    optimizer = torch.optim.Adam(student.parameters(), lr=config.lr, betas=(0.9, 0.99))
    pace = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, config.lr, total_steps=max(config.steps, 2), pct_start=0.05
    )
    device, began = next(student.parameters()).device, time.monotonic()
    crops = batches(stream, config.batch_size)
    try:
        for step, batch in enumerate(itertools.islice(crops, config.steps), 1):
            generator = torch.Generator().manual_seed(config.seed + step)
            pictures = disturb(batch.crop.to(device).float() / 255, generator)
            with torch.no_grad():
                wanted = teacher(pictures)
            terms = imitation_terms(student(pictures), wanted)
            loss = torch.stack(list(terms.values())).sum()
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
            nn.utils.clip_grad_norm_(student.parameters(), 1.0)
            optimizer.step()
            pace.step()
            mean.update_parameters(student)
            if config.save_every and step % config.save_every == 0:
                save_features(mean.module, Path(config.output))
            left = (time.monotonic() - began) / step * (config.steps - step)
            yield DistillReport(step, {k: v.item() for k, v in terms.items()}, left)
    finally:
        save_features(mean.module, Path(config.output))


def disturb(pictures: Tensor, generator: torch.Generator) -> Tensor:
    """What optimisation and training meet on their way is no photo: noise, blends, odd outlines.

    Of four pictures one stays, one gets noise, one is blended with its neighbour, one is drawn with
    its neighbour's detail.

    Args:
        pictures: (B, 3, S, S) in [0, 1].
        generator: on the CPU.
    Returns:
        The same, clamped.
    """
    results = []
    for i, own in enumerate(pictures):
        other, kind = pictures[i - 1], i % 4
        share = torch.rand((), generator=generator).item()
        if kind == 1:
            noise = torch.randn(own.shape, generator=generator).to(own.device)
            own = own + LARGEST_NOISE * share * noise
        elif kind == 2:
            own = torch.lerp(own, other, share)
        elif kind == 3:
            own = own + (0.5 + share) * (other - _coarse(other))
        results.append(own)
    return torch.stack(results).clamp(0, 1)


def _coarse(picture: Tensor) -> Tensor:
    """(3, S, S) without what is smaller than about 8 pixels."""
    small = F.interpolate(picture[None], scale_factor=1 / 8, mode="area")
    return F.interpolate(small, size=picture.shape[1:], mode="bilinear")[0]


def imitation_terms(feats: Features, wanted: Features) -> dict[str, Tensor]:
    """How far activations are from those wanted, each over the mean square of what is wanted.

    Args:
        feats, wanted: (B, C, H, W) by tap.
    Returns:
        Scalars: one by tap, and "statistics", the mean over taps of the errors of mean, deviation
        and covariance.
    """
    terms = {tap: _relative(feats[tap], wanted[tap]) for tap in wanted}
    own, goal = feature_stats(feats), feature_stats(wanted)
    errors = [_statistics(own[tap], goal[tap]) for tap in wanted]
    return terms | {"statistics": STATISTICS_WEIGHT * torch.stack(errors).mean()}


def _statistics(own: TapStats, goal: TapStats) -> Tensor:
    return sum(_relative(a, b) for a, b in zip(own, goal, strict=True))


def _relative(found: Tensor, wanted: Tensor) -> Tensor:
    return (found - wanted).square().mean() / wanted.square().mean()
