"""Losses of CCPL (Wu et al., ECCV 2022) and of the perceptual mode, on features they are handed.

Features are VGG-19 activations scaled to mean activation 1, by tap name. Covariances are multiplied
in the precision of the features, everything else is float32. No function here runs an encoder.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ccpl.config import TrainConfig
from ccpl.models.statistics import Features

EPS = 1e-5
LEAST = (0.1, 0.25)  # added to a pair's style and covariance distance before dividing by it
LEAST_ENERGY = 0.1  # the same for the mean square of a content's features


class TapStats(NamedTuple):
    """Statistics of one tap's features over all positions."""

    mean: Tensor  # (B, C)
    std: Tensor  # (B, C)
    cov: Tensor  # (B, C, C), centred


def feature_stats(feats: Features) -> dict[str, TapStats]:
    """Mean, standard deviation and covariance of every tap, features (B, C, H, W)."""
    stats = {}
    for tap, x in feats.items():
        rows = x.permute(0, 2, 3, 1).flatten(1, 2)  # (B, HW, C), free in channels_last
        mean, cov = _Moments.apply(rows)
        unbiased = rows.shape[1] / max(rows.shape[1] - 1, 1)
        std = (cov.diagonal(dim1=1, dim2=2) * unbiased + EPS).sqrt()
        stats[tap] = TapStats(mean, std, cov)
    return stats


class _Moments(torch.autograd.Function):
    """Mean and covariance of rows: (B, N, C) -> (B, C) and (B, C, C), both float32.

    As one function because its gradient is one product: the rows are copied once, not eight times.
    """

    @staticmethod
    def forward(ctx: Any, rows: Tensor) -> tuple[Tensor, Tensor]:
        count = rows.shape[1]
        near = (rows.sum(1) / count)[:, None]  # rounded; what that leaves is measured and put right
        centred = rows - near
        left = centred.sum(1).float() / count
        cov = (centred.mT @ centred).float() / count - left[:, :, None] * left[:, None]
        ctx.save_for_backward(centred, left)
        return near[:, 0].float() + left, cov

    @staticmethod
    def backward(ctx: Any, grad_mean: Tensor, grad_cov: Tensor) -> Tensor:
        centred, left = ctx.saved_tensors
        slope = (grad_cov + grad_cov.mT) / centred.shape[1]
        offset = grad_mean / centred.shape[1] - (left[:, None] @ slope)[:, 0]
        dtype = centred.dtype
        return torch.baddbmm(offset[:, None].to(dtype), centred, slope.to(dtype))


def content_loss(
    feats: Features, target: Features, *, layers: Sequence[str], relative: bool = False
) -> Tensor:
    """Mean squared error at the given taps, averaged over them; features (B, C, H, W).

    With `relative` every sample's error is divided by the mean square of its target.
    """
    errors = torch.stack([_mean_squares(feats[t] - target[t]) for t in layers])
    if relative:
        errors = errors / (torch.stack([_mean_squares(target[t]) for t in layers]) + LEAST_ENERGY)
    return errors.mean()


def _mean_squares(x: Tensor) -> Tensor:
    """Of every sample: (B, C, H, W) -> (B,), float32 whatever `x` is in, and without a copy."""
    return torch.linalg.vector_norm(x, dim=(1, 2, 3), dtype=torch.float32) ** 2 / x[0].numel()


def style_loss(stats: dict[str, TapStats], target: dict[str, TapStats]) -> Tensor:
    """Match channel means and standard deviations (Huang & Belongie, ICCV 2017).

    Args:
        stats: of the stylized pictures, by tap.
        target: of the styles, same taps.
    Returns:
        (B,), the mean over taps of MSE(mean) + MSE(standard deviation).
    """
    terms = [
        (s.mean - target[t].mean).square().mean(1) + (s.std - target[t].std).square().mean(1)
        for t, s in stats.items()
    ]
    return torch.stack(terms).mean(0)


def covariance_loss(stats: dict[str, TapStats], target: dict[str, TapStats]) -> Tensor:
    """Match channel covariances, the centred Gram matrices; called like `style_loss`."""
    terms = [(s.cov - target[t].cov).square().mean((1, 2)) for t, s in stats.items()]
    return torch.stack(terms).mean(0)


