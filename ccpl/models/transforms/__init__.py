"""Transforms between encoder and decoder, one file each; all are used as `Transform` says."""

from typing import Protocol

from torch import Tensor

from ccpl.models.statistics import ChannelStats, SCTCode


class Transform(Protocol):
    """Gives content features what was kept of style features, at one tap; a module."""

    eps: float  # added to the variances of channels

    def encode_style(self, feats: Tensor) -> SCTCode:
        """Reduce style features (B, C, H, W) to what is kept of them."""

    def __call__(self, feats: Tensor, code: SCTCode, stats: ChannelStats | None = None) -> Tensor:
        """Transform content features (B, C, H, W) with statistics `stats`, if not their own."""
