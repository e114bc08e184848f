"""Relaxed earth mover's distances of STROTSS (Kolkin et al., CVPR 2019, section 2.3).

Every place of one picture goes to the nearest of the other, and back; the larger mean cost counts.
Blind to where things are; unlike statistics it sees which features go together at a place.
"""

import torch
import torch.nn.functional as F
from torch import Tensor


def relaxed_emd(cost: Tensor) -> Tensor:
    """The relaxed earth mover's distance for costs (B, N, M) of N places to M places: (B,)."""
    return torch.maximum(cost.amin(2).mean(1), cost.amin(1).mean(1))


def cosine_costs(first: Tensor, second: Tensor) -> Tensor:
    """1 - cosine of vectors (B, N, C) and (B, M, C): (B, N, M), 0 .. 2."""
    return 1 - F.normalize(first, dim=2) @ F.normalize(second, dim=2).mT


def sample_places(feats: Tensor, count: int, generator: torch.Generator) -> Tensor:
    """Features at random places, the same in all pictures of a batch, each at most once.

    Args:
        feats: (B, C, H, W).
        count: of places; all in a map that has fewer.
    Returns:
        (B, N, C), float32.
    """
    rows = feats.permute(0, 2, 3, 1).flatten(1, 2)  # (B, HW, C), free in channels_last
    places = torch.randperm(rows.shape[1], generator=generator)[:count]
    return rows.index_select(1, places.to(rows.device)).float()


def palette_loss(image: Tensor, style: Tensor, *, side: int = 32) -> Tensor:
    """Relaxed earth mover's distance of the colours of two pictures, by Euclidean distance.

    Args:
        image, style: (B, 3, H, W) in [0, 1], H and W may differ.
        side: both are reduced to means over side x side areas first.
    Returns:
        (B,), 0 .. sqrt(3).
    """
    colours = [F.adaptive_avg_pool2d(x.float(), side).flatten(2).mT for x in (image, style)]
    return relaxed_emd(torch.cdist(*colours))
