"""The small encoder and decoder that ship with the project.

The picture enters as 4x4 blocks of pixels and is seen at 1/4 and 1/8 resolution. The decoder sees
the first coat too, in the same blocks, in photo mode also what it changed: stylized features do not
tell how far that went. It has two heads: smooth maps of local colour transforms (recolour), with
paint also of how much fine detail of the picture shows, in photo mode one for dark and one for
bright colours, also of how much of the first coat is taken back; and a painted layer on top
(paint). In photo mode a look at the regions of the whole picture moves the maps too. All start at
nothing, so an untrained network returns the picture it starts from.
"""

from collections.abc import Iterator, Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ccpl.models.modulation import (
    Conv3x3,
    Modulation,
    PairModulation,
    StyledConv,
    activate,
    conv3x3,
    level,
)
from ccpl.models.regions import RegionNet, spread_regions
from ccpl.models.statistics import ContentStats, Features, StyleCode
from ccpl.models.window import Window


class ResidualBlock(nn.Module):
    """x + conv(activate(conv(x))), with `inner` channels between the two."""

    def __init__(self, width: int, inner: int) -> None:
        super().__init__()
        self.first = Conv3x3(width, inner)
        self.second = Conv3x3(inner, width)

    def forward(self, x: Tensor) -> Tensor:
        return x + self.second(activate(self.first(x)))


