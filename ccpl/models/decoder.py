"""The reference decoder: VGG-19 features back to a picture (Huang & Belongie, ICCV 2017; CCPL).

Mirrors the encoder with reflection padding, and nearest upsampling where the encoder pools.
"""

import torch.nn.functional as F
from torch import Tensor, nn

from ccpl.config import check_choice
from ccpl.models.statistics import ContentStats, Features, StyleCode
from ccpl.models.window import Window

# Channels (in, out) of the convolutions, by their number in the published 29-entry Sequential.
CONVS = {
    1: (512, 256), 5: (256, 256), 8: (256, 256), 11: (256, 256), 14: (256, 128),
    18: (128, 128), 21: (128, 64), 25: (64, 64), 28: (64, 3),
}  # fmt: skip
UPSAMPLED = (1, 14, 21)  # followed by upsampling by 2
FIRST = {"relu4_1": 1, "relu3_1": 11}  # where the decoder of a tap starts


class VGGDecoder(nn.Module):
    """Decode the features of one tap.

    Args:
        tap: relu4_1 (512 channels at 1/8) or relu3_1 (256 channels at 1/4).
    """

    def __init__(self, tap: str) -> None:
        super().__init__()
        check_choice("tap", tap, tuple(FIRST))
        self.tap = tap
        self.convs = nn.ModuleDict(
            {str(n): nn.Conv2d(*widths, 3) for n, widths in CONVS.items() if n >= FIRST[tap]}
        )

    def forward(
        self,
        feats: Features,
        content: Tensor,
        base: Tensor,
        code: StyleCode,
        stats: ContentStats,
        window: Window,
    ) -> Tensor:
        """Decode.

        Args:
            feats: stylized features; those of `tap` are used.
            content, base, code, stats, window: unused, all comes from the features.
        Returns:
            (B, 3, H, W) with the H and W the features came from, not clamped.
        """
        x = feats[self.tap]
        *hidden, last = self.convs.items()
        for name, conv in hidden:
            x = F.relu(conv(F.pad(x, (1, 1, 1, 1), mode="reflect")), inplace=True)
            if int(name) in UPSAMPLED:
                x = F.interpolate(x, scale_factor=2, mode="nearest")
        return last[1](F.pad(x, (1, 1, 1, 1), mode="reflect"))
