"""The picture itself is optimised, coarse to fine, from what the network painted.

Neural Neighbor Style Transfer (NNST), Kolkin et al., 2022 (arXiv 2203.13215), section 3: features
of the picture are drawn towards the features of the style most like them. Or the optimisation that
began it all, Gatys et al., CVPR 2016: towards the style's Gram matrices and the content's features.
"""

import functools
import math
from collections.abc import Iterator
from time import perf_counter
from typing import Any, NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor

from ccpl.config import Optimize
from ccpl.errors import InputError, check_choice
from ccpl.files.features import load_features
from ccpl.image import to_tensor, visible_part
from ccpl.look import Look
from ccpl.models.features import FeatureNet
from ccpl.painting.goals import GOALS, Encoder, Goal

TELL_EVERY = 1.0  # seconds between two reports
PIXELS = 0.6e6  # of what is optimised; detail of larger pictures is the network's
COARSEST = 64  # pixels: short side at which it begins
MATCHES = 3  # how often at every size neighbours are looked for anew
STEPS = 90  # at every size, if there is time
GROWTH = 2.2  # share of the time at a size over that at the size before
RATE = 0.01  # of Adam, for the bands of the picture
SEED = 0
SHIFT = 4  # pixels: the stride of the deepest features
RANGE = 10.0  # weight of colours that no screen shows
PLAIN = 1.0  # and of total variation: no feature sees all noise
CHROMA = 4.0  # and of that of the colours without brightness


class Optimised(NamedTuple):
    """How far it is."""

    picture: Tensor  # (1, 3, H, W) in [0, 1]; small at first
    share: float  # of the time or of the steps, 1 at the end
    seconds_left: float


def optimise(
    content: Tensor,
    style: Tensor,
    start: Tensor,
    encoder: Encoder,
    *,
    objective: Optimize = "nnst",
    seconds: float = 150.0,
    steps: int = STEPS,
) -> Iterator[Optimised]:
    """Make a picture better for a while; whoever has seen enough just stops asking.

    Args:
        content, start: (1, 3, H, W) in [0, 1], the photo and what a network made of it.
        style: (1, 3, h, w) in [0, 1], of any size; it is seen with a short side like the content's.
        encoder: features that pictures are compared by.
        objective: nnst or gatys.
        seconds: it takes at most.
        steps: at every size, at most.
    Yields:
        A report after every step; the last one has the picture at full size.
    Raises:
        InputError: there is no such objective; the sentence lists them.
    """
    check_choice("objective", objective, tuple(GOALS))
    content, style, start = (x.clone() for x in (content, style, start))  # inference mode's too
    generator = torch.Generator().manual_seed(SEED)
    sizes = sizes_of(content.shape[2:])
    shares = [GROWTH**place for place in range(len(sizes))]
    began, spent, picture, before = perf_counter(), 0.0, None, None
    for place, size in enumerate(sizes):
        views = [_fitted(image, size) for image in (content, start)]
        side = min(style.shape[2:])
        seen = _fitted(style, tuple(max(16, round(n * min(size) / side)) for n in style.shape[2:]))
        goal = GOALS[objective](views[0], seen, encoder, generator)
        spent += shares[place] / sum(shares)
        first = views[1] if picture is None else picture + views[1] - before
        for done, picture in enumerate(_improved(first, goal, steps, generator), 1):
            passed = perf_counter() - began
            by_steps = (place + done / steps) / len(sizes)
            share = min(max(by_steps, passed / seconds), 1.0)
            yield Optimised(picture, share, max(seconds - passed, 0) * (1 - by_steps))
            if passed > spent * seconds:
                break
        if place + 1 < len(sizes):
            picture, before = (_fitted(x, sizes[place + 1]) for x in (picture, views[1]))
    yield Optimised(picture, 1.0, 0.0)


def optimise_for(
    look: Look, content: Tensor, style: Any, start: Tensor, *, device: torch.device
) -> Iterator[Optimised]:
    """What a look asks for; a report about every second, on the CPU, and the last one.

    Args:
        content, start: (1, 3, H, W) in [0, 1].
        style: one picture.
    Raises:
        InputError: the style is something else, or the mode is photo.
    """
    if look.mode == "photo" or not isinstance(style, Image.Image | np.ndarray):
        raise InputError(
            "optimize needs one style picture and mode artistic or perceptual; leave it off"
        )
    pictures = (content, to_tensor(visible_part(style)), start)
    how = {"objective": look.optimize, "seconds": look.seconds}
    told = perf_counter()
    moved = (picture.to(device) for picture in pictures)
    for report in optimise_large(*moved, own_features(str(device)), **how):
        if report.share == 1 or perf_counter() - told > TELL_EVERY:
            told = perf_counter()
            yield report._replace(picture=report.picture.cpu())


