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

TURNS = 10  # 9 ** -10 is below the precision of float32
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
    return torch.baddbmm(offset, matrix, flat).view(image.shape)


def transfer_matrix(source: Tensor, target: Tensor) -> Tensor:
    """The symmetric T with T source T = target, both (B, 3, 3) with FLOOR on the diagonal."""
    floor = FLOOR * torch.eye(3, dtype=torch.float64, device=source.device)
    source, target = source.double() + floor, target.double() + floor
    if torch.onnx.is_in_onnx_export():  # no runtime has an eigendecomposition
        return transfer_by_products(source, target).float()
    root, inverse = _power(source, 0.5), _power(source, -0.5)
    return (inverse @ _power(root @ target @ root, 0.5) @ inverse).float()


def _power(matrix: Tensor, exponent: float) -> Tensor:
    """A power of symmetric positive definite matrices."""
    values, vectors = torch.linalg.eigh(matrix)
    return (vectors * values.clamp_min(1e-12).pow(exponent)[:, None]) @ vectors.mT


def transfer_by_products(source: Tensor, target: Tensor) -> Tensor:
    """`transfer_matrix` by sums, products and roots of numbers alone, three times as slow.

    T is source^-1 U, where U is the root of M = source target. By Cayley and Hamilton
    U = (M + b)^-1 (a M + c), a, b and c being the invariants of U: c^2 is the determinant of M, and
    a^2 = trace M + 2 b, b^2 = trace adj M + 2 a c. Solved in turn, these two converge: a b >= 9 c,
    so every turn leaves at most a ninth of the error.

    Args:
        source, target: (B, 3, 3), symmetric positive definite, float64.
    """
    eye = torch.eye(3, dtype=source.dtype, device=source.device)
    product = source @ target
    (inverse, volume), (other, other_volume) = _adjugate(source), _adjugate(target)
    first, second = (_trace(x) for x in (product, other @ inverse))
    c = (volume * other_volume).sqrt()
    a = first.sqrt()
    for _ in range(TURNS):
        b = (second + 2 * a * c).sqrt()
        a = (first + 2 * b).sqrt()
    divisor, divisor_volume = _adjugate(product + b * eye)
    root = divisor @ (a * product + c * eye) / divisor_volume
    return inverse @ root / volume


def _trace(matrix: Tensor) -> Tensor:
    """(B, 3, 3) -> (B, 1, 1)."""
    return (matrix[:, :1, :1] + matrix[:, 1:2, 1:2]) + matrix[:, 2:, 2:]


def _adjugate(matrix: Tensor) -> tuple[Tensor, Tensor]:
    """The inverse of (B, 3, 3) times its determinant, and the determinant (B, 1, 1)."""
    one, two, three = matrix.split(1, 1)  # rows, (B, 1, 3)
    parts = [_cross(two, three), _cross(three, one), _cross(one, two)]
    return torch.cat(parts, 1).transpose(1, 2), (one * parts[0]).sum(2, keepdim=True)


def _cross(x: Tensor, y: Tensor) -> Tensor:
    """Cross product of (B, 1, 3)."""
    (a, b, c), (d, e, f) = x.split(1, 2), y.split(1, 2)
    return torch.cat([b * f - c * e, c * d - a * f, a * e - b * d], 2)


def triangular_root(matrix: Tensor) -> Tensor:
    """The Cholesky factor of (B, 3, 3), entry by entry: the lower triangular L with L L^T = it."""
    (a, _, _), (b, d, _), (c, e, f) = (row.split(1, 2) for row in matrix.split(1, 1))
    zero = torch.zeros_like(a)
    first = a.sqrt()
    below, last = b / first, c / first
    second = (d - below.square()).sqrt()
    cross = (e - below * last) / second
    third = (f - last.square() - cross.square()).sqrt()
    rows = ([first, zero, zero], [below, second, zero], [last, cross, third])
    return torch.cat([torch.cat(row, 2) for row in rows], 1)


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
