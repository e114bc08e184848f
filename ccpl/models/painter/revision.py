"""The revision: what an enlarged picture lacks, level by level up to full size.

It sees the picture so far and the brightness of the photo, never its colours, and adds strokes and
grain of the style. It is local, so a picture of any size can be revised in pieces.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ccpl.models.lite.layers import Conv3x3, activate
from ccpl.models.lite.modulation import Modulation, Standardise, StyledConv, styled_layers
from ccpl.models.painter import guided
from ccpl.models.painter.layers import UpConv3x3, luminance
from ccpl.models.statistics import channel_stats

FINE_WIDTHS = (24, 32)  # channels that a level looks at the style with
HIDDEN = 96  # units between a style's embedding and its modulations
EPS = 1e-2  # added to variances
REACH = 16 + 2 * guided.REACH  # pixels around a place that its revision depends on
INPUTS = 4 * (3 + 2)  # the picture and two channels of brightness, in blocks of 2x2 pixels


class Revision(nn.Module):
    """Revise pictures of one size.

    Args:
        embedding_size: numbers that describe a style already.
        width: channels at half the size.
        deep: whether one more layer follows the residual block.
    """

    def __init__(self, embedding_size: int, width: int, *, deep: bool) -> None:
        super().__init__()
        first, second = FINE_WIDTHS
        self.fine_full = Conv3x3(3, first)
        self.fine_half = Conv3x3(first, second, stride=2)
        self.enter = StyledConv(INPUTS, width, rank=16)
        self.first = StyledConv(width, width, rank=width // 4)
        self.second = StyledConv(width, width, rank=width // 4)
        self.last = StyledConv(width, width, rank=width // 2) if deep else None
        self.head = UpConv3x3(width, 3)
        layers = styled_layers(self)
        self.names = tuple(layers)
        self.sizes = [
            n for w in layers.values() for n in (w.out_channels, w.out_channels, len(w.down))
        ]
        self.standardise = Standardise(embedding_size + 2 * second)
        self.embed = nn.Linear(embedding_size + 2 * second, HIDDEN)
        self.hidden = nn.Linear(HIDDEN, HIDDEN)
        self.outputs = nn.Linear(HIDDEN, sum(self.sizes))

    def encode_style(self, style: Tensor) -> Tensor:
        """What styles (B, 3, H, W), seen at this level's size, are like in detail: (B, N)."""
        style = (style - 0.5).to(self.fine_full.weight.dtype)
        feats = F.relu(self.fine_full(style), inplace=True)
        feats = F.relu(self.fine_half(feats), inplace=True)
        return torch.cat(channel_stats(feats, eps=EPS), 1).flatten(1)

    def modulations(self, embedding: Tensor, fine: Tensor) -> dict[str, Modulation]:
        """What styles change in every layer.

        Args:
            embedding: (B, embedding_size).
            fine: from `encode_style`.
        """
        x = self.standardise(torch.cat([embedding, fine], 1)).to(self.embed.weight.dtype)
        parts = self.outputs(activate(self.hidden(activate(self.embed(x))))).split(self.sizes, 1)
        triples = zip(parts[::3], parts[1::3], parts[2::3], strict=True)
        made = [Modulation(1 + F.softsign(g), shift, F.softsign(mix)) for g, shift, mix in triples]
        return dict(zip(self.names, made, strict=True))

    def forward(self, picture: Tensor, content: Tensor, changes: dict[str, Modulation]) -> Tensor:
        """Revise.

        Args:
            picture: (B, 3, H, W), enlarged to this size; H and W even.
            content: the photo at this size.
            changes: from `modulations`, of B styles or of one.
        Returns:
            (B, 3, H, W), not clamped.
        """
        picture = guided.sharpen(picture, content)
        x = revision_input(picture, content).to(self.enter.weight.dtype)
        x = activate(self.enter(x, changes["enter"]))
        inner = activate(self.first(x, changes["first"]))
        x = activate(x + self.second(inner, changes["second"]))
        if self.last is not None:
            x = activate(self.last(x, changes["last"]))
        return finished(picture + self.head(x).to(picture.dtype), deep=self.last is not None)


def finished(picture: Tensor, *, deep: bool) -> Tensor:
    """A revised picture (B, 3, H, W) without what a shallow network cannot help leaving on it."""
    return picture if deep else guided.clean(picture)


def revision_input(picture: Tensor, content: Tensor) -> Tensor:
    """What a revision sees of (B, 3, H, W), in blocks of 2x2 pixels: (B, INPUTS, H/2, W/2)."""
    return F.pixel_unshuffle(torch.cat([picture - 0.5, brightness_and_detail(content)], 1), 2)


def brightness_and_detail(content: Tensor) -> Tensor:
    """Brightness about 0.5, and twice its detail finer than two pixels: (B, 2, H, W)."""
    light = luminance(content)
    coarse = F.interpolate(F.avg_pool2d(light, 2), scale_factor=2, mode="bilinear")
    return torch.cat([light - 0.5, 2 * (light - coarse)], 1)
