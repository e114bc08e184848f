"""Adaptive instance normalisation (AdaIN), Huang & Belongie, ICCV 2017 (arXiv 1703.06868)."""

from torch import Tensor, nn

from ccpl.models.statistics import (
    EPS,
    ChannelMoments,
    ChannelStats,
    channel_moments,
    channel_stats,
)


class AdaIN(nn.Module):
    """Give every channel of the content the mean and the standard deviation of the style's.

    Args:
        eps: added to variances.
    """

    margin = 0

    def __init__(self, *, eps: float = EPS) -> None:
        super().__init__()
        self.eps = eps

    def encode_style(self, feats: Tensor) -> ChannelStats:
        """Mean and deviation of style features (B, C, H, W)."""
        return channel_stats(feats, eps=self.eps)

    def moments(self, feats: Tensor) -> ChannelMoments:
        """See `Transform`."""
        return channel_moments(feats)

    def forward(
        self, feats: Tensor, code: ChannelStats, stats: ChannelStats | None = None
    ) -> Tensor:
        """(B, C, H, W) -> the same; see `Transform`."""
        own = stats or channel_stats(feats, eps=self.eps)
        return ((feats - own.mean) / own.std * code.std + code.mean).to(feats.dtype)
