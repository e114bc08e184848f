"""The draft: the picture made anew at a small working size, encoder - SCT - decoder.

Draft and revision as in LapStyle (Lin et al., CVPR 2021, arXiv 2104.05376), here for any style: SCT
(Wu et al., ECCV 2022), or another transform, joins content and style, and the style modulates every
layer that paints.
Nothing of the photo but its normalised features gets past the middle, so no colour of it leaks.
"""

from collections.abc import Sequence
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ccpl.config import Transform
from ccpl.models.lite.layers import Conv3x3
from ccpl.models.lite.modulation import Modulation, StyledConv, upper_triangle
from ccpl.models.painter.layers import StyledUpConv, normalise
from ccpl.models.statistics import channel_stats, covariance_stats
from ccpl.models.transforms import TransformCode, build_transform
from ccpl.models.transforms.sct import SCTNet

HIDDEN = 256  # units between a style's statistics and its modulations
STRIDE = 4  # the sides of what is drafted are multiples of it
EPS = 1e-4  # added to variances
INPUT_STEPS = 255 * 2**12  # between 0 and 1: the values of 8 bit are among them


class Affine(NamedTuple):
    """What a style does to normalised channels."""

    gain: Tensor  # (B, C)
    shift: Tensor  # (B, C)


class DraftCode(NamedTuple):
    """All that drafting needs to know of styles."""

    transform: TransformCode
    embedding: Tensor  # (B, N): statistics of all encoder levels, side by side


