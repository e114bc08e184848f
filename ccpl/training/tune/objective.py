"""What a step of a tuning minimises: the terms of --train against one style, noise and motion."""

from collections.abc import Iterable

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ccpl.models import FixedCode, FixedPainter, StyleCode
from ccpl.models.painter.network import working_size
from ccpl.models.statistics import Features
from ccpl.training.comparison import Comparison, VGGFeatures
from ccpl.training.losses.motion import (
    feature_warping_loss,
    flow_grid,
    noisy,
    output_warping_loss,
    warp,
)
from ccpl.training.losses.style import TapStats
from ccpl.training.objective import Objective
from ccpl.training.tune.config import TuneConfig
from ccpl.training.tune.lesson import Extractor, Lesson

OWN = ("noise", "temporal", "feature_temporal")  # terms that --train has not
WHOLE = 0.25  # scale at which contents are compared, unless another is asked for
SHARES = {1.0: 3 / 8, 0.5: 1 / 2}  # of a side that is looked at, by scale; below, all of it
GOAL_PACE = 0.1  # share by which the weight of the content follows its error in a step


class Glimpses(VGGFeatures):
    """Features of a picture: all of it where it is small, a part of it at the scales above.

    Args:
        pictures: (B, 3, S, S) in [0, 1].
        part: where the part lies, 0 .. 1 down and 0 .. 1 to the right.
    """

    def __init__(
        self, pictures: Tensor, features: Extractor, deep_scale: float, part: tuple[float, float]
    ) -> None:
        super().__init__(pictures, features, deep_scale)
        self._part = part

    def features(self, scale: float | None = None) -> Features:
        return super().features(scale or WHOLE)

    def stats(self, scale: float | None = None) -> dict[str, TapStats]:
        return super().stats(scale or WHOLE)

    def view(self, scale: float) -> Tensor:
        """What is looked at, at full size."""
        side = self._pictures.shape[2]
        seen = round(SHARES.get(scale, 1.0) * side / 8) * 8
        top, left = (round(place * (side - seen) / 8) * 8 for place in self._part)
        return self._pictures[..., top : top + seen, left : left + seen]


class OneStyle(Comparison):
    """A step as the terms see it: one lesson, and the style that never changes."""

    def __init__(
        self, network: nn.Module, objective: "TuneObjective", lesson: Lesson, seed: int
    ) -> None:
        self.network, self.vgg = network, objective.features
        self.config, self.seed = objective.config, seed
        self.code, self.style = objective.code, objective.style
        self.painted = self.paint(lesson.content, self.code)
        self.content, self.stylized = map(self._seen, (lesson.content, self.shown(self.painted)))

    def _seen(self, pictures: Tensor) -> VGGFeatures:
        if self.config.mode == "photo":
            return VGGFeatures(pictures, self.vgg, self.config.deep_scale)
        part = torch.rand(2, generator=self.generator()).tolist()
        return Glimpses(pictures, self.vgg, self.config.deep_scale, tuple(part))

    def paint(self, content: Tensor, code: StyleCode | FixedCode) -> Tensor:
        if isinstance(self.network, FixedPainter):
            return self.network(content)
        return self.network(content, code)

    def draft(self, content: Tensor) -> Tensor:
        return self.network.draft(content)


class TuneObjective(Objective):
    """The loss of a tuning.

    Args:
        tune: weights and options of the terms.
        features: frozen extractor; its taps are what features are compared at.
        style: the style picture, (1, 3, H, W) in [0, 1], at the size at which strokes are compared.
        code: what the network is told of it.
    """

    def __init__(
        self, tune: TuneConfig, features: Extractor, style: Tensor, code: StyleCode | FixedCode
    ) -> None:
        super().__init__(tune.training(), features)
        self.tune, self.code = tune, code
        self.style = VGGFeatures(style, features, self.config.deep_scale)
        self.goal: float | None = None  # content error to arrive at

    @property
    def features(self) -> Extractor:
        """The extractor."""
        return self._vgg[0]

    def forward(self, network: nn.Module, batch: Lesson, step: int) -> dict[str, Tensor]:
        """Stylize a lesson and compare; see `Objective.forward`."""
        c = OneStyle(network, self, batch, self.config.seed * 1_000_003 + step)
        terms = self.terms(c)
        values = {name: term() for name, term in terms.items() if self.config.weight(name)}
        weights: dict[str, float | Tensor] = {name: self.weight(name) for name in values}
        for name, term in self._own_terms(c, batch).items():
            if (weight := self.tune.own_weight(name)) and (batch.motion or name == "noise"):
                values[name], weights[name] = term(), weight
        total = sum(weights[name] * value for name, value in values.items())
        if self.goal and "content" in values:
            self._follow(values["content"].detach())
        return values | {"total": total}

    def weight(self, term: str) -> float | Tensor:
        if term == "content" and self.goal:
            return self.content_weight.clone()
        return self.config.weight(term)

    def _follow(self, error: Tensor) -> None:
        gap = ((error - self.goal) / self.goal).clamp(-1, 1)
        self.content_weight.mul_((GOAL_PACE * gap).exp()).clamp_(0.02, 60)

    def score(self, losses: dict[str, float]) -> float:
        """How good a step was: its loss at the content weight that the tuning began with."""
        if not self.goal or "content" not in losses:
            return losses["total"]
        moved = float(self.content_weight) - self.config.content_weight
        return losses["total"] - moved * losses["content"]

    def _own_terms(self, c: OneStyle, lesson: Lesson) -> dict:
        return {
            "noise": lambda: self._noise(c),
            "temporal": lambda: _temporal(c, lesson),
            "feature_temporal": lambda: _feature_temporal(c, lesson),
        }

    def _noise(self, c: OneStyle) -> Tensor:
        """What noise in the content changes in the result."""
        content = noisy(
            c.content.image, c.generator(), reach=self.tune.noise_range, count=self.tune.noise_count
        )
        return F.mse_loss(c.shown(c.paint(content, c.code)), c.stylized.image)


def _temporal(c: OneStyle, lesson: Lesson) -> Tensor:
    motion = lesson.motion
    grid = flow_grid(motion.flow)
    before = c.shown(c.paint(motion.before, c.code))
    return output_warping_loss(
        c.stylized.image,
        warp(before, grid),
        c.content.image,
        warp(motion.before, grid),
        motion.mask,
    )


def _feature_temporal(c: OneStyle, lesson: Lesson) -> Tensor:
    """Of the deepest features of the network's encoder."""
    motion, pictures = lesson.motion, (lesson.content, lesson.motion.before)
    if isinstance(c.network, FixedPainter):
        size = working_size(lesson.content.shape[2:], 1)
        small = (F.interpolate(p, size=size, mode="bilinear", antialias=True) for p in pictures)
        now, before = (c.network.draft.encode(p)[-1] for p in small)
    else:
        now, before = (c.network.encode_content(p)["eighth"] for p in pictures)
    scale = now.shape[2] / motion.flow.shape[1]
    flow = F.interpolate(motion.flow.permute(0, 3, 1, 2) * scale, size=now.shape[2:], mode="area")
    mask = F.interpolate(motion.mask, size=now.shape[2:], mode="area")
    return feature_warping_loss(now, warp(before, flow_grid(flow.permute(0, 2, 3, 1))), mask)


@torch.no_grad()
def content_error(network: nn.Module, objective: TuneObjective, lessons: Iterable[Lesson]) -> float:
    """Mean content term of a network over some lessons."""
    errors = []
    for lesson in lessons:
        c = OneStyle(network, objective, lesson, 0)
        errors.append(objective.terms(c)["content"]().item())
    return sum(errors) / len(errors)