@functools.lru_cache(maxsize=2)
def own_features(device: str) -> FeatureNet:
    """The feature network that ships with the project, on a device."""
    return load_features().to(device, memory_format=torch.channels_last)


def optimise_large(
    content: Tensor, style: Tensor, start: Tensor, encoder: Encoder, **how: Any
) -> Iterator[Optimised]:
    """`optimise` for pictures of any size; its reports have the picture at full size.

    What is larger than PIXELS is optimised smaller, and keeps the start's detail beyond that.
    """
    scale = min(1.0, math.sqrt(PIXELS / (content.shape[2] * content.shape[3])))
    size = tuple(max(1, round(n * scale)) for n in content.shape[2:])
    small = _fitted(start, size)
    detail = start - _fitted(small, start.shape[2:])
    for report in optimise(_fitted(content, size), style, small, encoder, **how):
        whole = (_fitted(report.picture, start.shape[2:]) + detail).clamp(0, 1)
        yield report._replace(picture=whole)


def sizes_of(size: tuple[int, int]) -> list[tuple[int, int]]:
    """Heights and widths from the coarsest to the full size, each about half the next."""
    doublings = max(0, math.floor(math.log2(min(size) / COARSEST)))
    return [tuple(max(1, round(n / 2**k)) for n in size) for k in range(doublings, -1, -1)]


def _fitted(image: Tensor, size: tuple[int, int]) -> Tensor:
    if image.shape[2:] == size:
        return image
    return F.interpolate(image, size=size, mode="bilinear", antialias=True)


def _improved(
    first: Tensor, goal: Goal, steps: int, generator: torch.Generator
) -> Iterator[Tensor]:
    """The picture after every step: its bands are moved, so that coarse and fine move alike."""
    bands = [band.clone().requires_grad_() for band in split_bands(first)]
    optimizer = torch.optim.Adam(bands, lr=RATE)
    every = max(1, -(-steps // MATCHES))
    for step in range(steps):
        if step % every == 0:
            with torch.no_grad():
                goal.look_again(join_bands(bands).clamp(0, 1))
        with torch.enable_grad():
            image = join_bands(bands)
            shown = image.clamp(0, 1)
            loss = goal.loss(shifted(shown, generator)) + RANGE * (image - shown).square().mean()
            loss = loss + PLAIN * total_variation(shown)
            loss = loss + CHROMA * total_variation(shown - shown.mean(1, keepdim=True))
            optimizer.zero_grad()
            loss.backward()
        optimizer.step()
        with torch.no_grad():
            yield join_bands(bands).clamp(0, 1)


def shifted(image: Tensor, generator: torch.Generator) -> Tensor:
    """(1, 3, H, W) moved right and down by less than SHIFT pixels, its edge repeated.

    Features are computed on a grid; a picture that never moves would learn to please the grid.
    """
    down, right = torch.randint(SHIFT, (2,), generator=generator).tolist()
    height, width = image.shape[2:]
    return F.pad(image, (right, 0, down, 0), mode="replicate")[..., :height, :width]


def total_variation(image: Tensor) -> Tensor:
    """Mean absolute difference of neighbouring pixels of (1, 3, H, W)."""
    return image.diff(dim=2).abs().mean() + image.diff(dim=3).abs().mean()


def split_bands(image: Tensor) -> list[Tensor]:
    """A Laplacian pyramid (Burt & Adelson, 1983) of (1, 3, H, W), the finest band first."""
    bands = []
    while min(image.shape[2:]) >= 2 * 8 and len(bands) < 4:
        small = F.avg_pool2d(image, 2, ceil_mode=True, count_include_pad=False)
        bands.append(image - F.interpolate(small, size=image.shape[2:], mode="bilinear"))
        image = small
    return [*bands, image]


def join_bands(bands: list[Tensor]) -> Tensor:
    """The picture of its bands."""
    image = bands[-1]
    for band in bands[-2::-1]:
        image = band + F.interpolate(image, size=band.shape[2:], mode="bilinear")
    return image