class DraftBlock(nn.Module):
    """x + conv(relu(affine(normalised conv(x)))); without an affine nothing is normalised."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.first = Conv3x3(width, width)
        self.second = Conv3x3(width, width)

    def forward(self, x: Tensor, affine: Affine | None = None) -> Tensor:
        """(B, C, H, W) -> the same; `affine` of B styles or of one."""
        inner = self.first(x)
        if affine is not None:
            gain, shift = (part[:, :, None, None] for part in affine)
            inner = torch.addcmul(shift, normalise(inner, eps=EPS), gain)
        return x + self.second(F.relu(inner, inplace=True))


class DraftModulations(NamedTuple):
    """What a style changes in the decoder of the draft."""

    blocks: list[Affine]
    up_half: Modulation
    up_full: Modulation


class DraftModulator(nn.Module):
    """From a style's statistics to what it changes in the decoder.

    Args:
        code_width: channels whose mean and deviation are taken as they are (the SCT's).
        other_inputs: how many further statistics there are.
        blocks, block_width: decoder blocks and their channels.
        layers: the two layers with kernels of their own for every style.
    """

    def __init__(
        self,
        code_width: int,
        other_inputs: int,
        *,
        blocks: int,
        block_width: int,
        layers: Sequence[StyledConv],
    ) -> None:
        super().__init__()
        self.code_inputs = 2 * code_width
        self.sizes = [block_width] * (2 * blocks)
        self.sizes += [layer.out_channels for layer in layers for _ in range(2)]
        self.ranks = [len(layer.down) for layer in layers]
        self.look = nn.Linear(self.code_inputs, HIDDEN)
        self.compare = nn.Linear(other_inputs, HIDDEN, bias=False)
        self.affine = nn.Linear(HIDDEN, sum(self.sizes))
        self.mix = nn.Linear(HIDDEN, sum(self.ranks))

    def forward(self, embedding: Tensor) -> DraftModulations:
        """(B, N) -> modulations of B styles."""
        own, others = embedding.to(self.look.weight.dtype).split(
            [self.code_inputs, self.compare.in_features], 1
        )
        hidden = F.relu(self.look(own) + self.compare(others))
        parts = self.affine(hidden).split(self.sizes, 1)
        affines = [Affine(1 + g, s) for g, s in zip(parts[::2], parts[1::2], strict=True)]
        *blocks, half, full = affines
        mixes = F.softsign(self.mix(hidden)).split(self.ranks, 1)
        return DraftModulations(blocks, Modulation(*half, mixes[0]), Modulation(*full, mixes[1]))


class DraftEncoder(nn.Module):
    """Looks at a small picture.

    Args:
        widths: channels at 1/1, 1/2 and 1/4 of the working size.
        blocks: at 1/4.
    """

    def __init__(self, widths: Sequence[int], blocks: int) -> None:
        super().__init__()
        full, half, quarter = widths
        self.stem = Conv3x3(3, full)
        self.to_half = Conv3x3(full, half, stride=2)
        self.to_quarter = Conv3x3(half, quarter, stride=2)
        self.encoder_blocks = nn.ModuleList(DraftBlock(quarter) for _ in range(blocks))

    def encode(self, image: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Features at 1/1, 1/2 and 1/4 of (B, 3, H, W) in [0, 1], sides multiples of STRIDE."""
        # Flat pictures stay flat: normalised layer by layer, a rounding error becomes texture.
        image = (image * INPUT_STEPS).round() / INPUT_STEPS
        image = (2 * (image - 0.5)).to(self.stem.weight.dtype)
        full = F.relu(self.stem(image), inplace=True)
        half = F.relu(self.to_half(full), inplace=True)
        quarter = self.to_quarter(half)
        for block in self.encoder_blocks:
            quarter = block(quarter)
        return full, half, quarter


class DraftNet(DraftEncoder):
    """Paint a small picture in a style.

    Args:
        widths: channels at 1/1, 1/2 and 1/4 of the working size.
        encoder_blocks, decoder_blocks: at 1/4.
        rank: side of the compressed covariance matrix.
        transform: between encoder and decoder.
    """

    def __init__(
        self,
        widths: Sequence[int],
        *,
        encoder_blocks: int,
        decoder_blocks: int,
        rank: int,
        transform: Transform = "sct",
    ) -> None:
        super().__init__(widths, encoder_blocks)
        full, half, quarter = widths
        if transform == "sct":  # it compresses styles for the modulations too
            self.transform = SCTNet((quarter, rank), own_share=True, eps=EPS)
        else:
            self.transform = build_transform(transform, (quarter, rank), eps=EPS)
            self.compress = nn.Conv2d(quarter, rank, 1)
        self.decoder_blocks = nn.ModuleList(DraftBlock(quarter) for _ in range(decoder_blocks))
        self.up_half = StyledUpConv(quarter, half, rank=half // 2)
        self.up_full = StyledUpConv(half, full, rank=full)
        self.head = Conv3x3(full, 3)
        self.modulator = DraftModulator(
            quarter,
            2 * full + 2 * half + rank * (rank + 1) // 2,
            blocks=decoder_blocks,
            block_width=quarter,
            layers=(self.up_half, self.up_full),
        )
        self.embedding_size = self.modulator.code_inputs + self.modulator.compare.in_features

    def encode_style(self, style: Tensor) -> DraftCode:
        """Reduce styles (B, 3, H, W), seen at the working size, to codes."""
        full, half, quarter = self.encode(style)
        code = self.transform.encode_style(quarter)
        own = channel_stats(quarter, eps=EPS)
        others = [_levelled(*channel_stats(feats, eps=EPS)) for feats in (full, half)]
        if isinstance(self.transform, SCTNet):
            cov = code.cov
        else:
            cov = covariance_stats(self.compress(quarter)).cov
        entries = upper_triangle(cov)
        others.append(_standardised(entries.sign() * entries.abs().log1p()))
        parts = [own.mean.flatten(1), own.std.flatten(1), *others]
        return DraftCode(code, torch.cat(parts, 1))

    def forward(self, content: Tensor, code: DraftCode) -> Tensor:
        """Draft contents.

        Args:
            content: (B, 3, H, W) in [0, 1], sides multiples of STRIDE.
            code: of B styles or of one.
        Returns:
            (B, 3, H, W), meant for [0, 1] but not clamped.
        """
        return self.paint(content, code.transform, self.modulator(code.embedding))

    def paint(self, content: Tensor, code: TransformCode, changes: DraftModulations) -> Tensor:
        """`forward` from what the modulator made of the code."""
        x = self.transform(self.encode(content)[-1], code)
        for block, affine in zip(self.decoder_blocks, changes.blocks, strict=True):
            x = block(x, affine)
        x = F.relu(self.up_half(x, changes.up_half), inplace=True)
        x = F.relu(self.up_full(x, changes.up_full), inplace=True)
        return self.head(x).to(content.dtype) + 0.5


def _levelled(mean: Tensor, std: Tensor) -> Tensor:
    """Statistics (B, C, 1, 1) of one level as a vector (B, 2 C) of mean 0 and deviation 1."""
    return _standardised(torch.cat([mean, std], 1).flatten(1))


def _standardised(x: Tensor) -> Tensor:
    """Vectors (B, N) of mean 0 and deviation 1."""
    return F.layer_norm(x, (int(x.shape[1]),))  # int: a number, in traced graphs too
