"""A great swell under a red sun, after the manner of Japanese colour prints of the 1830s."""

import cv2
import numpy as np
from painting.noise import (
    Array,
    below,
    fbm,
    grid,
    line_noise,
    mix,
    points,
    ramp,
    rgb,
    smooth,
    wobble,
)
from painting.prints import Swell, bezier, wood_grain

BLUES = ["#1f4e8c", "#5f9cbf", "#e9e4cf"]


def sky(n: int) -> Array:
    """Graded sky, red sun, a far snow mountain and bands of mist."""
    x, y = grid(n, n)
    image = ramp(
        np.clip(y * 1.25, 0, 1),
        ["#34638f", "#a9c2bf", "#f1ddb0", "#efb489", "#e8d5b4"],
        [0, 0.16, 0.42, 0.72, 1],
    )
    sun = np.hypot(x - 0.73, y - 0.30)
    image = mix(
        image, rgb("#cf3b2b"), smooth(0.108, 0.106, sun) * (0.95 - 0.5 * smooth(0.32, 0.42, y))
    )
    peak = 0.695 - 0.20 * np.exp(-(np.abs((np.linspace(0, 1, n) - 0.60) / 0.105) ** 0.9))
    mask = below((n, n), np.float32(peak))
    image = mix(image, ramp(smooth(0.5, 0.68, y), ["#44607f", "#b9bfae"]), mask)
    jag = 0.555 + 0.018 * np.abs(np.sin(np.linspace(0, 75, n))) * line_noise(n, 30, seed=3)
    image = mix(image, rgb("#f6efdc"), mask * (1 - below((n, n), np.float32(jag))))
    for level, tall in [(0.13, 0.014), (0.20, 0.008), (0.475, 0.01)]:
        span = smooth(0.35, 0.55, fbm(n, n, 3, seed=int(level * 100), octaves=2, stretch=4)[n // 2])
        band = np.abs(y - level - 0.01 * np.sin(x * 7)) < tall * span[None]
        image = mix(image, rgb("#f3e7cc"), band * 0.75)
    return image


BACK = points(
    "-0.45 1.5, -0.08 0.68, 0.05 0.36, 0.18 0.17, 0.33 0.09, 0.46 0.125, 0.545 0.235, 0.55 0.33"
)
HOLLOW = points(
    "0.9 1.45, 0.64 1.04, 0.46 0.86, 0.335 0.66, 0.30 0.47, 0.345 0.33, 0.43 0.275, 0.55 0.33"
)
FRONT_BACK = points("0.36 1.06, 0.52 0.93, 0.66 0.815, 0.80 0.765, 0.90 0.80, 0.925 0.865")
FRONT_HOLLOW = points("1.1 1.3, 0.95 1.08, 0.855 0.98, 0.815 0.91, 0.85 0.865, 0.925 0.865")


def sea(image: Array) -> None:
    """Back swell, the great curl on the left, the answering wave in front."""
    swell = Swell(image, 4)
    back = bezier(points("0.22 0.66, 0.42 0.70, 0.62 0.655, 0.80 0.70, 0.92 0.655, 1.05 0.62"))
    low = bezier(points("0.22 0.9, 0.42 0.95, 0.62 0.90, 0.8 0.92, 0.92 0.9, 1.05 0.9"))
    swell.body(back, low, ["#3f7aa8", "#8fb9c4", "#1f4e8c"])
    swell.fill(points("0.4 0.9, 1.05 0.88, 1.05 1.1, 0.4 1.1"), rgb("#1f4e8c"))
    swell.body(bezier(BACK, 90), bezier(HOLLOW, 90), BLUES)
    swell.foam(bezier(points("0.55 0.33, 0.43 0.275, 0.345 0.33"), 16), 0.0125, -0.055)
    crest = points("0.10 0.28, 0.18 0.17, 0.33 0.09, 0.46 0.125, 0.545 0.235, 0.55 0.33")
    swell.foam(bezier(crest, 40), 0.0135, 0.03)
    boats(swell)
    swell.fill(points("0.36 1.06, 0.66 0.9, 0.83 0.92, 1.06 0.99, 1.06 1.1"), rgb(BLUES[0]))
    swell.body(bezier(FRONT_BACK, 70), bezier(FRONT_HOLLOW, 70), BLUES)
    swell.foam(bezier(FRONT_BACK[2:] + ((-0.04, 0.025), (0, 0), (0, 0), (0, 0)), 26), 0.0105, 0.024)
    swell.foam(bezier(points("0.925 0.865, 0.85 0.865, 0.815 0.91"), 9), 0.009, -0.03)
    slope = points("0 0.035, 0 0.04, 0 0.03, 0 0")
    first = points("-0.05 0.86, 0.12 0.84, 0.28 0.90, 0.45 1.0")
    rows = [bezier(first + slope * k, 40) for k in range(5)]
    swell.line(rows[::2], rgb("#e9e4cf"), 0.006)
    swell.line(rows, rgb("#5f9cbf"), 0.0035)


def boats(swell: Swell) -> None:
    """A long fishing boat that slides into the trough."""
    top = bezier([(0.56, 0.775), (0.66, 0.80), (0.80, 0.775), (0.885, 0.715)], 30)
    keel = bezier([(0.56, 0.775), (0.66, 0.835), (0.80, 0.815), (0.885, 0.715)], 30)
    swell.fill(np.concatenate([top, keel[::-1]]), rgb("#d9b27a"))
    swell.line([top, keel, mix(top, keel, 0.5)], rgb("#3a2a22"), 0.0028)
    for t in range(6, 24, 3):
        swell.disc(top[t] + (0, -0.006), 0.0095, "#25406e")
        swell.disc(top[t] + (0.003, -0.017), 0.0055, "#eccfa4")
    swell.line([top[4:25] + np.float32([0, -0.004])], rgb("#3a2a22"), 0.002)


def red_sun_wave(size: int) -> Array:
    """The print on fibrous paper, with grain and soft gradations: (H, H, 3)."""
    n = size * 2
    x, y = grid(n, n)
    image = np.ascontiguousarray(sky(n))
    sea(image)
    image = wobble(image, 0.0018, 40, seed=6)
    grain, paper = wood_grain(n, 9), fbm(n, n, 60, seed=11, octaves=4)
    fibres = smooth(0.66, 0.8, fbm(n, n, 50, seed=14, octaves=2, stretch=9))
    ink = 1 - image.min(-1)
    image = mix(image, rgb("#efe2c4"), np.clip(ink * 0.46 * (grain - 0.22) + 0.12 * fibres, 0, 1))
    image = image * (0.90 + 0.14 * paper)[..., None]
    shade = 1 - 0.32 * smooth(0.72, 1.05, y) * (image[..., 2] > image[..., 0])
    image = image * shade[..., None] * np.float32([1.0, 0.985, 0.95])
    return cv2.resize(np.clip(image, 0, 1), (size, size), interpolation=cv2.INTER_AREA)
