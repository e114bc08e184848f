"""Learned linear transformation, Li et al., CVPR 2019 (arXiv 1808.04537), section 3.

The matrix that whitening and colouring would compute is said by two small networks instead, one
sees the covariance of the content, the other that of the style.
"""

from typing import NamedTuple

import torch
from torch import Tensor, nn

from ccpl.models.statistics import (
    EPS,
    CovarianceMoments,
    CovarianceStats,
    channel_stats,
    covariance_moments,
    covariance_stats,
)


class LinearCode(NamedTuple):
    """What is kept of a style."""

    mean: Tensor  # (B, C, 1, 1)
    matrix: Tensor  # (B, K, K)


class LinearTransform(nn.Module):
    """Compress, multiply by a matrix for each pair, uncompress, add the style's mean.

    Args:
        channels: C of the features.
        rank: K, the side of the matrices.
        eps: added to variances.
    """

    margin = 0

    def __init__(self, channels: int, rank: int, *, eps: float = EPS) -> None:
        super().__init__()
        self.eps = eps
        self.compress = nn.Conv2d(channels, rank, 1, bias=False)
        self.compress_style = nn.Conv2d(channels, rank, 1, bias=False)
        self.of_content = MatrixHead(rank, -0.5)
        self.of_style = MatrixHead(rank, 0.5)
        self.uncompress = nn.Conv2d(rank, channels, 1)

    def encode_style(self, feats: Tensor) -> LinearCode:
        """Mean of style features (B, C, H, W) and the matrix made of their covariance."""
        small = covariance_stats(self.compress_style(feats), eps=self.eps)
        return LinearCode(channel_stats(feats, eps=self.eps).mean, self.of_style(small.cov))

    def moments(self, feats: Tensor) -> CovarianceMoments:
        """See `Transform`; of the compressed features."""
        return covariance_moments(self.compress(feats))

    def forward(
        self, feats: Tensor, code: LinearCode, stats: CovarianceStats | None = None
    ) -> Tensor:
        """(B, C, H, W) -> the same; see `Transform`."""
        small = self.compress(feats)
        own = stats or covariance_stats(small, eps=self.eps)
        matrix = code.matrix @ self.of_content(own.cov)
        moved = (matrix @ (small - own.mean).flatten(2)).unflatten(2, feats.shape[2:])
        return (self.uncompress(moved.to(feats.dtype)) + code.mean).to(feats.dtype)


class MatrixHead(nn.Module):
    """A fully connected layer from a covariance matrix to a matrix of its size.

    The covariance is taken relative to its mean variance, whose power scales the result: a content
    of half the contrast is stretched twice as much from the first step on.

    Args:
        size: K.
        power: of the mean variance.
    """

    def __init__(self, size: int, power: float) -> None:
        super().__init__()
        self.power = power
        self.layer = nn.Linear(size * size, size * size)
        self.init_weights()

    @torch.no_grad()
    def init_weights(self) -> None:
        """The identity, whatever it is shown."""
        size = round(self.layer.out_features**0.5)
        nn.init.normal_(self.layer.weight, std=1e-3)
        self.layer.bias.copy_(torch.eye(size).flatten())

    def forward(self, cov: Tensor) -> Tensor:
        """(B, K, K) -> (B, K, K), both float32."""
        variance = cov.diagonal(dim1=1, dim2=2).mean(1)[:, None, None]
        said = self.layer((cov / variance).flatten(1).to(self.layer.weight.dtype))
        return said.unflatten(1, cov.shape[1:]).float() * variance**self.power
