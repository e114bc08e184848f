"""Simple Covariance Transformation (SCT), Wu et al., ECCV 2022 (arXiv 2207.04808), section 3.2.

A style is reduced once to a mean vector and a small matrix; applying it to content features is one
per-channel normalisation and a chain of 1x1 convolutions.
"""

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor, nn

from ccpl.models.statistics import (
    EPS,
    ChannelMoments,
    ChannelStats,
    channel_moments,
    channel_stats,
)

# EPS of the small networks: a channel that seldom fires must not be blown up where it does.
BALANCED_EPS = 1e-2


class SCTCode(NamedTuple):
    """What one SCTNet needs to know of a style."""

    mean: Tensor  # (B, C, 1, 1)
    cov: Tensor  # (B, K, K)
    std: Tensor  # (B, C, 1, 1)


class SCTNet(nn.Module):
    """Give content features the covariance and the mean of style features.

    Args:
        widths: channels from the encoder's C down to the rank K of the matrix, e.g.
            (512, 256, 128, 32).
        style_kernel: kernel size of every style convolution but the last, which is 1x1.
        own_share: add a learned share of every channel's own standard deviation (AdaIN, Huang &
            Belongie, ICCV 2017), as the small networks do.
        balanced: that, and the matrix is divided by the root of its mean variance, so that the
            result grows with the style's contrast and not with its square.
        eps: added to variances; by default EPS, or BALANCED_EPS if balanced.
    """

    def __init__(
        self,
        widths: Sequence[int],
        *,
        style_kernel: int = 3,
        own_share: bool = False,
        balanced: bool = False,
        eps: float | None = None,
    ) -> None:
        super().__init__()
        kernels = [style_kernel] * (len(widths) - 2) + [1]
        self.cnet = _pointwise_stack(widths, [1] * len(kernels))
        self.snet = _pointwise_stack(widths, kernels)
        self.uncompress = nn.Conv2d(widths[-1], widths[0], 1)
        self.gain = nn.Parameter(torch.ones(widths[0], 1, 1)) if own_share or balanced else None
        self.balanced = balanced
        self.eps = eps or (BALANCED_EPS if balanced else EPS)
        self.margin = sum(k - 1 for k in kernels)  # what the unpadded style convolutions eat

    def encode_style(self, feats: Tensor) -> SCTCode:
        """Reduce style features (B, C, H, W), sides above `margin`, to a code."""
        mean, std = channel_stats(feats, eps=self.eps)
        small = self.snet((feats - mean).to(feats.dtype)).flatten(2).float()
        cov = small @ small.mT / small.shape[2]  # (B, K, HW) @ (B, HW, K)
        if self.balanced:
            variance = cov.diagonal(dim1=1, dim2=2).mean(1)
            cov = cov / (variance + self.eps).sqrt()[:, None, None]
        return SCTCode(mean, cov, std)

    def moments(self, feats: Tensor) -> ChannelMoments:
        """See `Transform`."""
        return channel_moments(feats)

    def forward(self, feats: Tensor, code: SCTCode, stats: ChannelStats | None = None) -> Tensor:
        """Transform content features.

        Args:
            feats: content features (B, C, H, W).
            code: of B styles, or of one style for the whole batch.
            stats: statistics to normalise with; those of `feats` unless given (video smooths
                them over time, tiles share those of the whole picture).
        Returns:
            Features of the shape and precision of `feats`.
        """
        stats = stats or channel_stats(feats, eps=self.eps)
        weight, bias = self.matrix(code)
        own = None if self.gain is None else self.gain.float() * code.std
        if own is not None and len(self.cnet) == 1:  # all is linear, the normalisation too
            weight = (weight + own.flatten(1).diag_embed()) / stats.std[..., 0].mT
            return _affine(feats, weight, bias - weight @ stats.mean[..., 0])
        normal = ((feats - stats.mean) / stats.std).to(feats.dtype)  # float32 until here
        result = _affine(self.cnet[:-1](normal), weight, bias)
        return result if own is None else torch.addcmul(result, normal, own.to(feats.dtype))

    def matrix(self, code: SCTCode) -> tuple[Tensor, Tensor]:
        """What follows the last ReLU of `cnet`, folded: a matrix for each of B styles and a bias.

        Returns:
            (B, C, C') and (B, C, 1), float32; a channel's own share is not in it.
        """
        last, up = self.cnet[-1], self.uncompress
        fold = up.weight.flatten(1).float() @ code.cov  # (C, K) @ (B, K, K)
        bias = fold @ last.bias.float()[:, None] + up.bias.float()[:, None] + code.mean[..., 0]
        return fold @ last.weight.flatten(1).float(), bias


def _affine(feats: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    """weight . feats + bias at every position of (B, C', H, W).

    Args:
        feats: of B pictures.
        weight, bias: (B or 1, C, C') and (B or 1, C, 1), in float32.
    """
    weight, bias = weight.to(feats.dtype), bias.to(feats.dtype)
    if len(weight) == 1:
        return nn.functional.conv2d(feats, weight[0, :, :, None, None], bias[0, :, 0])
    rows = feats.permute(0, 2, 3, 1).flatten(1, 2)  # (B, HW, C'), free in channels_last
    out = torch.baddbmm(bias.mT, rows, weight.mT)
    return out.unflatten(1, feats.shape[2:]).permute(0, 3, 1, 2)


def _pointwise_stack(widths: Sequence[int], kernels: Sequence[int]) -> nn.Sequential:
    """Unpadded convolutions with ReLU between, as the published file numbers them: 0, 2, 4."""
    layers: list[nn.Module] = []
    for i, kernel in enumerate(kernels):
        layers += [nn.Conv2d(widths[i], widths[i + 1], kernel), nn.ReLU(inplace=False)]
    return nn.Sequential(*layers[:-1])
