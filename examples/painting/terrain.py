"""Mountains by a lake: a fractal height field, marched per pixel and lit by a low sun.

Lengths in kilometres, x to the right, y up, z ahead. The map covers x in [-8, 8], z in [0, 16].
"""

from functools import lru_cache
from typing import NamedTuple

import cv2
import numpy as np
from painting.noise import (
    Array,
    below,
    blur,
    fbm,
    grid,
    line_noise,
    mix,
    ramp,
    rgb,
    smooth,
    warp,
    wobble,
)
from painting.prints import pine

SIDE, SPAN = 1536, 16.0
SUN = np.float32([-0.62, 0.40, 0.30]) / np.linalg.norm([-0.62, 0.40, 0.30])


class Land(NamedTuple):
    """Maps (SIDE, SIDE), rows along z, columns along x."""

    height: Array  # km above the lake
    normal: Array  # (SIDE, SIDE, 3)
    light: Array  # direct sun in [0, 1]
    colour: Array  # (SIDE, SIDE, 3)


def ridged(cells: float, seed: int, octaves: int) -> Array:
    """Sharp-crested fractal noise (SIDE, SIDE) in [0, 1]; detail gathers on the crests."""
    total, weight, carry = np.zeros((SIDE, SIDE), np.float32), 1.0, 1.0
    for k in range(octaves):
        layer = fbm(SIDE, SIDE, cells * 2**k, seed=seed + k, octaves=1)
        crest = (1 - np.abs(2 * layer - 1)) ** 2
        total += weight * crest * carry
        carry = np.clip(crest * 1.5, 0, 1)
        weight *= 0.47
    return total / total.max()


def make_land(seed: int) -> Land:
    """Raise the land, cast its shadows, paint rock, snow, meadow and forest."""
    z, x = np.mgrid[0:SIDE, 0:SIDE].astype(np.float32) / SIDE * SPAN
    x -= SPAN / 2
    bend = [fbm(SIDE, SIDE, 4, seed=seed + k, octaves=4) - 0.5 for k in (30, 31)]
    peaks = warp(ridged(5, seed, 8), bend[0] * 0.07, bend[1] * 0.07)
    soft = fbm(SIDE, SIDE, 6, seed=seed + 40, octaves=6)
    shore = np.abs(x - 0.25 * np.sin(z * 0.9)) - (
        0.75 + 0.42 * np.clip(z - 1, 0, 3.4) * smooth(5.6, 3.0, z)
    )
    rise = smooth(-0.15, 2.4, np.maximum(shore, (z - 4.9) * 0.75) + 0.8 * (soft - 0.5))
    tall = 0.35 + 1.35 * smooth(4.5, 8.5, z) + 0.30 * smooth(1.0, 3.5, np.abs(x))
    height = (
        rise * (0.08 + 1.55 * peaks * tall)
        + 0.22 * (soft - 0.42) * smooth(-0.5, 0.5, shore)
        - 0.06 * (1 - rise)
    )
    gy, gx = np.gradient(height, SPAN / SIDE)
    steep = np.hypot(gx, gy)
    woods = smooth(0.95, 0.45, steep + 0.9 * np.clip(height - 0.25, 0, 1)) * smooth(
        0.006, 0.03, height
    )
    woods *= smooth(0.40, 0.52, fbm(SIDE, SIDE, 22, seed=seed + 50, octaves=4) + 0.1)
    trees = fbm(SIDE, SIDE, 420, seed=seed + 51, octaves=1)
    height = height + woods * trees * 0.035
    gy, gx = np.gradient(height, SPAN / SIDE)
    normal = np.stack([-gx, np.ones_like(gx), -gy], -1)
    normal /= np.linalg.norm(normal, axis=-1, keepdims=True)
    light = cast_shadows(height) * np.clip(normal @ SUN, 0, 1)
    return Land(height, normal, light, paint_land(height, steep, woods, trees, normal, seed))


