"""Global colour transfer in closed form: the first coat, before the networks paint.

The linear Monge-Kantorovitch map (Pitie & Kokaram, CVMP 2007) gives a picture the mean and the
covariance of another's colours. It moves no edge and needs no training.
"""

import torch
from torch import Tensor

from ccpl.models.statistics import ColourStats

FLOOR = 1e-3  # added to every colour variance: bounds the gain on grey or noisy contents


@torch.no_grad()
def transfer_colours(image: Tensor, stats: ColourStats, style: ColourStats) -> Tensor:
    """Map colours with the statistics `stats` to those of the style.

    Args:
        image: (B, 3, H, W) in [0, 1].
        stats: of the image, or smoothed ones, of B pictures or of one.
        style: of B styles or of one.
    Returns:
        (B, 3, H, W), not clamped.
    """
    matrix = transfer_matrix(stats.cov, style.cov).to(image.dtype)
    mean, goal = stats.mean.to(image.dtype), style.mean.to(image.dtype)
    offset = (goal - (matrix @ mean.flatten(1)[..., None])[..., None])[..., 0]  # (B, 3, 1)
    offset, matrix = (t.expand(len(image), -1, -1) for t in (offset, matrix))
    flat = image.contiguous().flatten(2)
    return torch.baddbmm(offset, matrix, flat).unflatten(2, image.shape[2:])


def transfer_matrix(source: Tensor, target: Tensor) -> Tensor:
    """The symmetric T with T source T = target, both (B, 3, 3) with FLOOR on the diagonal."""
    floor = FLOOR * torch.eye(3, dtype=torch.float64, device=source.device)
    source, target = source.double() + floor, target.double() + floor
    root, inverse = _powers(source, 0.5), _powers(source, -0.5)
    return (inverse @ _powers(root @ target @ root, 0.5) @ inverse).float()


def _powers(matrix: Tensor, power: float) -> Tensor:
    """A power of symmetric positive definite matrices."""
    values, vectors = torch.linalg.eigh(matrix)
    return (vectors * values.clamp_min(1e-12).pow(power)[:, None]) @ vectors.mT
