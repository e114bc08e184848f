"""Neighbours of features: every place is to look like the place of the style most like it.

The objective of Neural Neighbor Style Transfer (Kolkin et al., 2022, arXiv 2203.13215, section 3)
as a term of training: unlike statistics it says which features go together, and where.
"""

import torch
import torch.nn.functional as F
from torch import Tensor


def neighbour_loss(now: Tensor, content: Tensor, style: Tensor) -> Tensor:
    """1 - cosine of every column of features to its neighbour in the style.

    The neighbour is the nearest by cosine distance of centred columns, half by what the picture
    is, half by what the content is at that place.

    Args:
        now, content: columns at the same places, (B, N, C).
        style: (B, M, C).
    Returns:
        (B,), 0 .. 2.
    """
    mean = style.mean(1, keepdim=True)
    keys = F.normalize(style - mean, dim=2)
    with torch.no_grad():
        queries = sum(F.normalize(x - x.mean(1, keepdim=True), dim=2) for x in (now, content))
        nearest = (queries @ keys.mT).argmax(2)
        goal = keys.gather(1, nearest[:, :, None].expand(-1, -1, keys.shape[2]))
    return 1 - (F.normalize(now - mean, dim=2) * goal).sum(2).mean(1)
