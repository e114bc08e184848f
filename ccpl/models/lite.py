"""The small encoder and decoder that ship with the project.

The picture enters as 4x4 blocks of pixels and is seen at 1/4 and 1/8 resolution. The decoder has
two heads: a smooth map of local colour transforms (recolour) and a painted layer on top (paint).
Both start at nothing, so an untrained network returns the picture it starts from.
"""

from collections.abc import Sequence
from itertools import zip_longest

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ccpl.models.modulation import Modulation, StyleModulation
from ccpl.models.sct import StyleCode

Features = dict[str, Tensor]


class ResidualBlock(nn.Module):
    """x + conv(relu(conv(x))), the inner layer modulated by the style where one is given."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(width, width, 3, padding=1)
        self.second = nn.Conv2d(width, width, 3, padding=1)

    def forward(self, x: Tensor, style: Modulation | None = None) -> Tensor:
        hidden = self.first(x) if style is None else style.after(self.first, x)
        return x + self.second(F.relu(hidden, inplace=True))


class ResidualBlocks(nn.Sequential):
    """`count` blocks in a row."""

    def __init__(self, count: int, width: int) -> None:
        super().__init__(*(ResidualBlock(width) for _ in range(count)))

    def forward(self, x: Tensor, styles: Sequence[Modulation] = ()) -> Tensor:
        for block, style in zip_longest(self, styles):
            x = block(x, style)
        return x


class LiteEncoder(nn.Module):
    """Features at 1/4 and 1/8 of the picture's resolution.

    Args:
        widths: channels at 1/4 and at 1/8.
        blocks: residual blocks at 1/8.
    """

    def __init__(self, widths: Sequence[int], blocks: int) -> None:
        super().__init__()
        quarter, eighth = widths
        self.stem = nn.Conv2d(48, quarter, 3, padding=1)
        self.down = nn.Conv2d(quarter, eighth, 3, stride=2, padding=1)
        self.blocks = ResidualBlocks(blocks, eighth)

    def forward(self, image: Tensor) -> Features:
        """Encode pictures (B, 3, H, W) in [0, 1], H and W multiples of 8."""
        dtype = self.stem.weight.dtype
        quarter = F.relu(self.stem(F.pixel_unshuffle((image - 0.5).to(dtype), 4)), inplace=True)
        eighth = F.relu(self.blocks(self.down(quarter)), inplace=True)
        return {"quarter": quarter, "eighth": eighth}


class LiteDecoder(nn.Module):
    """From stylized features and the picture to the stylized picture.

    Args:
        widths: channels at 1/4 and at 1/8, as in the encoder.
        blocks: residual blocks at 1/8 and at 1/4.
        ranks: of the SCTNets at 1/4 and at 1/8.
        paint_width: channels at 1/2 resolution of the paint head; 0 leaves that head out.
    """

    def __init__(
        self,
        widths: Sequence[int],
        blocks: Sequence[int],
        ranks: Sequence[int],
        paint_width: int,
    ) -> None:
        super().__init__()
        quarter, eighth = widths
        deep, shallow = blocks
        taps = dict(zip(("quarter", "eighth"), zip(widths, ranks, strict=True), strict=True))
        layers = [eighth] * deep + [quarter] * (1 + shallow) + [paint_width] * 2
        self.modulation = StyleModulation(taps, layers if paint_width else layers[:-2])
        self.blocks = ResidualBlocks(deep, eighth)
        self.narrow = nn.Conv2d(eighth, quarter, 3, padding=1)
        self.merge = ResidualBlocks(shallow, quarter)
        self.recolour = nn.Conv2d(quarter, 12, 3, padding=1)
        self.paint = PaintHead(quarter, paint_width) if paint_width else None

    def start(self) -> None:
        """Initialise the heads and the modulation: no change of colours, no paint."""
        self.modulation.start()
        nn.init.zeros_(self.recolour.weight)
        if self.paint is not None:
            self.paint.start()

    def forward(self, feats: Features, base: Tensor, code: StyleCode) -> Tensor:
        """Decode.

        Args:
            feats: stylized features "quarter" and "eighth".
            base: the picture in the colours of the style, (B, 3, H, W).
            code: of the styles.
        Returns:
            (B, 3, H, W), meant for [0, 1] but not clamped.
        """
        styles = self.modulation(code)
        deep, (narrow, *rest) = styles[: len(self.blocks)], styles[len(self.blocks) :]
        x = F.relu(narrow.after(self.narrow, self.blocks(feats["eighth"], deep)), inplace=True)
        x = F.interpolate(x, scale_factor=2, mode="nearest") + feats["quarter"]
        x = F.relu(self.merge(x, rest[: len(self.merge)]), inplace=True)
        result = base + apply_colour_maps(self.recolour(x), base)
        return result if self.paint is None else result + self.paint(x, rest[-2:])


class PaintHead(nn.Module):
    """A layer of paint: finished at 1/2 resolution, because a shuffle of 4 leaves a grid."""

    def __init__(self, quarter: int, width: int) -> None:
        super().__init__()
        self.expand = nn.Conv2d(quarter, 4 * width, 3, padding=1)
        self.smooth = nn.Conv2d(width, width, 3, padding=1)
        self.finish = nn.Conv2d(width, 12, 3, padding=1)

    @torch.no_grad()
    def start(self) -> None:
        """ICNR: equal weights for the sub-pixels of a block, so no grid; and no paint yet."""
        self.expand.weight.copy_(self.expand.weight[::4].repeat_interleave(4, 0))
        self.finish.weight.zero_()

    def forward(self, x: Tensor, styles: Sequence[Modulation]) -> Tensor:
        expand, smooth = styles
        x = F.relu(F.pixel_shuffle(expand.after(self.expand, x, repeat=4), 2), inplace=True)
        x = F.relu(smooth.after(self.smooth, x), inplace=True)
        return soften(F.pixel_shuffle(self.finish(x).contiguous(), 2))


def soften(image: Tensor) -> Tensor:
    """Blur (B, C, H, W) by [1 2 1] / 4 both ways: what alternates from pixel to pixel goes.

    Every sub-pixel of a shuffle has weights of its own; else they would weave a fine grid.
    """
    for axis in (2, 3):
        size = image.shape[axis]
        edges = [image.narrow(axis, k, 1) for k in (0, size - 1)]
        wide = torch.cat([edges[0], image, edges[1]], axis)
        pairs = wide.narrow(axis, 0, size + 1) + wide.narrow(axis, 1, size + 1)
        image = pairs.narrow(axis, 0, size) + pairs.narrow(axis, 1, size)
    return image / 16


# The picture's rows 4i .. 4i + 3 lie between the maps' rows i - 1 + o and i + o: (o, weight).
_BETWEEN = ((0, 0.625), (0, 0.875), (1, 0.125), (1, 0.375))


def apply_colour_maps(maps: Tensor, image: Tensor) -> Tensor:
    """Apply to every pixel the affine colour transform found at its place.

    The maps are enlarged bilinearly, their columns at once and their rows one of four phases at a
    time: the same numbers as `F.interpolate` of all 12, without ever holding them at full size.

    Args:
        maps: (B, 12, H/4, W/4): nine entries of a 3x3 matrix by rows, then three offsets.
        image: (B, 3, H, W) in [0, 1].
    Returns:
        (B, 3, H, W), contiguous: matrix . colour + offset.
    """
    batch, _, height, width = image.shape
    rows = height // 4
    lines = maps.to(image.dtype).contiguous().view(batch, 12 * rows, width // 4)
    wide = F.interpolate(lines, size=width, mode="linear").view(batch, 12, rows, width)
    wide = torch.cat([wide[:, :, :1], wide, wide[:, :, -1:]], 2)  # the edge rows, repeated
    pixels = image.contiguous().view(batch, 3, rows, 4, width)
    phases = []
    for phase, (o, weight) in enumerate(_BETWEEN):
        here = torch.lerp(wide[:, :, o : o + rows], wide[:, :, o + 1 : o + 1 + rows], weight)
        result = here[:, 9:]
        for j in range(3):  # column j of the matrices times channel j
            result = torch.addcmul(result, here[:, j:9:3], pixels[:, j : j + 1, :, phase])
        phases.append(result)
    return torch.stack(phases, 3).view(batch, 3, height, width)
