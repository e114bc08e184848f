"""What keeps the content: its features, or its features in the statistics of the style."""

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from ccpl.models.statistics import Features
from ccpl.training.losses.style import EPS, TapStats, gram_matrix

LEAST_ENERGY = 0.1  # added to the mean square of a target's features before dividing by it


def content_loss(
    feats: Features, target: Features, *, layers: Sequence[str], relative: bool = False
) -> Tensor:
    """Mean squared error at the given taps, averaged over them; features (B, C, H, W).

    With `relative` every sample's error is divided by the mean square of its target.
    """
    errors = torch.stack([_mean_squares(feats[t] - target[t]) for t in layers])
    if relative:
        errors = errors / (torch.stack([_mean_squares(target[t]) for t in layers]) + LEAST_ENERGY)
    return errors.mean()


def _mean_squares(x: Tensor) -> Tensor:
    """Of every sample: (B, C, H, W) -> (B,), float32 whatever `x` is in, and without a copy."""
    return torch.linalg.vector_norm(x, dim=(1, 2, 3), dtype=torch.float32) ** 2 / x[0].numel()


def perceptual_loss(
    feats: Features,
    content: Features,
    stats: dict[str, TapStats],
    target: dict[str, TapStats],
    *,
    content_layers: Sequence[str],
) -> Tensor:
    """2 x content terms + Gram terms (Johnson et al., ECCV 2016), as the perceptual mode uses them.

    Args:
        feats, content: features (B, C, H, W) of the stylized pictures and of the contents.
        stats, target: statistics of the stylized pictures and of the styles, by tap.
        content_layers: taps whose content terms are summed; Gram terms are those of all `stats`.
    Returns:
        Scalar.
    """
    kept = content_loss(feats, content, layers=content_layers) * len(content_layers)
    grams = sum(F.mse_loss(gram_matrix(s), gram_matrix(target[t])) for t, s in stats.items())
    return 2 * kept + grams


def adain_target(content: Tensor, content_stats: TapStats, style_stats: TapStats) -> Tensor:
    """Features of the content with the style's mean and deviation of every channel.

    What AdaIN's decoder is trained to reach (Huang & Belongie, ICCV 2017, section 4), but never
    below 0: features come from a ReLU.

    Args:
        content: features of one tap, (B, C, H, W).
        content_stats, style_stats: of that tap.
    Returns:
        (B, C, H, W) in the precision of `content`.
    """
    scale = (style_stats.std + EPS) / (content_stats.std + EPS)
    offset = style_stats.mean - content_stats.mean * scale
    scale, offset = (x[:, :, None, None].to(content.dtype) for x in (scale, offset))
    return torch.addcmul(offset, content, scale).relu()
