"""Transforms between encoder and decoder, one file each; all are used as `Transform` says.

`build_transform` makes the one of a name: SCT of this project, and what the field had before it.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple, Protocol

from torch import Tensor, nn

from ccpl.config import Transform as TransformName
from ccpl.models.statistics import (
    ChannelMoments,
    ChannelStats,
    CovarianceMoments,
    CovarianceStats,
)
from ccpl.models.transforms.adain import AdaIN
from ccpl.models.transforms.linear import LinearTransform
from ccpl.models.transforms.sct import SCTNet
from ccpl.models.transforms.style_swap import StyleSwap
from ccpl.models.transforms.wct import WCT

TransformCode = NamedTuple  # of tensors that begin with the batch


class Transform(Protocol):
    """Gives content features what was kept of style features, at one tap; a module."""

    eps: float  # added to the variances of channels
    margin: int  # sides of style features are larger

    def encode_style(self, feats: Tensor) -> TransformCode:
        """Reduce style features (B, C, H, W) to what is kept of them."""

    def moments(self, feats: Tensor) -> ChannelMoments | CovarianceMoments:
        """What a piece of content features (B, C, H, W) adds to the statistics of the whole."""

    def __call__(
        self,
        feats: Tensor,
        code: TransformCode,
        stats: ChannelStats | CovarianceStats | None = None,
    ) -> Tensor:
        """Transform content features (B, C, H, W) with statistics `stats`, if not their own."""


TRANSFORMS: dict[TransformName, Callable[[Sequence[int], float], nn.Module]] = {
    "sct": lambda widths, eps: SCTNet(widths, eps=eps),
    "adain": lambda widths, eps: AdaIN(eps=eps),
    "wct": lambda widths, eps: WCT(eps=eps),
    "style_swap": lambda widths, eps: StyleSwap(eps=eps),
    "linear": lambda widths, eps: LinearTransform(widths[0], widths[-1], eps=eps),
}


def build_transform(name: TransformName, widths: Sequence[int], *, eps: float) -> nn.Module:
    """An untrained transform.

    Args:
        name: one of TRANSFORMS.
        widths: channels from the encoder's down to the side of a compressed covariance matrix.
        eps: added to variances.
    """
    return TRANSFORMS[name](widths, eps)
