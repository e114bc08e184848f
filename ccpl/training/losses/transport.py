"""Relaxed earth mover's distances of STROTSS (Kolkin et al., CVPR 2019, section 2.3).

Every place of one picture goes to the nearest of the other, and back; the larger mean cost counts.
Blind to where things are, but not to how features go together at a place, unlike their statistics.
"""

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from ccpl.models.statistics import Features


def relaxed_emd(cost: Tensor) -> Tensor:
    """The relaxed earth mover's distance for costs (B, N, M) of N places to M places: (B,)."""
    return torch.maximum(cost.amin(2).mean(1), cost.amin(1).mean(1))


def cosine_costs(first: Tensor, second: Tensor) -> Tensor:
    """1 - cosine of vectors (B, N, C) and (B, M, C): (B, N, M), 0 .. 2."""
    return 1 - F.normalize(first, dim=2) @ F.normalize(second, dim=2).mT


def draw_positions(batch: int, count: int, generator: torch.Generator) -> Tensor:
    """Random positions (B, N, 2) in [-1, 1], x before y, for `hypercolumns`."""
    return 2 * torch.rand(batch, count, 2, generator=generator) - 1


def hypercolumns(feats: Features, positions: Tensor, *, layers: Sequence[str]) -> Tensor:
    """What all layers hold at the same places, one after the other (Hariharan et al., CVPR 2015).

    Args:
        feats: by tap, each (B, C, H, W).
        positions: (B, N, 2), see `draw_positions`.
    Returns:
        (B, N, sum of C), float32.
    """
    places = positions[:, None].to(feats[layers[0]].device)  # (B, 1, N, 2)
    columns = [
        F.grid_sample(feats[tap].float(), places, padding_mode="border", align_corners=False)
        for tap in layers
    ]
    return torch.cat(columns, 1)[:, :, 0].mT  # (B, sum of C, N) -> (B, N, sum of C)


def palette_loss(image: Tensor, style: Tensor, *, side: int = 24) -> Tensor:
    """Relaxed earth mover's distance of the colours of two pictures, by Euclidean distance.

    Args:
        image, style: (B, 3, H, W) in [0, 1], H and W may differ.
        side: both are reduced to means over side x side areas first.
    Returns:
        (B,), 0 .. sqrt(3).
    """
    colours = [F.adaptive_avg_pool2d(x.float(), side).flatten(2).mT for x in (image, style)]
    return relaxed_emd(torch.cdist(*colours))
