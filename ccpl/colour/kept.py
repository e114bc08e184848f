"""What a grade can leave as it was, by colours alone: exposure, white balance, skin.

Likelihood of skin is a smooth window in OKLab: skin of every tone has hues of a narrow range, at
low to middling chroma, from very dark to very light; so do wood, sand and leather.
"""

import torch
from torch import Tensor

from ccpl.oklab import from_oklab, to_oklab

SKIN_HUE = 52.0  # degrees in the plane of green-red and blue-yellow
HUE_SPREAD = (18.0, 31.0)  # degrees below and above, towards red and towards yellow
CHROMA = (0.012, 0.03, 0.11, 0.16)  # of skin: from, surely from, surely to, to
LIGHTNESS = (0.12, 0.22)  # from, surely from
NEUTRAL = 0.03  # chroma at which a colour counts for white balance by 1 / e
GAINS = (0.25, 4.0)  # least and most of exposure, and of a cone in white balance


def keep_exposure(contents: Tensor, graded: Tensor) -> Tensor:
    """Brighten or darken evenly, as an aperture would, to the mean lightness of the contents.

    Args:
        contents, graded: (B, 3, H, W), sRGB in [0, 1].
    Returns:
        The same.
    """
    lab = to_oklab(graded)
    before, after = (x[:, :1].mean((2, 3), keepdim=True) for x in (to_oklab(contents), lab))
    gain = (before / after.clamp_min(1e-4)).clamp(*(g ** (1 / 3) for g in GAINS))
    return from_oklab(lab * gain)


def keep_white_balance(contents: Tensor, graded: Tensor) -> Tensor:
    """Take back what became of neutral colours, by gains of the cones (von Kries).

    Args:
        contents, graded: (B, 3, H, W), sRGB in [0, 1].
    Returns:
        The same.
    """
    before, after = to_oklab(contents), to_oklab(graded)
    # All colours count a little, for a picture without neutral ones.
    weight = 0.01 + torch.exp(-(_chroma(before) / NEUTRAL).square())
    means = ((weight * x).sum((2, 3), keepdim=True) for x in (before, after))
    before, now = (mean / weight.sum((2, 3), keepdim=True) for mean in means)
    # In OKLab a cast of neutral colours grows with lightness, as gains of the cones make it.
    cast = now[:, 1:] / now[:, :1].clamp_min(1e-3) - before[:, 1:] / before[:, :1].clamp_min(1e-3)
    return from_oklab(torch.cat([after[:, :1], after[:, 1:] - cast * after[:, :1]], 1))


def skin_likelihood(images: Tensor) -> Tensor:
    """How likely a colour is one of skin: sRGB (B, 3, H, W) in [0, 1] -> (B, 1, H, W) in [0, 1]."""
    lab = to_oklab(images)
    hue = torch.rad2deg(torch.atan2(lab[:, 2:], lab[:, 1:2]))
    off = (hue - SKIN_HUE + 180) % 360 - 180
    spread = torch.where(off < 0, HUE_SPREAD[0], HUE_SPREAD[1])
    near = torch.exp(-((off / spread) ** 4) / 2)  # flat in the middle
    chroma, (least, low, high, most) = _chroma(lab), CHROMA
    window = _rise(chroma, least, low) * (1 - _rise(chroma, high, most))
    return near * window * _rise(lab[:, :1], *LIGHTNESS)


def _chroma(lab: Tensor) -> Tensor:
    return torch.hypot(lab[:, 1:2], lab[:, 2:])


def _rise(values: Tensor, start: float, end: float) -> Tensor:
    """Smoothly from 0 at `start` to 1 at `end`."""
    share = ((values - start) / (end - start)).clamp(0, 1)
    return share * share * (3 - 2 * share)