def cast_shadows(height: Array) -> Array:
    """Soft visibility of the sun (SIDE, SIDE) in [0, 1], by stepping towards it."""
    flat = SUN[[0, 2]] / np.hypot(SUN[0], SUN[2])
    climb = SUN[1] / np.hypot(SUN[0], SUN[2])
    block = np.full_like(height, -9)
    for k in range(1, 70):
        far = 0.022 * k**1.18
        ahead = warp(height, np.float32(flat[0] * far / SPAN), np.float32(flat[1] * far / SPAN))
        block = np.maximum(block, (ahead - far * climb - height) / (0.02 + 0.05 * far))
    return smooth(1.0, -0.6, block)


def paint_land(
    height: Array, steep: Array, woods: Array, trees: Array, normal: Array, seed: int
) -> Array:
    """Albedo (SIDE, SIDE, 3)."""
    tone, fine = (
        fbm(SIDE, SIDE, 12, seed=seed + 60, octaves=7, gain=0.6),
        fbm(SIDE, SIDE, 200, seed=seed + 61, octaves=3),
    )
    strata = 0.5 + 0.5 * np.sin(height * 70 + tone * 9)
    rock = ramp(
        np.clip(0.55 * tone + 0.25 * strata + 0.3 * fine - 0.05, 0, 1),
        ["#3f3a39", "#6e6560", "#9a8d82", "#c0b3a3"],
    )
    meadow = ramp(np.clip(tone + 0.3 * (fine - 0.5), 0, 1), ["#4a5a22", "#75802f", "#a89a48"])
    land = mix(
        rock, meadow, smooth(0.85, 0.45, steep) * smooth(0.75, 0.35, height + 0.3 * (tone - 0.5))
    )
    land = mix(land, ramp(trees * 0.7 + 0.3 * fine, ["#14261b", "#27402a", "#4a5f2f"]), woods)
    line = 0.78 + 0.35 * (tone - 0.5) - 0.10 * normal[..., 0]
    snow = smooth(line - 0.05, line + 0.12, height) * smooth(1.75, 0.95, steep + 0.3 * (fine - 0.5))
    land = mix(land, rgb("#f4f6fb"), snow)
    return mix(land, ramp(fine, ["#8a7f6d", "#b5a98f"]), smooth(0.012, 0.002, height))


def look_up(field: Array, x: Array, z: Array) -> Array:
    """Sample a map at x, z in kilometres, arrays (H, W)."""
    scale = SIDE / SPAN
    return cv2.remap(
        field,
        np.float32((x + SPAN / 2) * scale),
        np.float32(z * scale),
        1,
        borderMode=cv2.BORDER_REPLICATE,
    )


@lru_cache(maxsize=2)
def clouds(seed: int) -> tuple[Array, Array]:
    """Cumulus and veil density maps, each (1024, 1024)."""
    puffs = fbm(1024, 1024, 5, seed=seed, octaves=8, gain=0.55)
    return puffs, fbm(1024, 1024, 4, seed=seed + 1, octaves=6, stretch=3)


def sky(ways: Array, seed: int, drift: float = 0.0) -> Array:
    """Sky with cumulus towards unit directions (H, W, 3): (H, W, 3), linear."""
    up = np.clip(ways[..., 1], 0, 1)
    glow = np.clip(ways @ SUN, 0, 1)
    blue = ramp(np.clip(up * 2.1, 0, 1), ["#cfe0ec", "#8fbbe2", "#4d8bcc", "#2a62ad"]) ** 2.2
    blue = blue + (0.30 * glow**6)[..., None] * np.float32([1.0, 0.8, 0.55])
    puffs, wisps = clouds(seed)
    n = len(puffs)
    px, pz = ways[..., 0] / (up + 0.16), ways[..., 2] / (up + 0.16)

    def at(field: Array, scale: float, dx: float = 0, dz: float = 0) -> Array:
        """A cloud map where the rays meet it."""
        u, v = (
            (px * scale + 0.63 + drift + dx) * n % (2 * n),
            (pz * scale + 0.21 + dz) * n % (2 * n),
        )
        return cv2.remap(
            field,
            np.float32(n - np.abs(u - n)),
            np.float32(n - np.abs(v - n)),
            1,
            borderMode=cv2.BORDER_REFLECT,
        )

    puff = at(puffs, 0.30)
    cover = smooth(0.50, 0.68, puff) * smooth(0.02, 0.12, up)
    thick = smooth(0.52, 0.85, at(puffs, 0.30, -0.015, 0.03))
    cloud = mix(
        np.float32([1.02, 0.98, 0.94]), np.float32([0.52, 0.57, 0.66]), (thick * 0.85)[..., None]
    )
    cloud = cloud + (0.35 * glow**4)[..., None] * np.float32([1, 0.85, 0.6])
    veil = smooth(0.45, 0.9, at(wisps, 0.2)) * 0.45 * smooth(0.02, 0.2, up)
    return mix(mix(blue, np.float32([0.95, 0.95, 0.97]), veil), cloud, cover * 0.95)