def gram_matrix(stats: TapStats) -> Tensor:
    """Gram matrix of each sample divided by C*H*W (Gatys et al., CVPR 2016): (B, C, C)."""
    squares = stats.cov + stats.mean[:, :, None] * stats.mean[:, None]
    return squares / squares.shape[1]


def perceptual_loss(
    feats: Features,
    content: Features,
    stats: dict[str, TapStats],
    target: dict[str, TapStats],
    *,
    content_layers: Sequence[str],
) -> Tensor:
    """2 x content terms + Gram terms (Johnson et al., ECCV 2016), as the perceptual mode uses them.

    Args:
        feats, content: features (B, C, H, W) of the stylized pictures and of the contents.
        stats, target: statistics of the stylized pictures and of the styles, by tap.
        content_layers: taps whose content terms are summed; Gram terms are those of all `stats`.
    Returns:
        Scalar.
    """
    kept = content_loss(feats, content, layers=content_layers) * len(content_layers)
    grams = sum(F.mse_loss(gram_matrix(s), gram_matrix(target[t])) for t, s in stats.items())
    return 2 * kept + grams


def tv_loss(image: Tensor) -> Tensor:
    """Total variation: mean absolute difference of neighbours, (B, 3, H, W) -> scalar."""
    return image.diff(dim=2).abs().mean() + image.diff(dim=3).abs().mean()


