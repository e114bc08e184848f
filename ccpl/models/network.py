"""StyleTransferNet: encoder, SCT at every tap, decoder; one forward for inference and training."""

import functools
from collections.abc import Iterable
from typing import Protocol

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ccpl.config import Mode, ModelConfig
from ccpl.errors import InputError
from ccpl.models.colour import transfer_colours
from ccpl.models.decoder import VGGDecoder
from ccpl.models.lite import LiteDecoder, LiteEncoder, ResidualBlock, StyledBlock
from ccpl.models.sct import SCTNet
from ccpl.models.statistics import (
    ContentMoments,
    ContentStats,
    Features,
    StyleCode,
    channel_moments,
    colour_moments,
    colour_stats,
    region_moments,
    region_stats,
)
from ccpl.models.vgg import VGG19, available_taps
from ccpl.models.window import Window, whole_window

DECODER_START: dict[Mode, str] = {
    "artistic": "relu4_1",
    "photo": "relu3_1",
    "perceptual": "relu4_1",
}  # the one tap of vgg19


class Decoder(Protocol):
    """What a decoder is called with."""

    def __call__(
        self,
        feats: Features,
        content: Tensor,
        base: Tensor,
        code: StyleCode,
        stats: ContentStats,
        window: Window,
    ) -> Tensor: ...


class StyleTransferNet(nn.Module):
    """Encoder, one SCTNet for each of its taps, decoder.

    Args:
        config: what built it.
        encoder: picture -> features by tap.
        sct: SCTNets by tap.
        decoder: stylized features -> picture.
        stride: the sides of every picture must be multiples of it.
        reach: pixels around a place that its result depends on, apart from the statistics.
        recolour: whether the decoder starts from the content in the colours of the style; then
            codes and statistics have colours.
        region_tap: the tap whose means over regions the decoder wants; then codes and statistics
            have regions.
        blend_feats: whether strength blends the features too, not the pictures alone.
        least_style: styles with a side below it, in pixels, are enlarged to it.
        grain: deviation of the noise that the encoder should see on pictures. Where one is
            perfectly flat, nothing else tells the strokes where to go but the grid.
    """

    def __init__(
        self,
        config: ModelConfig,
        encoder: nn.Module,
        sct: dict[str, SCTNet],
        decoder: nn.Module,
        *,
        stride: int,
        reach: int,
        recolour: bool = False,
        region_tap: str | None = None,
        blend_feats: bool = False,
        least_style: int = 1,
        grain: float = 0.0,
    ) -> None:
        super().__init__()
        self.config = config
        self.encoder = encoder
        self.sct = nn.ModuleDict(sct)
        self.decoder = decoder
        self.stride = stride
        self.reach = reach
        self.recolour = recolour
        self.region_tap = region_tap
        self.blend_feats = blend_feats
        self.least_style = least_style
        self.grain = grain
        (self.eps,) = {transform.eps for transform in sct.values()}

    def encode_style(self, style: Tensor) -> StyleCode:
        """Reduce style pictures (B, 3, H, W) in [0, 1] to codes.

        The sides are multiples of `stride` for lite; vgg19 takes any size.
        """
        height, width = style.shape[2:]
        if min(height, width) < self.least_style:
            size = (max(height, self.least_style), max(width, self.least_style))
            style = F.interpolate(style, size=size, mode="bilinear", align_corners=False)
        feats = self.encoder(style)
        return StyleCode(
            {tap: sct.encode_style(feats[tap]) for tap, sct in self.sct.items()},
            colour_stats(style) if self.recolour else None,
            region_stats(feats[self.region_tap], style) if self.region_tap else None,
        )

    def encode_content(self, content: Tensor, window: Window | None = None) -> Features:
        """Features of contents (B, 3, H, W) in [0, 1], or of the piece `window` of them."""
        if self.grain:
            content = content + self.grain * grain(window or whole_window(content)).to(content)
        return self.encoder(content)

    def measure(self, feats: Features, content: Tensor, window: Window) -> ContentMoments:
        """What the core of a piece adds to the statistics of the whole contents."""
        return ContentMoments(
            {tap: channel_moments(window.core_of(feats[tap])) for tap in self.sct},
            colour_moments(window.core_of(content)) if self.recolour else None,
            region_moments(feats[self.region_tap], content, window) if self.region_tap else None,
        )

    def content_stats(self, feats: Features, content: Tensor) -> ContentStats:
        """Statistics of whole contents (B, 3, H, W), from them and from their features."""
        return self.measure(feats, content, whole_window(content)).finish(eps=self.eps)

    def survey(self, pieces: Iterable[tuple[Tensor, Window]]) -> ContentStats:
        """The same from pieces (B, 3, h, w), each with its window; their cores make up the whole.

        Only one piece is held at a time.
        """
        moments = (self.measure(self.encode_content(x, w), x, w) for x, w in pieces)
        return functools.reduce(ContentMoments.merge, moments).finish(eps=self.eps)

    def forward(
        self,
        content: Tensor,
        code: StyleCode,
        *,
        strength: Tensor | float = 1.0,
        stats: ContentStats | None = None,
        window: Window | None = None,
    ) -> Tensor:
        """Stylize.

        Args:
            content: (B, 3, H, W) in [0, 1], sides multiples of `stride`.
            code: from `encode_style`, of B styles or of one.
            strength: scalar or (B, 1, 1, 1); 0 is the content, 1 the full style.
            stats: of the whole contents; measured here unless given.
            window: the piece of its picture that the content is, if `stats` are of the whole.
        Returns:
            (B, 3, H, W), meant for [0, 1] but not clamped.
        """
        feats = self.encode_content(content, window)
        return self.decode(feats, content, code, strength=strength, stats=stats, window=window)

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
        """`forward` from features that are at hand already."""
        content = content.contiguous()  # sums of mixed memory formats are ten times slower
        stats = stats or self.content_stats(feats, content)
        styled = {
            tap: sct(feats[tap], code.transforms[tap], stats.channels[tap])
            for tap, sct in self.sct.items()
        }
        base = content
        if self.recolour:
            base = transfer_colours(content, stats.colours, code.colours)
        if self.blend_feats:  # 0 is the reconstruction of the content, so the pictures follow
            styled = {tap: _blend(feats[tap], x, strength) for tap, x in styled.items()}
            strength = strength * (2 - strength)
        window = window or whole_window(content)
        painted = self.decoder(styled, content, base, code, stats, window)
        return _blend(content, painted, strength)


