"""The picture itself is optimised, coarse to fine, from what the network painted.

Neural Neighbor Style Transfer (NNST), Kolkin et al., 2022 (arXiv 2203.13215), section 3: features
of the picture are drawn towards the features of the style most like them. Or the optimisation that
began it all, Gatys et al., CVPR 2016: towards the style's Gram matrices and the content's features.
"""

import math
from collections.abc import Callable, Iterator
from time import perf_counter
from typing import Literal, NamedTuple, Protocol

import torch
import torch.nn.functional as F
from torch import Tensor

from ccpl.errors import check_choice
from ccpl.models.statistics import Features, covariance_stats

Objective = Literal["nnst", "gatys"]
Encoder = Callable[[Tensor], Features]  # (1, 3, H, W) in [0, 1] -> relu1_1 ... relu3_4

COARSEST = 64  # pixels: short side at which it begins
TAPS = ("relu2_1", "relu3_1", "relu3_4")  # of the columns that are matched
KEYS = 4096  # columns of the style that are looked at
QUERIES = 4096  # columns of the picture that look at once
PAIRS = 512  # columns whose likeness to one another is held
MATCHES = 3  # how often at every size neighbours are looked for anew
STEPS = 90  # at every size, if there is time
GROWTH = 2.2  # share of the time at a size over that at the size before
RATE = 0.01  # of Adam, for the bands of the picture
SEED = 0
STATISTICS, COLOURS, STRUCTURE, RANGE = 0.3, 10.0, 0.5, 10.0  # weights beside the neighbours'
CONTENT = 0.05  # weight of the content beside the Gram matrices


class Optimised(NamedTuple):
    """How far it is."""

    picture: Tensor  # (1, 3, H, W) in [0, 1]; small at first
    share: float  # of the time or of the steps, 1 at the end
    seconds_left: float


class Goal(Protocol):
    """What a picture of one size is drawn to."""

    def look_again(self, picture: Tensor) -> None:
        """Choose anew what (1, 3, H, W) is drawn to."""

    def loss(self, picture: Tensor) -> Tensor:
        """A scalar, for (1, 3, H, W) in [0, 1]."""