def draw_anchors(
    height: int, width: int, count: int, *, generator: torch.Generator | None = None
) -> Tensor:
    """Draw distinct positions that are not on the border; at most as many as there are.

    Returns:
        (N, 2) rows and columns, N = min(count, (height - 2) * (width - 2)).
    """
    if height < 3 or width < 3:
        raise ValueError(f"a {height}x{width} feature map has no interior point; 3x3 is the least")
    inner = (height - 2) * (width - 2)
    flat = torch.randperm(inner, generator=generator)[:count]
    return torch.stack([flat // (width - 2) + 1, flat % (width - 2) + 1], 1)


def neighbour_differences(feats: Tensor, anchors: Tensor) -> Tensor:
    """f(anchor) - f(neighbour) for the 8 neighbours of every anchor.

    Args:
        feats: (B, C, H, W).
        anchors: (N, 2) rows and columns.
    Returns:
        (B, 8N, C), float32.
    """
    around = [(y, x) for y in (-1, 0, 1) for x in (-1, 0, 1) if (y, x) != (0, 0)]
    steps = torch.tensor([(0, 0), *around])
    rows, cols = (anchors + steps[:, None]).unbind(2)  # (9, N)
    spots = (rows * feats.shape[3] + cols).flatten().to(feats.device)
    pixels = feats.permute(0, 2, 3, 1).flatten(1, 2)  # (B, HW, C), free in channels_last
    chosen = pixels.index_select(1, spots).float().unflatten(1, rows.shape)
    return (chosen[:, :1] - chosen[:, 1:]).flatten(1, 2)


def ccp_loss(query: Tensor, key: Tensor, *, tau: float = 0.07) -> Tensor:
    """Contrastive coherence preserving loss, Wu et al., section 3.1: InfoNCE within each sample.

    Args:
        query: projected difference vectors of the stylized pictures, (B, M, D), unit length.
        key: of the contents at the same places; the other M - 1 of a sample are the negatives.
        tau: temperature.
    Returns:
        Scalar, at least 0; log(M) when nothing is told apart.
    """
    logits = query @ key.mT / tau  # (B, M, M), the diagonal is the positives
    target = torch.arange(logits.shape[1], device=logits.device).expand(logits.shape[0], -1)
    return F.cross_entropy(logits.flatten(0, 1), target.flatten())


class CCPLoss(nn.Module):
    """`ccp_loss` over several taps, with the two-layer projections C -> C -> C/4 it learns.

    Args:
        widths: channels by tap.
        tau: temperature.
        anchors: anchor points drawn for each tap.
    """

    def __init__(self, widths: dict[str, int], *, tau: float = 0.07, anchors: int = 8) -> None:
        super().__init__()
        self.tau, self.anchors = tau, anchors
        self.project = nn.ModuleDict(
            {
                tap: nn.Sequential(nn.Linear(c, c), nn.ReLU(), nn.Linear(c, c // 4))
                for tap, c in widths.items()
            }
        )

    def forward(
        self, feats: Features, content: Features, *, generator: torch.Generator | None = None
    ) -> Tensor:
        """Sum over taps; gradients flow through `feats` (stylized), never through `content`."""
        total = 0.0
        for tap, project in self.project.items():
            spots = draw_anchors(*feats[tap].shape[2:], self.anchors, generator=generator)
            query = neighbour_differences(feats[tap], spots)
            key = neighbour_differences(content[tap].detach(), spots)
            query, key = (F.normalize(project(x), dim=2) for x in (query, key))
            total = total + ccp_loss(query, key.detach(), tau=self.tau)
        return total


class StyleTransferLoss(nn.Module):
    """Every term of a training step by name, and their weighted sum "total".

    Args:
        config: weights and options.
        widths: channels of every VGG tap at hand, shallow to deep.
    """

    def __init__(self, config: TrainConfig, widths: dict[str, int]) -> None:
        super().__init__()
        self.config = config
        self.taps = tuple(widths)
        deepest = dict(list(widths.items())[-config.ccp_layers :])
        self.ccp = CCPLoss(deepest, tau=config.tau, anchors=config.anchors)

    def forward(
        self,
        stylized: Tensor,
        feats: list[Features],
        content_feats: Features,
        style_feats: list[Features],
        *,
        generator: torch.Generator | None = None,
    ) -> dict[str, Tensor]:
        """Compare stylized pictures with their contents and styles.

        Args:
            stylized: (B, 3, H, W).
            feats, style_feats: features of the stylized pictures and of the styles, one entry for
                each of `config.style_scales`.
            content_feats: features of the contents at full scale.
            generator: draws the anchors.
        Returns:
            The terms, unweighted scalars; `weigh` adds them up.
        """
        config, last = self.config, self.taps[-1:]
        relative = config.relative_content
        terms = {
            "content": content_loss(feats[0], content_feats, layers=last, relative=relative),
            "tv": tv_loss(stylized),
        }
        with torch.no_grad():
            goals = [feature_stats(f) for f in style_feats]
        stats = [feature_stats(f) for f in feats]
        terms["style"], terms["gram"] = self._style_terms(stats, goals, content_feats)
        if config.ccp_weight:
            terms["ccp"] = self.ccp(feats[0], content_feats, generator=generator)
        if config.perceptual_weight:
            deep = [t for t in self.taps if t >= "relu3_1"]
            terms["perceptual"] = perceptual_loss(
                feats[0], content_feats, stats[0], goals[0], content_layers=deep
            )
        return terms

    def _style_terms(
        self,
        stats: list[dict[str, TapStats]],
        goals: list[dict[str, TapStats]],
        content_feats: Features,
    ) -> tuple[Tensor, Tensor]:
        """Mean/std and covariance terms, averaged over scales and samples."""
        distances, shares = (style_loss, covariance_loss), [1.0, 1.0]
        if self.config.relative_style:  # 1 is then nothing transferred, whatever the pair
            with torch.no_grad():
                own = feature_stats(content_feats)
                whole = [distance(own, goals[0]) for distance in distances]
                shares = [1 / (d + least) for d, least in zip(whole, LEAST, strict=True)]
        pairs = list(zip(stats, goals, strict=True))
        return tuple(
            torch.stack([(distance(*pair) * share).mean() for pair in pairs]).mean()
            for distance, share in zip(distances, shares, strict=True)
        )

    def weigh(self, terms: dict[str, Tensor], *, style_share: float = 1.0) -> dict[str, Tensor]:
        """Add "total": the weighted sum, style and gram terms multiplied by `style_share`."""
        share = {"style": style_share, "gram": style_share}
        weights = {
            name: getattr(self.config, f"{name}_weight") * share.get(name, 1.0) for name in terms
        }
        return terms | {"total": sum(weights[name] * value for name, value in terms.items())}
