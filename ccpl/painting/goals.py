"""What an optimised picture is drawn to: neighbours of features, or Gram matrices."""

from collections.abc import Callable
from typing import Protocol

import torch
import torch.nn.functional as F
from torch import Tensor

from ccpl.models.features import hypercolumns
from ccpl.models.statistics import Features, covariance_stats

Encoder = Callable[[Tensor], Features]  # (1, 3, H, W) in [0, 1] -> relu1_1 ... relu3_4

DEEPEST = "relu3_4"  # where the content is held beside Gram matrices
KEYS = 4096  # columns of the style that are looked at
QUERIES = 4096  # columns of the picture that look at once
PAIRS = 512  # columns whose likeness to one another is held
PIXELS = 2048  # whose colours are looked at
STATISTICS, COLOURS, PALETTE, STRUCTURE = 0.3, 10.0, 20.0, 0.5  # weights beside the neighbours'
CONTENT = 0.05  # weight of the content beside the Gram matrices


class Goal(Protocol):
    """What a picture of one size is drawn to."""

    def look_again(self, picture: Tensor) -> None:
        """Choose anew what (1, 3, H, W) is drawn to."""

    def loss(self, picture: Tensor) -> Tensor:
        """A scalar, for (1, 3, H, W) in [0, 1]."""


class NeighbourGoal:
    """Every column of features is to be like the style's column nearest to it.

    Nearest by cosine distance of centred columns, half by what the picture is, half by what the
    content is there. Columns alike in the content stay alike, and there are all colours of the
    style and no others (relaxed earth mover's distance; Kolkin et al., STROTSS, CVPR 2019).

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
            keys = hypercolumns(encoder(style))[0]
            if len(keys) > KEYS:
                keys = keys[torch.randperm(len(keys), generator=generator)[:KEYS].to(keys.device)]
            self.mean, self.std = keys.mean(0), keys.std(0)
            self.keys = F.normalize(keys - self.mean, dim=1)
            own = hypercolumns(encoder(content))[0]
            self.own = F.normalize(own - own.mean(0), dim=1)
            self.colours = covariance_stats(style)
            self.palette = self._some_colours(style)

    def look_again(self, picture: Tensor) -> None:
        """See `Goal`."""
        now = hypercolumns(self.encoder(picture))[0]
        queries = F.normalize(now - now.mean(0), dim=1) + self.own
        nearest = [(part @ self.keys.T).argmax(1) for part in queries.split(QUERIES)]
        self.target = self.keys[torch.cat(nearest)]

    def loss(self, picture: Tensor) -> Tensor:
        """See `Goal`."""
        now = hypercolumns(self.encoder(picture))[0]
        likeness = (F.normalize(now - self.mean, dim=1) * self.target).sum(1)
        energy = self.mean.square().sum(), self.std.square().sum()
        off = (now.mean(0) - self.mean, now.std(0) - self.std)
        statistics = sum(x.square().sum() / e for x, e in zip(off, energy, strict=True))
        colours = covariance_stats(picture)
        pairs = zip(colours, self.colours, strict=True)
        colour = sum((x - goal).square().mean() for x, goal in pairs)
        near = torch.cdist(self._some_colours(picture), self.palette).square()
        foreign = torch.maximum(near.min(0).values.mean(), near.min(1).values.mean())
        return (
            (1 - likeness).mean()
            + STATISTICS * statistics
            + COLOURS * colour
            + PALETTE * foreign
            + STRUCTURE * self._structure(now)
        )

    def _some_colours(self, picture: Tensor) -> Tensor:
        """Colours at random places of (1, 3, H, W): (places, 3)."""
        flat = picture.flatten(2)[0].T
        return flat[torch.randint(len(flat), (PIXELS,), generator=self.generator).to(flat.device)]

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
            self.content = encoder(content)[DEEPEST]

    def look_again(self, picture: Tensor) -> None:
        """See `Goal`; there is nothing to choose."""

    def loss(self, picture: Tensor) -> Tensor:
        """See `Goal`."""
        feats = self.encoder(picture)
        terms = []
        for tap, x in feats.items():
            for now, goal in zip(covariance_stats(x), self.style[tap], strict=True):
                terms.append((now - goal).square().sum() / goal.square().sum())
        kept = (feats[DEEPEST] - self.content).square().mean() / self.content.square().mean()
        return torch.stack(terms).mean() + CONTENT * kept


GOALS: dict[str, Callable[[Tensor, Tensor, Encoder, torch.Generator], Goal]] = {
    "nnst": NeighbourGoal,
    "gatys": GramGoal,
}
