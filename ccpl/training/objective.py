"""What a training step minimises: every term of the loss by name, weighed in one place."""

from collections.abc import Callable, Sequence
from functools import partial

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ccpl.models import Network
from ccpl.models.features import hypercolumns
from ccpl.models.statistics import Features
from ccpl.models.vgg import VGG19, WIDTHS
from ccpl.ssim import ssim
from ccpl.training.comparison import CHEAP, DRAFT_SCALES, Comparison, VGGFeatures
from ccpl.training.config import TrainConfig
from ccpl.training.data import Batch
from ccpl.training.losses.coherence import CCPLoss
from ccpl.training.losses.content import adain_target, content_loss, perceptual_loss
from ccpl.training.losses.motion import consistency_loss, disturb, random_flow_grid, warp
from ccpl.training.losses.neighbours import neighbour_loss
from ccpl.training.losses.smoothness import (
    chroma_tv_loss,
    range_loss,
    smooth_loss,
    thread_loss,
    tv_loss,
)
from ccpl.training.losses.style import (
    TapStats,
    covariance_loss,
    relative_to_pair,
    style_loss,
)
from ccpl.training.losses.transport import (
    cosine_costs,
    palette_loss,
    relaxed_emd,
    sample_places,
)

STYLE_TERMS = ("style", "gram", "emd", "neighbour", "palette", "draft")  # grow during the warm-up
DRAFT_GRAM, DRAFT_ADAIN, DRAFT_PALETTE = 0.45, 0.09, 0.22  # what else of it counts beside its style
GOAL_PACE = 0.03  # share by which the weight of the content follows its error in a step
WEIGHT_RANGE = (0.02, 40.0)  # that it keeps to
EMD_PLACES = 400  # of each picture and tap that are compared
NEIGHBOUR_PLACES = 1024  # of each picture whose neighbours are looked for

Distance = Callable[[dict[str, TapStats], dict[str, TapStats]], Tensor]  # of B pairs: (B,)


class Objective(nn.Module):
    """The loss of a training step; its parameters are the projections that CCPL learns.

    Args:
        config: weights and options of the terms.
        vgg: frozen; its taps are what features are compared at, shallow to deep.
    """

    def __init__(self, config: TrainConfig, vgg: VGG19) -> None:
        super().__init__()
        self.config = config
        self._vgg = [vgg]  # in a list: not part of the state, never trained
        deepest = vgg.taps[-config.ccp_layers :]
        widths = {tap: WIDTHS[tap.replace("relu", "conv")] for tap in deepest}
        self.ccp = CCPLoss(widths, tau=config.tau, anchors=config.anchors)
        self.register_buffer("content_weight", torch.tensor(config.content_weight))

    def forward(self, network: Network, batch: Batch, step: int) -> dict[str, Tensor]:
        """Stylize a batch and compare.

        Args:
            network: what is trained.
            batch: of step `step`, which seeds everything random.
        Returns:
            Every term that has a weight, unweighted, and their weighted sum "total": scalars.
        """
        config = self.config
        seed = config.seed * 1_000_003 + step
        terms = self.terms(Comparison(network, self._vgg[0], batch, config, seed))
        values = {name: term() for name, term in terms.items() if config.weight(name)}
        grown = min(1.0, (step + 1) / max(config.warmup, 1))
        shares = {name: grown if name in STYLE_TERMS else 1.0 for name in values}
        total = sum(self.weight(name) * shares[name] * value for name, value in values.items())
        if config.content_goal:
            self._follow_goal(values["content"].detach())
        return values | {"total": total}

    def weight(self, term: str) -> float | Tensor:
        """What a term is multiplied by: its option, but of the content what its goal made of it."""
        goal = term == "content" and self.config.content_goal
        return self.content_weight.clone() if goal else self.config.weight(term)

    def _follow_goal(self, error: Tensor) -> None:
        """The more content is missing, the more it costs from the next step on."""
        goal = self.config.content_goal
        self.content_weight.mul_((GOAL_PACE * ((error - goal) / goal).clamp(-1, 1)).exp())
        self.content_weight.clamp_(*WEIGHT_RANGE)

    def terms(self, c: Comparison) -> dict[str, Callable[[], Tensor]]:
        """All terms of the loss; the option `<name>_weight` is the weight of `name`."""
        feats, content, stylized = c.stylized.features, c.content, c.stylized.image
        deepest = self._vgg[0].taps[-1:]
        keep = partial(content_loss, layers=deepest, relative=self.config.relative_content)
        return {
            "content": lambda: keep(feats(), content.features()),
            "adain": lambda: keep(feats(), _adain_targets(c, deepest)),
            "fine": lambda: _fine(c),
            "draft": lambda: _draft(c, keep, deepest),
            "style": lambda: _over_scales(c, style_loss, least=0.1),
            "gram": lambda: _over_scales(c, covariance_loss, least=0.25),
            "emd": lambda: _feature_emd(c),
            "neighbour": lambda: _neighbour(c),
            "palette": lambda: palette_loss(stylized, c.style.image).mean(),
            "ccp": lambda: _coherence(c, self.ccp),
            "perceptual": lambda: _perceptual(c),
            "tv": lambda: tv_loss(stylized),
            "chroma_tv": lambda: chroma_tv_loss(stylized),
            "thread": lambda: thread_loss(stylized, content.image, c.style.image),
            "range": lambda: range_loss(c.painted),
            "consistency": lambda: _consistency(c),
            "structure": lambda: 1 - ssim(stylized, content.image).mean().float(),
            "smooth": lambda: smooth_loss(stylized, content.image, scale=c.config.smooth_scale),
            "identity": lambda: _identity(c),
        }


