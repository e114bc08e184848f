"""How different two colours look: CIEDE2000 (Sharma, Wu & Dalal, Color Research and Application,
2005), over CIELAB of sRGB at D65."""

import torch
from torch import Tensor

TO_XYZ = (
    (0.4124564, 0.3575761, 0.1804375),
    (0.2126729, 0.7151522, 0.0721750),
    (0.0193339, 0.1191920, 0.9503041),
)  # from linear sRGB, IEC 61966-2-1
TURN = 25.0**7


def to_lab(colours: Tensor) -> Tensor:
    """sRGB (M, 3) in [0, 1] -> CIELAB (M, 3) in float64: lightness in [0, 100], a and b."""
    code = colours.double()
    linear = torch.where(code <= 0.04045, code / 12.92, ((code + 0.055) / 1.055).pow(2.4))
    matrix = code.new_tensor(TO_XYZ)
    xyz = linear @ matrix.T / matrix.sum(1)
    root = torch.where(xyz > (6 / 29) ** 3, xyz.pow(1 / 3), xyz * (29 / 6) ** 2 / 3 + 4 / 29)
    x, y, z = root.unbind(-1)
    return torch.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], -1)


def delta_e(first: Tensor, second: Tensor) -> Tensor:
    """CIEDE2000 of sRGB colours, (M, 3) in [0, 1] each -> (M,); about 1 can just be seen."""
    return delta_e_2000(to_lab(first), to_lab(second))


def delta_e_2000(first: Tensor, second: Tensor) -> Tensor:
    """CIEDE2000 of CIELAB colours, (M, 3) float64 each -> (M,)."""
    (l1, a1, b1), (l2, a2, b2) = first.unbind(-1), second.unbind(-1)
    chroma7 = ((torch.hypot(a1, b1) + torch.hypot(a2, b2)) / 2).pow(7)
    stretch = 1 + (1 - (chroma7 / (chroma7 + TURN)).sqrt()) / 2
    c1, c2 = torch.hypot(stretch * a1, b1), torch.hypot(stretch * a2, b2)
    h1, h2 = (torch.rad2deg(torch.atan2(b, stretch * a)) % 360 for a, b in ((a1, b1), (a2, b2)))
    grey = c1 * c2 == 0
    turn = (h2 - h1 + 180) % 360 - 180
    turn = torch.where((h2 - h1 == 180) & ~grey, torch.full_like(turn, 180), turn)
    d_hue = 2 * (c1 * c2).sqrt() * torch.sin(torch.deg2rad(turn) / 2)
    d_hue = torch.where(grey, torch.zeros_like(d_hue), d_hue)
    light, chroma = (l1 + l2) / 2, (c1 + c2) / 2
    around = torch.where((h1 - h2).abs() > 180, (h1 + h2 + 360) / 2 % 360, (h1 + h2) / 2)
    hue = torch.where(grey, h1 + h2, around)

    def cosine(factor: float, offset: float) -> Tensor:
        return torch.cos(torch.deg2rad(factor * hue + offset))

    weight = 1 - 0.17 * cosine(1, -30) + 0.24 * cosine(2, 0) + 0.32 * cosine(3, 6)
    weight = weight - 0.20 * cosine(4, -63)
    off = (light - 50).square()
    s_light = 1 + 0.015 * off / (20 + off).sqrt()
    s_chroma, s_hue = 1 + 0.045 * chroma, 1 + 0.015 * chroma * weight
    blue = 30 * torch.exp(-(((hue - 275) / 25) ** 2))
    mean7 = chroma.pow(7)
    rotation = -2 * (mean7 / (mean7 + TURN)).sqrt() * torch.sin(torch.deg2rad(2 * blue))
    parts = (l2 - l1) / s_light, (c2 - c1) / s_chroma, d_hue / s_hue
    total = sum(part.square() for part in parts) + rotation * parts[1] * parts[2]
    return total.clamp_min(0).sqrt()
