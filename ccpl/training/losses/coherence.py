"""CCPL, the contrastive coherence preserving loss (Wu et al., ECCV 2022, section 3.1)."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ccpl.models.statistics import Features


def draw_anchors(
    height: int, width: int, count: int, *, generator: torch.Generator | None = None
) -> Tensor:
    """Draw distinct positions that are not on the border; at most as many as there are.

    Returns:
        (N, 2) rows and columns, N = min(count, (height - 2) * (width - 2)).
    """
    if height < 3 or width < 3:
        raise ValueError(f"a {height}x{width} feature map has no interior point; 3x3 is the least")
    inner = (height - 2) * (width - 2)
    flat = torch.randperm(inner, generator=generator)[:count]
    return torch.stack([flat // (width - 2) + 1, flat % (width - 2) + 1], 1)


def neighbour_differences(feats: Tensor, anchors: Tensor) -> Tensor:
    """f(anchor) - f(neighbour) for the 8 neighbours of every anchor.

    Args:
        feats: (B, C, H, W).
        anchors: (N, 2) rows and columns.
    Returns:
        (B, 8N, C), float32.
    """
    around = [(y, x) for y in (-1, 0, 1) for x in (-1, 0, 1) if (y, x) != (0, 0)]
    steps = torch.tensor([(0, 0), *around])
    rows, cols = (anchors + steps[:, None]).unbind(2)  # (9, N)
    spots = (rows * feats.shape[3] + cols).flatten().to(feats.device)
    pixels = feats.permute(0, 2, 3, 1).flatten(1, 2)  # (B, HW, C), free in channels_last
    chosen = pixels.index_select(1, spots).float().unflatten(1, rows.shape)
    return (chosen[:, :1] - chosen[:, 1:]).flatten(1, 2)


def ccp_loss(query: Tensor, key: Tensor, *, tau: float = 0.07) -> Tensor:
    """Contrastive coherence preserving loss, Wu et al., section 3.1: InfoNCE within each sample.

    Args:
        query: projected difference vectors of the stylized pictures, (B, M, D), unit length.
        key: of the contents at the same places; the other M - 1 of a sample are the negatives.
        tau: temperature.
    Returns:
        Scalar, at least 0; log(M) when nothing is told apart.
    """
    logits = query @ key.mT / tau  # (B, M, M), the diagonal is the positives
    target = torch.arange(logits.shape[1], device=logits.device).expand(logits.shape[0], -1)
    return F.cross_entropy(logits.flatten(0, 1), target.flatten())


class CCPLoss(nn.Module):
    """`ccp_loss` over several taps, with the two-layer projections C -> C -> C/4 it learns.

    Args:
        widths: channels by tap.
        tau: temperature.
        anchors: anchor points drawn for each tap.
    """

    def __init__(self, widths: dict[str, int], *, tau: float = 0.07, anchors: int = 8) -> None:
        super().__init__()
        self.tau, self.anchors = tau, anchors
        self.project = nn.ModuleDict(
            {
                tap: nn.Sequential(nn.Linear(c, c), nn.ReLU(), nn.Linear(c, c // 4))
                for tap, c in widths.items()
            }
        )

    def forward(
        self, feats: Features, content: Features, *, generator: torch.Generator | None = None
    ) -> Tensor:
        """Sum over the taps there are; gradients flow through `feats`, never through `content`."""
        total = 0.0
        for tap, project in self.project.items():
            if tap not in feats:
                continue
            spots = draw_anchors(*feats[tap].shape[2:], self.anchors, generator=generator)
            query = neighbour_differences(feats[tap], spots)
            key = neighbour_differences(content[tap].detach(), spots)
            query, key = (F.normalize(project(x), dim=2) for x in (query, key))
            total = total + ccp_loss(query, key.detach(), tau=self.tau)
        return total
