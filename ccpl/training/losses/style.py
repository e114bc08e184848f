"""Statistics of features that make a style: means, deviations and covariances of the channels."""

from typing import Any, NamedTuple

import torch
from torch import Tensor

from ccpl.models.statistics import Features

EPS = 1e-5


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


def relative_to_pair(distance: Tensor, pair: Tensor, *, least: float) -> Tensor:
    """A distance to the style over that of the content: 1 is nothing transferred, for any pair.

    Args:
        distance: of the stylized pictures to their styles, (B,).
        pair: of the contents to the same styles, (B,); no gradient flows through it.
        least: added to `pair`, so that a content like its style does not count for everything.
    Returns:
        (B,).
    """
    return distance / (pair.detach() + least)
