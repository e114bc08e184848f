"""Art deco: a stepped tower, a sunburst and fans in gold wire and enamel."""

import cv2
import numpy as np
from painting.noise import (
    Array,
    blur,
    fbm,
    grid,
    mix,
    polygon,
    ramp,
    rgb,
    slope,
    smooth,
)


class Panel:
    """Enamel colours (n, n, 3) and gold wires (n, n) laid shape by shape."""

    def __init__(self, n: int):
        self.n = n
        self.x, self.y = grid(n, n)
        self.enamel = np.zeros((n, n, 3), np.float32) + rgb("#0d1b24")
        self.gold = np.zeros((n, n), np.float32)

    def fill(self, mask: Array, code: str | Array) -> None:
        """Lay enamel and cover the gold below it."""
        colour = rgb(code) if isinstance(code, str) else code
        self.enamel = mix(self.enamel, colour, mask)
        self.gold *= 1 - mask

    def outline(self, level: Array, width: float) -> None:
        """Gold wire along level = 0; level in heights."""
        self.gold = np.maximum(self.gold, smooth(width, width * 0.7, np.abs(level)))

    def box(self, left: float, top: float, right: float, low: float) -> Array:
        """Signed distance-like level of a rectangle, below 0 inside."""
        dx = np.abs(self.x - (left + right) / 2) - (right - left) / 2
        dy = np.abs(self.y - (top + low) / 2) - (low - top) / 2
        return np.maximum(dx, dy)


def sunburst(panel: Panel) -> None:
    """Rays in alternating enamel behind the tower."""
    x, y = panel.x - 0.5, panel.y - 0.50
    theta, reach = np.arctan2(x, -y), np.hypot(x, y)
    turns = theta / np.pi * 22
    ray = np.floor(turns + 0.5).astype(int)
    codes = np.stack([rgb(c) for c in ["#0f4c54", "#123240", "#e9d9b0", "#123240"]])
    sky = codes[np.abs(ray) % 4] * (1.15 - 0.45 * np.clip(reach, 0, 1))[..., None]
    panel.fill(np.float32(panel.y < 0.70), sky)
    panel.outline((np.abs((turns + 0.5) % 1 - 0.5) - 0.5) * reach * np.pi / 22, 0.0028)
    for r, w, code in [
        (0.335, 0.030, "#9c2f2f"),
        (0.270, 0.014, "#e0b04c"),
        (0.215, 0.030, "#0c2029"),
    ]:
        ring = np.float32(np.abs(reach - r) < w) * (panel.y < 0.7)
        panel.fill(ring, code)
        panel.outline(np.abs(reach - r) - w, 0.003)
    for k in range(28):
        turn = (k + 0.5) / 28 * 2 * np.pi
        bead = np.hypot(x - 0.335 * np.sin(turn), y + 0.335 * np.cos(turn))
        panel.outline(bead - 0.008, 0.0045)


def tower(panel: Panel) -> None:
    """A stepped skyscraper with lit window strips, and lesser towers beside it."""
    blocks = [
        (0.085, 0.50, 0.215, "#16333d"),
        (0.785, 0.47, 0.915, "#16333d"),
        (0.19, 0.40, 0.30, "#0f4048"),
        (0.70, 0.37, 0.81, "#0f4048"),
        (0.285, 0.46, 0.395, "#1d2430"),
        (0.605, 0.44, 0.715, "#1d2430"),
        (0.36, 0.36, 0.64, "#0b161d"),
        (0.395, 0.255, 0.605, "#0e2a31"),
        (0.43, 0.175, 0.57, "#0b161d"),
        (0.462, 0.115, 0.538, "#0e2a31"),
    ]
    for left, top, right, code in blocks:
        level = panel.box(left, top, right, 0.72)
        panel.fill(np.float32(level < 0), code)
        panel.outline(level, 0.004)
        strip = (panel.x - left) / (right - left) * max(round((right - left) * 36), 3)
        row = panel.y * 64
        lamp = (np.abs(strip % 1 - 0.5) < 0.2) & (np.abs(row % 1 - 0.5) < 0.34) & (level < -0.012)
        chance = (np.floor(strip) * 7919 + np.floor(row) * 104_729 + left * 1000).astype(int) % 10
        panel.fill(np.float32(lamp & (chance < 6)), "#f4cf74")
        panel.fill(np.float32(lamp & (chance == 7)), "#b5482f")
        panel.outline(
            np.abs(strip % 1 - 0.5) * (right - left) * 0.2 + 10 * (level > -0.008), 0.0012
        )
    spire = polygon((panel.n, panel.n), np.float32([(0.492, 0.115), (0.5, 0.02), (0.508, 0.115)]))
    panel.gold = np.maximum(panel.gold, spire)