def _over_scales(c: Comparison, distance: Distance, *, least: float) -> Tensor:
    """A distance of statistics to the style's, averaged over scales and samples."""
    return _to_style(c, distance, c.stylized.stats, c.config.style_scales, least=least)


def _to_style(
    c: Comparison,
    distance: Distance,
    stats: Callable[[float], dict[str, TapStats]],
    scales: Sequence[float],
    *,
    least: float,
) -> Tensor:
    values = []
    for scale in scales:
        goal = c.style.stats(scale)
        value = distance(stats(scale), goal)
        if c.config.relative_style:
            value = relative_to_pair(value, distance(c.content.stats(scale), goal), least=least)
        values.append(value.mean())
    return torch.stack(values).mean()


def _adain_targets(c: Comparison, layers: Sequence[str], scale: float | None = None) -> Features:
    content, style, feats = c.content.stats(scale), c.style.stats(scale), c.content.features(scale)
    return {t: adain_target(feats[t], content[t], style[t]) for t in layers}


def _fine(c: Comparison) -> Tensor:
    """The content's edges in the style's statistics, at the size of the picture."""
    target = _adain_targets(c, [CHEAP], 1)
    return content_loss(c.stylized.features(1), target, layers=[CHEAP], relative=True)


def _draft(c: Comparison, keep: Callable[..., Tensor], layers: Sequence[str]) -> Tensor:
    """What the draft lacks by itself, so that the revisions do not have to make up for it."""
    largest = DRAFT_SCALES[0]
    drafts = VGGFeatures(c.drafted, c.vgg, 1.0)
    stats = {scale: drafts.stats(scale / largest) for scale in DRAFT_SCALES}
    style = _to_style(c, style_loss, stats.__getitem__, DRAFT_SCALES, least=0.1)
    gram = _to_style(c, covariance_loss, stats.__getitem__, DRAFT_SCALES, least=0.25)
    adain = keep(drafts.features(1.0), _adain_targets(c, layers, largest))
    palette = palette_loss(c.drafted, c.style.image).mean()
    return style + DRAFT_GRAM * gram + DRAFT_ADAIN * adain + DRAFT_PALETTE * palette


def _coherence(c: Comparison, loss: CCPLoss) -> Tensor:
    """CCPL at every scale it is asked for, of the taps that are looked at there."""
    generator, scales = c.generator(), c.config.ccp_scales
    pairs = [(c.stylized.features(s), c.content.features(s)) for s in scales]
    return torch.stack([loss(*pair, generator=generator) for pair in pairs]).sum()


def _deep_taps(feats: Features) -> list[str]:
    """What tells more of form than of paint: relu3_1 and deeper."""
    return [tap for tap in feats if tap >= "relu3_1"]


def _feature_emd(c: Comparison) -> Tensor:
    """At random places, averaged over the deep taps and samples."""
    generator, (stylized, style) = c.generator(), (c.stylized.features(), c.style.features())
    distances = []
    for tap in _deep_taps(stylized):
        places = [sample_places(f[tap], EMD_PLACES, generator) for f in (stylized, style)]
        distances.append(relaxed_emd(cosine_costs(*places)).mean())
    return torch.stack(distances).mean()


def _neighbour(c: Comparison) -> Tensor:
    """At random places, at every scale of the style terms where all taps are there."""
    generator, values = c.generator(), []
    for scale in c.config.style_scales:
        if scale <= c.config.deep_scale:
            views = (c.stylized, c.content, c.style)
            own, content, style = (hypercolumns(view.features(scale)) for view in views)
            some = torch.randperm(own.shape[1], generator=generator)[:NEIGHBOUR_PLACES]
            some = some.to(own.device)
            now = own.index_select(1, some), content.index_select(1, some)
            values.append(neighbour_loss(*now, style).mean())
    return torch.stack(values).mean()


def _perceptual(c: Comparison) -> Tensor:
    feats = c.stylized.features()
    return perceptual_loss(
        feats,
        c.content.features(),
        c.stylized.stats(),
        c.style.stats(),
        content_layers=_deep_taps(feats),
    )


def _consistency(c: Comparison) -> Tensor:
    """The content moved by a smooth field must be stylized to the moved result."""
    generator, content = c.generator(), c.content.image
    grid = random_flow_grid(content, generator)
    again = c.shown(c.paint(disturb(warp(content, grid), generator), c.code))
    return consistency_loss(c.stylized.image, again, grid)


def _identity(c: Comparison) -> Tensor:
    content = c.content.image
    own = c.shown(c.paint(content, c.network.encode_style(content)))
    return F.l1_loss(own, content)
