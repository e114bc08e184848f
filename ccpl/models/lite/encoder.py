"""The small encoder: the picture enters as 4x4 blocks of pixels."""

from collections.abc import Sequence

import torch.nn.functional as F
from torch import Tensor, nn

from ccpl.models.lite.layers import Conv3x3, ResidualBlock, blocks_of
from ccpl.models.statistics import Features


class LiteEncoder(nn.Module):
    """Features at 1/4 and 1/8 of the picture's resolution.

    Args:
        widths: channels at 1/4 and at 1/8.
        blocks: inner channels of the residual blocks at 1/8.
    """

    def __init__(self, widths: Sequence[int], blocks: Sequence[int]) -> None:
        super().__init__()
        quarter, eighth = widths
        self.stem = Conv3x3(48, quarter)
        self.down = Conv3x3(quarter, eighth, stride=2)
        self.blocks = nn.Sequential(*(ResidualBlock(eighth, inner) for inner in blocks))

    def forward(self, image: Tensor) -> Features:
        """Encode pictures (B, 3, H, W) in [0, 1], H and W multiples of 8."""
        dtype = self.stem.weight.dtype
        quarter = F.relu(self.stem(blocks_of(image - 0.5).to(dtype)), inplace=True)
        return {"quarter": quarter, "eighth": self.blocks(self.down(quarter))}