def march(
    land: Land, eye: Array, ways: Array, far: float = 15.0, steps: int = 200, coarse: float = 1.0
) -> Array:
    """Distance (H, W) to the land, infinite for the sky; steps grow with the distance."""
    t, hit = np.full(ways.shape[:2], 0.05, np.float32), np.full(ways.shape[:2], np.inf, np.float32)
    last = np.full_like(t, 0.05)
    for _ in range(steps):
        p = eye + ways * t[..., None]
        gap = p[..., 1] - look_up(land.height, p[..., 0], p[..., 2])
        found = (gap < 0) & np.isinf(hit) & (t < far)
        hit[found] = 0.5 * (last + t)[found]
        last = t
        t = t + np.maximum(0.35 * gap, coarse * (0.0035 + 0.0045 * t))
        if (np.isfinite(hit) | (t > far)).all():
            break
    return hit


def shade_land(land: Land, eye: Array, ways: Array, t: Array, backdrop: Array) -> Array:
    """Land where t is finite with sun, sky light and haze, over the backdrop (H, W, 3)."""
    hit = np.isfinite(t)
    p = eye + ways * np.where(hit, t, 0)[..., None]
    at = (p[..., 0], p[..., 2])
    albedo = look_up(land.colour, *at) ** 2.2
    normal, sun = look_up(land.normal, *at), look_up(land.light, *at)
    lit = (sun * 2.9)[..., None] * np.float32([1.0, 0.84, 0.62])
    lit = lit + (0.30 + 0.30 * normal[..., 1])[..., None] * np.float32([0.62, 0.78, 1.0])
    reach = np.where(hit, t, 20)
    haze = 1 - np.exp(-((reach * 0.035) ** 1.35) * np.exp(-np.clip(p[..., 1], 0, 3) * 0.35))
    warm = np.clip(ways @ SUN, 0, 1)[..., None] ** 5
    fog = mix(np.float32([0.50, 0.64, 0.83]), np.float32([1.05, 0.86, 0.66]), warm)
    return np.where(hit[..., None], mix(albedo * lit, fog, np.clip(haze, 0, 1)), backdrop)


def directions(width: int, height: int, zoom: float, tilt: float) -> Array:
    """Unit rays (H, W, 3) of a level camera whose horizon lies tilt half heights low."""
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    u, v = (2 * x + 1 - width) / height, (height - 2 * y - 1) / height + tilt
    ways = np.stack([u, v, np.full_like(u, zoom)], -1)
    return ways / np.linalg.norm(ways, axis=-1, keepdims=True)


def tone_map(image: Array) -> Array:
    """Linear light to display values in [0, 1]."""
    return np.clip(1 - np.exp(-1.5 * np.clip(image, 0, 8)), 0, 1) ** (1 / 2.2)