def fans(panel: Panel) -> None:
    """Rows of overlapping fans in the lower third."""
    codes = ["#0f5a5c", "#8c2b2e", "#e4d3a4", "#123240", "#c98a2e"]
    for row in range(6):
        cy, r = 0.765 + row * 0.052, 0.0835
        for k in range(-1, 8):
            cx = (k + 0.5 * (row % 2)) * r * 2
            d = np.hypot(panel.x - cx, panel.y - cy)
            disc = np.float32(d < r)
            if not disc.any():
                continue
            panel.fill(disc, "#0b1a22")
            theta = np.arctan2(panel.x - cx, cy - panel.y)
            pick = codes[(k * 2 + row * 3) % len(codes)]
            panel.fill(np.float32((d < r * 0.92) & (d > r * 0.45)), pick)
            for at, wide in [(1.0, 0.0036), (0.87, 0.0018), (0.45, 0.003), (0.30, 0.0016)]:
                panel.outline(d - r * at, wide)
            blade = np.abs((theta / np.pi * 9 + 0.5) % 1 - 0.5) * d * np.pi / 9
            panel.outline(np.where((d < r * 0.87) & (d > r * 0.45), blade, 1), 0.0019)
            panel.fill(np.float32(d < r * 0.14), "#c9452f")
            panel.outline(d - r * 0.14, 0.0024)


def gold_tower(size: int) -> Array:
    """Art-deco panel in brushed gold, teal, cream and oxblood enamel: (H, H, 3)."""
    n = size * 2
    panel = Panel(n)
    sunburst(panel)
    tower(panel)
    panel.fill(np.float32(panel.box(0, 0.695, 1, 0.725) < 0), "#0b161d")
    panel.outline(panel.box(0, 0.695, 1, 0.725), 0.0045)
    fans(panel)
    edge = np.minimum(np.minimum(panel.x, 1 - panel.x), np.minimum(panel.y, 1 - panel.y))
    panel.fill(np.float32(edge < 0.034), "#0b161d")
    for at, wide in [(0.034, 0.005), (0.022, 0.002), (0.008, 0.005)]:
        panel.outline(edge - at, wide)
    grain, haze = fbm(n, n, 130, seed=2, octaves=3), fbm(n, n, 5, seed=3, octaves=5)
    crackle = smooth(0.45, 0.7, fbm(n, n, 24, seed=5, octaves=4))
    enamel = panel.enamel * (0.78 + 0.35 * haze + 0.16 * (grain - 0.5) + 0.10 * crackle)[..., None]
    bump = blur(panel.gold, 0.0016) + 0.05 * grain * panel.gold
    gx, gy = slope(bump)
    lit = np.tanh((gx + gy) / 140)
    brushed = fbm(n, n, 160, seed=7, octaves=2, stretch=10)
    sheen = 0.42 + 0.38 * haze + 0.30 * (brushed - 0.5) + 0.40 * lit + 0.15 * (1 - panel.y)
    gold = ramp(np.clip(sheen, 0, 1), ["#3d2408", "#8f5f1c", "#d3a03c", "#f6d888", "#fff8dc"])
    shadow = np.roll(blur(panel.gold, 0.003), (n // 300, n // 300), (0, 1)) * (1 - panel.gold)
    image = mix(enamel * (1 - 0.5 * shadow)[..., None], gold, panel.gold)
    image = image + 0.12 * blur(np.clip(image - 0.6, 0, 1), 0.01)
    return cv2.resize(np.clip(image, 0, 1), (size, size), interpolation=cv2.INTER_AREA)
