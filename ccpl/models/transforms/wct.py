"""Whitening and colouring transform (WCT), Li et al., NeurIPS 2017 (arXiv 1705.08086), section 3.

In closed form, without an eigendecomposition: square roots by Newton-Schulz iteration (Higham,
Functions of Matrices, 2008, section 6.7), of covariances shrunk towards a multiple of the identity
(Ledoit & Wolf, 2004), so that directions in which a content hardly varies are not blown up.
"""

from typing import NamedTuple

import torch
from torch import Tensor, nn

from ccpl.models.statistics import (
    EPS,
    CovarianceMoments,
    CovarianceStats,
    covariance_moments,
    covariance_stats,
)

SHRINKAGE = 0.05  # share of the identity
ITERATIONS = 24  # enough for 512 channels at that shrinkage


class WCTCode(NamedTuple):
    """What is kept of a style."""

    mean: Tensor  # (B, C, 1, 1)
    root: Tensor  # (B, C, C), of the covariance


class WCT(nn.Module):
    """Give content features the covariance and the mean of the style's.

    Args:
        eps: added to variances.
    """

    margin = 0

    def __init__(self, *, eps: float = EPS) -> None:
        super().__init__()
        self.eps = eps

    def encode_style(self, feats: Tensor) -> WCTCode:
        """Mean of style features (B, C, H, W) and the root of their covariance."""
        mean, cov = covariance_stats(feats, eps=self.eps)
        return WCTCode(mean, matrix_roots(shrunk(cov))[0])

    def moments(self, feats: Tensor) -> CovarianceMoments:
        """See `Transform`."""
        return covariance_moments(feats)

    def forward(self, feats: Tensor, code: WCTCode, stats: CovarianceStats | None = None) -> Tensor:
        """(B, C, H, W) -> the same; see `Transform`."""
        own = stats or covariance_stats(feats, eps=self.eps)
        matrix = code.root @ matrix_roots(shrunk(own.cov))[1]  # colouring . whitening
        centred = (feats - own.mean).flatten(2)
        return ((matrix @ centred).unflatten(2, feats.shape[2:]) + code.mean).to(feats.dtype)


def shrunk(cov: Tensor) -> Tensor:
    """Covariances (B, C, C) mixed with SHRINKAGE of the identity times their mean variance."""
    variance = cov.diagonal(dim1=1, dim2=2).mean(1)
    identity = torch.eye(cov.shape[1], dtype=cov.dtype, device=cov.device)
    return (1 - SHRINKAGE) * cov + SHRINKAGE * variance[:, None, None] * identity


def matrix_roots(matrices: Tensor) -> tuple[Tensor, Tensor]:
    """Square roots of positive definite (B, C, C), and the inverses of these roots."""
    scale = torch.linalg.matrix_norm(matrices)[:, None, None]
    identity = torch.eye(matrices.shape[1], dtype=matrices.dtype, device=matrices.device)
    root, inverse = matrices / scale, identity.expand_as(matrices)
    for _ in range(ITERATIONS):
        step = 1.5 * identity - 0.5 * inverse @ root
        root, inverse = root @ step, step @ inverse
    return root * scale.sqrt(), inverse * scale.rsqrt()