class StyledBlock(nn.Module):
    """The same with kernels that depend on the style."""

    def __init__(self, width: int, inner: int) -> None:
        super().__init__()
        self.first = StyledConv(width, inner)
        self.second = StyledConv(inner, width, rank=width // 2)

    def forward(self, x: Tensor, changes: Iterator[Modulation]) -> Tensor:
        """The next two of `changes` are for this block."""
        return x + self.second(activate(self.first(x, next(changes))), next(changes))


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


class LiteDecoder(nn.Module):
    """From stylized features and the picture to the stylized picture.

    Args:
        widths: channels at 1/4 and at 1/8, as in the encoder.
        blocks: inner channels of the residual blocks at 1/8 and at 1/4.
        ranks: of the SCTNets at 1/4 and at 1/8.
        paint_width: channels at 1/2 resolution of the paint head; 0 leaves that head out.
    """

    def __init__(
        self,
        widths: Sequence[int],
        blocks: Sequence[Sequence[int]],
        ranks: Sequence[int],
        paint_width: int,
    ) -> None:
        super().__init__()
        quarter, eighth = widths
        deep, shallow = blocks
        taps = dict(zip(("quarter", "eighth"), zip(widths, ranks, strict=True), strict=True))
        self.blocks = nn.ModuleList(StyledBlock(eighth, inner) for inner in deep)
        self.narrow = StyledConv(eighth, quarter)
        self.coat = nn.Conv2d(48 if paint_width else 96, quarter, 1)
        self.merge = nn.ModuleList(StyledBlock(quarter, inner) for inner in shallow)
        maps = 13 if paint_width else 26
        self.recolour = Conv3x3(quarter, maps)
        self.paint = PaintHead(quarter, paint_width) if paint_width else None
        self.regions = None if paint_width else RegionNet(eighth, quarter)
        self.spread = nn.Parameter(torch.zeros(3, 3)) if paint_width else None
        layers = [layer for layer in self.modules() if isinstance(layer, StyledConv)]
        self.modulation = PairModulation(taps, layers, maps)  # in the order in which they run

    def start(self) -> None:
        """Initialise the heads and the modulation: no change of colours, no paint."""
        self.modulation.start()
        nn.init.zeros_(self.coat.weight)
        nn.init.zeros_(self.recolour.weight)
        if self.regions is not None:
            self.regions.start()
        if self.paint is not None:
            self.paint.start()

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
            feats: stylized features "quarter" and "eighth".
            content: the picture, (B, 3, H, W).
            base: the same in the colours of the style.
            code: of the styles.
            stats: of the contents.
            window: the piece of the contents that is at hand.
        Returns:
            (B, 3, H, W), meant for [0, 1] but not clamped.
        """
        moved, changes, thought = self.modulation(code, stats)
        x = feats["eighth"]
        for block in self.blocks:
            x = block(x, changes)
        x = self.narrow(x, next(changes))
        x = F.interpolate(x, scale_factor=2, mode="nearest") + feats["quarter"]
        seen = base - 0.5
        if self.paint is None:
            back = content - base
            seen = torch.cat([seen, back], 1)
        x = x + self.coat(blocks_of(seen).to(x.dtype))
        if self.regions is not None:
            sides = ((s.regions, s.colours) for s in (stats, code))
            plan = [spread_regions(part, x, window) for part in self.regions(*sides, thought)]
            x = x + plan[0]
        for block in self.merge:
            x = block(x, changes)
        x = activate(x)
        maps = self.recolour(x) + moved[..., None, None]
        if self.regions is not None:
            maps = maps + plan[1]
        if self.paint is None:
            tone = base.mean(1, keepdim=True).clamp(0, 1)
            return base + apply_colour_maps(maps, base, [back], tone=tone)
        maps = maps + self._spread_maps(code.colours.mean)[..., None, None]
        detail = base - soften(base, step=2)
        return base + apply_colour_maps(maps, base, [detail]) + self.paint(x, changes)

    def _spread_maps(self, centre: Tensor) -> Tensor:
        """Added to the maps, moves colours by `spread` about the style's mean: (B, 13)."""
        centre = centre.flatten(1).to(self.spread.dtype)
        matrix = self.spread.flatten().expand(len(centre), -1)
        return torch.cat([matrix, -centre @ self.spread.mT, torch.zeros_like(centre[:, :1])], 1)


class PaintHead(nn.Module):
    """A layer of paint: finished at 1/2 resolution, because a shuffle of 4 leaves a grid.

    The kernels before both shuffles are level: a flat place is painted without any grid.
    """

    def __init__(self, quarter: int, width: int) -> None:
        super().__init__()
        self.expand = StyledConv(quarter, 4 * width, shuffle=2)
        self.smooth = StyledConv(width, width)
        self.finish = Conv3x3(width, 12)

    @torch.no_grad()
    def start(self) -> None:
        """ICNR: equal weights for the sub-pixels of a block, so no grid; and no paint yet."""
        for weight in (self.expand.weight, self.expand.up):
            weight.copy_(weight[::4].repeat_interleave(4, 0))
        self.finish.weight.zero_()

    def forward(self, x: Tensor, changes: Iterator[Modulation]) -> Tensor:
        x = F.relu(F.pixel_shuffle(self.expand(x, next(changes)), 2), inplace=True)
        x = F.relu(self.smooth(x, next(changes)), inplace=True)
        finish = self.finish
        x = conv3x3(x, level(finish.weight, 4), level(finish.bias, 4))
        return soften(pixels_of(x))


def blocks_of(image: Tensor) -> Tensor:
    """`F.pixel_unshuffle` by 4 into channels_last, where convolutions want it, with one copy."""
    batch, channels, height, width = image.shape
    x = image.view(batch, channels, height // 4, 4, width // 4, 4)
    x = x.permute(0, 2, 4, 1, 3, 5).reshape(batch, height // 4, width // 4, -1)
    return x.permute(0, 3, 1, 2)


def pixels_of(x: Tensor) -> Tensor:
    """`F.pixel_shuffle` by 2 out of channels_last, contiguous, with one copy."""
    batch, channels, height, width = x.shape
    x = x.permute(0, 2, 3, 1).reshape(batch, height, width, channels // 4, 2, 2)
    return x.permute(0, 3, 1, 4, 2, 5).reshape(batch, -1, 2 * height, 2 * width)


def soften(image: Tensor, *, step: int = 1) -> Tensor:
    """Blur (B, C, H, W) by [1 2 1] / 4 both ways, taps `step` pixels apart.

    After a shuffle, with step 1: its sub-pixels have weights of their own and would weave a grid;
    what alternates from pixel to pixel goes.
    """
    sizes = image.shape
    image = F.pad(image, (step,) * 4, mode="replicate")
    for axis in (2, 3):
        before, here, after = (image.narrow(axis, k * step, sizes[axis]) for k in range(3))
        image = torch.add(before + after, here, alpha=2)
    return image / 16


def _widen(maps: Tensor, width: int) -> Tensor:
    """Stretch contiguous (B, N, h, w) to that width, linearly."""
    if maps.is_cuda:  # there mode "linear" has one thread for all lines of a column
        return F.interpolate(maps, size=(maps.shape[2], width), mode="bilinear")
    lines = maps.view(len(maps), -1, maps.shape[3])
    return F.interpolate(lines, size=width, mode="linear").view(*maps.shape[:3], width)


# The picture's rows 4i .. 4i + 3 lie between the maps' rows i - 1 + o and i + o: (o, weight).
_BETWEEN = ((0, 0.625), (0, 0.875), (1, 0.125), (1, 0.375))


def apply_colour_maps(
    maps: Tensor, image: Tensor, layers: Sequence[Tensor] = (), *, tone: Tensor | None = None
) -> Tensor:
    """Apply to every pixel the affine colour transform found at its place.

    The maps are enlarged bilinearly, their columns at once and their rows one of four phases at a
    time: the same numbers as `F.interpolate` of all maps, without ever holding them at full size.
    With a tone they follow edges although they are smooth themselves (a bilateral grid of two
    cells, Gharbi et al., SIGGRAPH 2017).

    Args:
        maps: (B, N, H/4, W/4): nine entries of a 3x3 matrix by rows, three offsets and a gain for
            each of the layers; with a tone as many more, for the bright colours.
        image: (B, 3, H, W) in [0, 1].
        layers: pictures of the same shape.
        tone: (B, 1, H, W) in [0, 1]: from the first half of the maps at 0 to the second at 1.
    Returns:
        (B, 3, H, W), contiguous: matrix . colour + offset + the sum of gain * layer.
    """
    batch, _, height, width = image.shape
    rows = height // 4
    wide = _widen(maps.to(image.dtype).contiguous(), width)
    wide = torch.cat([wide[:, :, :1], wide, wide[:, :, -1:]], 2)  # the edge rows, repeated
    pixels, tones, *extras = (
        None if x is None else x.contiguous().view(batch, -1, rows, 4, width)
        for x in (image, tone, *layers)
    )
    count = 12 + len(layers)
    phases = []
    for phase, (o, weight) in enumerate(_BETWEEN):
        here = torch.lerp(wide[:, :, o : o + rows], wide[:, :, o + 1 : o + 1 + rows], weight)
        if tones is not None:
            here = torch.lerp(here[:, :count], here[:, count:], tones[:, :, :, phase])
        result = here[:, 9:12]
        for j in range(3):  # column j of the matrices times channel j
            result = torch.addcmul(result, here[:, j:9:3], pixels[:, j : j + 1, :, phase])
        for k, extra in enumerate(extras, 12):
            result = torch.addcmul(result, here[:, k : k + 1], extra[:, :, :, phase])
        phases.append(result)
    return torch.stack(phases, 3).view(batch, 3, height, width)