def lake_water(land: Land, eye: Array, ways: Array, t: Array, image: Array) -> Array:
    """Put the lake where rays (H, W, 3) meet it before the land at t: reflection and depth."""
    lake = -eye[1] / np.minimum(ways[..., 1], -1e-4)
    wet = lake < t
    p = eye + ways * np.where(wet, lake, 1)[..., None]
    height, width = ways.shape[:2]
    n = 1024
    swell = fbm(n, n, 70, seed=3, octaves=4, gain=0.6)
    u, v = p[..., 0] * 2600 % (2 * n), p[..., 2] * 1500 % (2 * n)
    wave = cv2.remap(swell, np.float32(n - np.abs(u - n)), np.float32(n - np.abs(v - n)), 1) - 0.5
    calm = fbm(height, width, 6, seed=8, octaves=4, stretch=8)
    wave = wave * np.clip(1.3 * calm - 0.15, 0.05, 1) / (1 + 0.5 * np.where(wet, lake, 1))
    bounce = ways * np.float32([1, -1, 1])
    bounce[..., 1] = np.maximum(bounce[..., 1] + 0.16 * wave, 0.002)
    bounce[..., 0] += 0.08 * wave
    bounce /= np.linalg.norm(bounce, axis=-1, keepdims=True)
    start = np.where(wet[..., None], p, eye).astype(np.float32)
    mirror_t = march(land, start, bounce, 14, 170, 2.6)
    mirror = shade_land(land, start, bounce, mirror_t, sky(bounce, 5))
    facing = np.clip(-ways[..., 1], 0, 1)
    fresnel = np.clip(0.22 + 0.78 * (1 - facing) ** 6, 0, 1)
    deep = mix(np.float32([0.02, 0.10, 0.12]), np.float32([0.05, 0.22, 0.20]), calm)
    water = mix(deep, mirror * 0.92, fresnel)
    return np.where(wet[..., None], water, image)


def firs(image: Array) -> Array:
    """Dark firs on a grassy bank in front, lit a little from the left."""
    height, width = image.shape[:2]
    x, y = grid(height, width)
    rng = np.random.default_rng(21)
    needles = fbm(height, width, 130, seed=4, octaves=2, stretch=1.6)
    bank = (
        1.0
        - 0.13 * np.exp(-x[0] / 0.33)
        - 0.10 * np.exp(-(1.5 - x[0]) / 0.16)
        - 0.01 * line_noise(width, 40, seed=2)
    )
    spots = np.concatenate([rng.uniform(-0.02, 0.30, 10), rng.uniform(1.33, 1.52, 6)])
    for cx in spots[np.argsort(np.abs(spots - 0.7))]:
        tall = rng.uniform(0.17, 0.30) + 0.42 * np.exp(-min(abs(cx), abs(1.5 - cx) + 0.05) / 0.08)
        foot = float(np.interp(cx, x[0], bank)) + 0.01
        tree = wobble(pine((height, width), cx, foot, tall, int(cx * 1e4) % 991), 0.004, 60, seed=7)
        lit = np.clip(0.30 - (x - cx) / (tall * 0.22) * 0.35 + 1.1 * (needles - 0.5), 0, 1)
        colour = ramp(lit, ["#0a1410", "#14251a", "#2c4424", "#6b7a38"])
        image = mix(image, colour, np.clip(tree * (0.75 + 0.5 * (needles > 0.3)), 0, 1))
    grass = ramp(
        fbm(height, width, 90, seed=9, octaves=3, stretch=0.3), ["#141f12", "#33451f", "#7d8236"]
    )
    return mix(image, grass, below((height, width), np.float32(bank)))


def alpine_lake(width: int, height: int) -> Array:
    """Snow peaks, woods and clouds mirrored in a lake, (height, width, 3) in [0, 1]."""
    land = make_land(11)
    eye = np.float32([0.1, 0.045, 0.25])
    ways = directions(width, height, 2.15, 0.22)
    t = march(land, eye, ways)
    image = shade_land(land, eye, ways, t, sky(ways, 5))
    top = int(np.argmax(ways[:, 0, 1] < 0))
    image[top:] = lake_water(land, eye, ways[top:], t[top:], image[top:])
    image = tone_map(image * 1.02)
    image = firs(image)
    x, y = grid(height, width)
    shadow = 1 - 0.18 * ((x - width / height / 2) ** 2 + (y - 0.5) ** 2)
    return np.clip(blur(image, 0.0006) * shadow[..., None], 0, 1)
