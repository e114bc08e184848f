"""Colours: a global transfer in closed form, and smooth maps of local colour transforms.

The linear Monge-Kantorovitch map (Pitie & Kokaram, CVMP 2007) gives a picture the mean and the
covariance of another's colours. It moves no edge and needs no training, so the networks start from
its result.
"""

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from ccpl.models.statistics import CovarianceStats

FLOOR = 1e-3  # added to every colour variance: bounds the gain on grey or noisy contents


@torch.no_grad()
def transfer_colours(image: Tensor, stats: CovarianceStats, style: CovarianceStats) -> Tensor:
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
    root, inverse = _power(source, 0.5), _power(source, -0.5)
    return (inverse @ _power(root @ target @ root, 0.5) @ inverse).float()


def _power(matrix: Tensor, exponent: float) -> Tensor:
    """A power of symmetric positive definite matrices."""
    values, vectors = torch.linalg.eigh(matrix)
    return (vectors * values.clamp_min(1e-12).pow(exponent)[:, None]) @ vectors.mT


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