def grain(window: Window) -> Tensor:
    """Normal noise for a piece of any picture, (1, 3, h, w): the same at every place."""
    tile, (top, bottom, left, right) = _grain_tile(), window.box
    rows, columns = torch.arange(top, bottom), torch.arange(left, right)
    return tile[:, :, rows % tile.shape[2]][..., columns % tile.shape[3]]


@functools.lru_cache(maxsize=1)
@torch.inference_mode(False)  # kept for training too
def _grain_tile() -> Tensor:
    """(1, 3, 512, 512), repeated over larger pictures."""
    return torch.randn(1, 3, 512, 512, generator=torch.Generator().manual_seed(0))


def _blend(start: Tensor, end: Tensor, share: Tensor | float) -> Tensor:
    """Exactly `start` at share 0 and `end` at 1, in the precision of `start`."""
    if isinstance(share, float) and share == 1:
        return end.to(start.dtype)
    share = share.to(start.dtype) if isinstance(share, Tensor) else share
    return torch.lerp(start, end.to(start.dtype), share)


def build_lite(config: ModelConfig) -> StyleTransferNet:
    """The small network; photo mode has no paint head, so edges cannot move."""
    quarter, eighth = config.widths
    rank4, rank8 = config.ranks
    paint = 0 if config.mode == "photo" else config.paint_width
    at_eighth = len(config.encoder_blocks) + len(config.deep_blocks)
    network = StyleTransferNet(
        config,
        LiteEncoder(config.widths, config.encoder_blocks),
        {
            "quarter": SCTNet((quarter, rank4), style_kernel=1, balanced=True),
            "eighth": SCTNet((eighth, 64, rank8), balanced=True),
        },
        LiteDecoder(
            config.widths, (config.deep_blocks, config.shallow_blocks), config.ranks, paint
        ),
        stride=8,
        reach=16 * at_eighth + 8 * len(config.shallow_blocks) + 32,
        recolour=True,
        region_tap=None if paint else "eighth",
        grain=0.008 if paint else 0.0,
    )
    start_lite(network)
    return network


def start_lite(network: StyleTransferNet) -> None:
    """Initialise in place so that the signal neither fades nor grows on its way (He, ICCV 2015).

    Residual branches and heads start at zero: at first the result is the content in the colours of
    the style.
    """
    for module in network.modules():
        if isinstance(module, nn.Conv2d):
            nn.init.kaiming_normal_(module.weight, nonlinearity="relu")
            nn.init.zeros_(module.bias)
    with torch.no_grad():
        network.encoder.stem.weight.mul_(3)  # pixels around 0 have a deviation of about 1/3
        for module in network.modules():
            if isinstance(module, ResidualBlock | StyledBlock):
                module.second.weight.zero_()
        for sct in network.sct.values():
            sct.uncompress.weight.mul_(0.3)
        network.decoder.start()


def build_vgg19(config: ModelConfig) -> StyleTransferNet:
    """The reference network of CCPL on a frozen VGG-19, whose weights come from a file."""
    tap = DECODER_START[config.mode]
    widths = {"relu4_1": (512, 256, 128, 32), "relu3_1": (256, 128, 32)}[tap]
    scale = {"relu4_1": 8, "relu3_1": 4}[tap]
    sct = SCTNet(widths)
    return StyleTransferNet(
        config,
        VGG19((tap,)).requires_grad_(False),
        {tap: sct},
        VGGDecoder(tap),
        stride=8,
        reach=8 * scale,
        blend_feats=True,
        least_style=scale * sct.margin + 1,
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