def optimise(
    content: Tensor,
    style: Tensor,
    start: Tensor,
    encoder: Encoder,
    *,
    objective: Objective = "nnst",
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
        for done, picture in enumerate(_improved(first, goal, steps), 1):
            passed = perf_counter() - began
            by_steps = (place + done / steps) / len(sizes)
            share = min(max(by_steps, passed / seconds), 1.0)
            yield Optimised(picture, share, max(seconds - passed, 0) * (1 - by_steps))
            if passed > spent * seconds:
                break
        if place + 1 < len(sizes):
            picture, before = (_fitted(x, sizes[place + 1]) for x in (picture, views[1]))
    yield Optimised(picture, 1.0, 0.0)


def sizes_of(size: tuple[int, int]) -> list[tuple[int, int]]:
    """Heights and widths from the coarsest to the full size, each about half the next."""
    doublings = max(0, math.floor(math.log2(min(size) / COARSEST)))
    return [tuple(max(1, round(n / 2**k)) for n in size) for k in range(doublings, -1, -1)]


def _fitted(image: Tensor, size: tuple[int, int]) -> Tensor:
    if image.shape[2:] == size:
        return image
    return F.interpolate(image, size=size, mode="bilinear", antialias=True)


def _improved(first: Tensor, goal: Goal, steps: int) -> Iterator[Tensor]:
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
            loss = goal.loss(shown) + RANGE * (image - shown).square().mean()
            optimizer.zero_grad()
            loss.backward()
        optimizer.step()
        with torch.no_grad():
            yield join_bands(bands).clamp(0, 1)


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


class NeighbourGoal:
    """Every column of features is to be like the style's column nearest to it.

    Nearest by cosine distance of centred columns, half by what the picture is, half by what the
    content is there. Columns alike in the content stay alike (Kolkin et al., STROTSS, CVPR 2019).

    Args:
        content: (1, 3, H, W) in [0, 1].
        style: (1, 3, h, w) in [0, 1].
        encoder: see `optimise`.
        generator: chooses among too many columns.
    """

    def __init__(
        self, content: Tensor, style: Tensor, encoder: Encoder, generator: torch.Generator
    ) -> None:
        self.encoder, self.generator = encoder, generator
        with torch.no_grad():
            keys = columns(encoder(style))
            if len(keys) > KEYS:
                keys = keys[torch.randperm(len(keys), generator=generator)[:KEYS].to(keys.device)]
            self.mean, self.std = keys.mean(0), keys.std(0)
            self.keys = F.normalize(keys - self.mean, dim=1)
            own = columns(encoder(content))
            self.own = F.normalize(own - own.mean(0), dim=1)
            self.colours = covariance_stats(style)

    def look_again(self, picture: Tensor) -> None:
        """See `Goal`."""
        now = columns(self.encoder(picture))
        queries = F.normalize(now - now.mean(0), dim=1) + self.own
        nearest = [(part @ self.keys.T).argmax(1) for part in queries.split(QUERIES)]
        self.target = self.keys[torch.cat(nearest)]

    def loss(self, picture: Tensor) -> Tensor:
        """See `Goal`."""
        now = columns(self.encoder(picture))
        likeness = (F.normalize(now - self.mean, dim=1) * self.target).sum(1)
        energy = self.mean.square().sum(), self.std.square().sum()
        off = (now.mean(0) - self.mean, now.std(0) - self.std)
        statistics = sum(x.square().sum() / e for x, e in zip(off, energy, strict=True))
        colours = covariance_stats(picture)
        pairs = zip(colours, self.colours, strict=True)
        colour = sum((x - goal).square().mean() for x, goal in pairs)
        structure = self._structure(now)
        neighbours = (1 - likeness).mean()
        return neighbours + STATISTICS * statistics + COLOURS * colour + STRUCTURE * structure

    def _structure(self, now: Tensor) -> Tensor:
        """How far the likeness of columns to one another is from the content's."""
        some = torch.randperm(len(now), generator=self.generator)[:PAIRS].to(now.device)
        both = (F.normalize(now[some] - now.mean(0), dim=1), self.own[some])
        now, own = (1 - x @ x.T for x in both)
        return (now / now.sum(0) - own / own.sum(0)).abs().sum(0).mean()


class GramGoal:
    """The style's means and covariances at every tap, and the content's features at the deepest.

    Args: as of `NeighbourGoal`.
    """

    def __init__(
        self, content: Tensor, style: Tensor, encoder: Encoder, generator: torch.Generator
    ) -> None:
        self.encoder = encoder
        with torch.no_grad():
            self.style = {tap: covariance_stats(x) for tap, x in encoder(style).items()}
            self.content = encoder(content)[TAPS[-1]]

    def look_again(self, picture: Tensor) -> None:
        """See `Goal`; there is nothing to choose."""

    def loss(self, picture: Tensor) -> Tensor:
        """See `Goal`."""
        feats = self.encoder(picture)
        terms = []
        for tap, x in feats.items():
            for now, goal in zip(covariance_stats(x), self.style[tap], strict=True):
                terms.append((now - goal).square().sum() / goal.square().sum())
        kept = (feats[TAPS[-1]] - self.content).square().mean() / self.content.square().mean()
        return torch.stack(terms).mean() + CONTENT * kept


GOALS: dict[str, Callable[[Tensor, Tensor, Encoder, torch.Generator], Goal]] = {
    "nnst": NeighbourGoal,
    "gatys": GramGoal,
}


def columns(feats: Features) -> Tensor:
    """All taps side by side at every place of the deepest: (places, channels), taps count alike."""
    size = feats[TAPS[-1]].shape[2:]
    taps = [F.interpolate(feats[tap], size=size, mode="area") for tap in TAPS]
    parts = [tap / tap.shape[1] ** 0.5 for tap in taps]
    return torch.cat(parts, 1).flatten(2)[0].T
