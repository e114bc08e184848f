"""The reference network of CCPL: VGG-19, SCT and the decoder of Huang & Belongie, ICCV 2017.

Other transforms take SCT's place if the configuration says so.
"""

import torch.nn.functional as F
from torch import Tensor, nn

from ccpl.config import Mode, ModelConfig
from ccpl.errors import InputError, check_choice
from ccpl.models.network import StyleTransferNet, blend
from ccpl.models.statistics import EPS, ContentStats, Features, StyleCode
from ccpl.models.transforms import Transform, build_transform
from ccpl.models.vgg import VGG19, available_taps
from ccpl.models.window import Window

# Channels (in, out) of the convolutions, by their number in the published 29-entry Sequential.
CONVS = {
    1: (512, 256), 5: (256, 256), 8: (256, 256), 11: (256, 256), 14: (256, 128),
    18: (128, 128), 21: (128, 64), 25: (64, 64), 28: (64, 3),
}  # fmt: skip
UPSAMPLED = (1, 14, 21)  # followed by upsampling by 2
FIRST = {"relu4_1": 1, "relu3_1": 11}  # where the decoder of a tap starts
DECODER_START: dict[Mode, str] = {
    "artistic": "relu4_1",
    "photo": "relu3_1",
    "perceptual": "relu4_1",
}  # the one tap of a mode


class VGGDecoder(nn.Module):
    """Decode the features of one tap.

    Mirrors the encoder with reflection padding, and nearest upsampling where the encoder pools.

    Args:
        tap: relu4_1 (512 channels at 1/8) or relu3_1 (256 channels at 1/4).
    """

    def __init__(self, tap: str) -> None:
        super().__init__()
        check_choice("tap", tap, tuple(FIRST))
        self.convs = nn.ModuleDict(
            {str(n): nn.Conv2d(*widths, 3) for n, widths in CONVS.items() if n >= FIRST[tap]}
        )

    def forward(self, x: Tensor) -> Tensor:
        """Features (B, C, h, w) -> (B, 3, H, W) of the size they came from, not clamped."""
        *hidden, last = self.convs.items()
        for name, conv in hidden:
            x = F.relu(conv(F.pad(x, (1, 1, 1, 1), mode="reflect")), inplace=True)
            if int(name) in UPSAMPLED:
                x = F.interpolate(x, scale_factor=2, mode="nearest")
        return last[1](F.pad(x, (1, 1, 1, 1), mode="reflect"))


class ReferenceNet(StyleTransferNet):
    """Paints from the features of one tap alone.

    Args:
        least_style: styles with a side below it, in pixels, are enlarged to it.
    """

    def __init__(
        self,
        config: ModelConfig,
        encoder: VGG19,
        transforms: dict[str, Transform],
        decoder: VGGDecoder,
        *,
        reach: int,
        least_style: int,
    ) -> None:
        super().__init__(config, encoder, transforms, decoder, reach=reach)
        (self.tap,) = transforms
        self.least_style = least_style

    def encode_style(self, style: Tensor) -> StyleCode:
        """Reduce style pictures (B, 3, H, W) in [0, 1], of any size, to codes."""
        size = tuple(max(n, self.least_style) for n in style.shape[2:])
        if size != style.shape[2:]:
            style = F.interpolate(style, size=size, mode="bilinear", align_corners=False)
        return super().encode_style(style)

    def decode(
        self,
        feats: Features,
        content: Tensor,
        code: StyleCode,
        *,
        strength: Tensor | float = 1.0,
        stats: ContentStats | None = None,
        window: Window | None = None,
    ) -> Tensor:
        """See StyleTransferNet; strength blends the features, and then the pictures."""
        stats = stats or self.content_stats(feats, content)
        styled = self.transform(feats, code, stats)
        mixed = {tap: blend(feats[tap], x, strength) for tap, x in styled.items()}
        # At 0 the features are decoded to a reconstruction, so the pictures are blended too.
        return blend(content.contiguous(), self.decoder(mixed[self.tap]), strength * (2 - strength))

    def paint(
        self, feats: Features, content: Tensor, code: StyleCode, stats: ContentStats, window: Window
    ) -> Tensor:
        return self.decoder(feats[self.tap])


def build_vgg19(config: ModelConfig) -> ReferenceNet:
    """The network of a mode on a frozen VGG-19, whose weights come from a file."""
    tap = DECODER_START[config.mode]
    widths = {"relu4_1": (512, 256, 128, 32), "relu3_1": (256, 128, 32)}[tap]
    scale = {"relu4_1": 8, "relu3_1": 4}[tap]
    transform = build_transform(config.transform, widths, eps=EPS)
    return ReferenceNet(
        config,
        VGG19((tap,)).requires_grad_(False),
        {tap: transform},
        VGGDecoder(tap),
        reach=8 * scale,
        least_style=scale * transform.margin + 1,
    )


def reference_taps(state: dict[str, Tensor], mode: Mode) -> tuple[str, ...]:
    """relu1_1 ... up to the tap of vgg19 in `mode`: what its training compares.

    Raises:
        InputError: the VGG-19 weights `state` stop before it.
    """
    last, have = DECODER_START[mode], available_taps(state)
    if last not in have:
        raise InputError(
            f"the VGG-19 file stops at {have[-1]}, so only photo mode of vgg19 can be trained with "
            f"it; {mode} mode needs {last}: give another --vgg file"
        )
    return tuple(f"relu{block}_1" for block in range(1, int(last[4]) + 1))
