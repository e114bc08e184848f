"""A portrait study in clay-like shapes: a young woman with auburn hair, ray-marched."""

import cv2
import numpy as np
from painting.noise import Array, blur, fbm, mix, ramp, rgb, smooth
from painting.sdf import Camera, march, noise3, normal_of, normals, occlusion, shadow
from painting.sitter import EYE, EYEBALL, HAIR, SKIN, field, fold, parts, strands

KEY = normal_of(np.float32([-0.62, 0.48, 0.66]))
RIM = normal_of(np.float32([0.80, 0.30, -0.55]))
GAZE = normal_of(np.float32([-0.13, 0.0, 1.0]))


def spot(q: Array, at: tuple[float, float, float], size: float) -> Array:
    """A soft round patch (N,) about a point."""
    return np.exp(-(np.linalg.norm(q - np.float32(at), axis=1) ** 2) / size**2)


def skin_colour(p: Array) -> Array:
    """Complexion with blush, lips, brows, lashes and freckles: albedo (N, 3)."""
    q = fold(p)
    tone = noise3(p * 5, 3)
    skin = ramp(tone, ["#cf9474", "#dda688", "#e8b99b"])

    blush = (
        0.65 * spot(q, (0.44, -0.20, 0.72), 0.24)
        + 0.55 * spot(q, (0, -0.27, 1.15), 0.14)
        + 0.4 * spot(q, (0.9, 0, -0.1), 0.2)
    )
    skin = mix(skin, rgb("#d9695a"), np.clip(blush, 0, 0.7)[:, None])
    freckle = smooth(0.66, 0.76, noise3(p * 26, 2)) * np.clip(
        spot(q, (0.28, -0.10, 0.86), 0.30), 0, 1
    )
    skin = mix(skin, rgb("#9a5a3c"), (0.45 * freckle)[:, None])
    arc = p[:, 0] ** 2
    rise = p[:, 1] + 0.575 - 0.30 * arc
    shape = np.where(rise > 0, rise / (0.075 - 0.05 * np.exp(-arc / 0.003)), -rise / 0.115)
    lips = smooth(1.15, 0.75, np.hypot(np.abs(shape), p[:, 0] / 0.25)) * (p[:, 2] > 0.55)
    skin = mix(skin, mix(rgb("#b5383f"), rgb("#d9626a"), tone[:, None]), lips[:, None] * 0.9)
    skin = mix(skin, rgb("#5a1620"), (lips * smooth(0.012, 0.002, np.abs(rise)))[:, None] * 0.8)
    return brows_and_lashes(skin, p, q)


def brows_and_lashes(skin: Array, p: Array, q: Array) -> Array:
    """Draw eyebrows, lashes and lid shadow over the skin (N, 3); q is p folded."""
    arc = p[:, 0] ** 2
    bow = 0.315 + 0.055 * np.sin((q[:, 0] - 0.14) / 0.46 * np.pi) - 0.03 * q[:, 0]
    thick = 0.046 * np.clip(1.15 - (q[:, 0] - 0.12) / 0.55, 0.25, 1)
    brow = (
        smooth(1.1, 0.5, np.abs(p[:, 1] - bow) / thick)
        * smooth(0.12, 0.17, q[:, 0])
        * smooth(0.64, 0.56, q[:, 0])
        * (p[:, 2] > 0.3)
    )
    brow *= 0.72 + 0.56 * (
        noise3(np.stack([q[:, 0] * 70 + p[:, 1] * 40, p[:, 1] * 18, 0 * arc], 1), 2) - 0.3
    )
    skin = mix(skin, rgb("#4f2010"), np.clip(brow, 0, 1)[:, None] * 0.92)
    d = q - EYE
    rim = np.hypot(
        (d[:, 1] + 0.012 - 0.12 * d[:, 0]) / (0.090 + 0.03 * d[:, 0]), (d[:, 0] + 0.01) / 0.190
    )
    lash = smooth(1.22, 1.06, rim) * (d[:, 2] > 0.03) * (d[:, 1] > -0.012)
    shade = smooth(2.1, 1.1, rim) * (d[:, 2] > 0.0) * (d[:, 1] > 0) * 0.4
    skin = mix(skin, rgb("#8a4a3f"), shade[:, None])
    return mix(skin, rgb("#1c1113"), lash[:, None] * 0.95)


def eye_colour(p: Array) -> tuple[Array, Array]:
    """White, iris with rays, pupil: albedo (N, 3), and the iris mask."""
    side = np.where(p[:, :1] < 0, -1, 1).astype(np.float32)
    d = normal_of(p - EYE * np.concatenate([side, np.ones((len(p), 2), np.float32)], 1))
    off = np.linalg.norm(d - GAZE, axis=1)
    spoke = np.arctan2(d[:, 1] - GAZE[1], d[:, 0] - GAZE[0])
    rays = 0.5 + 0.5 * np.sin(spoke * 31 + 3 * np.sin(spoke * 7))
    white = mix(rgb("#f2ebe4"), rgb("#dcb4a6"), smooth(0.55, 0.95, np.abs(d[:, 0]))[:, None])
    iris = ramp(
        np.clip(0.20 + 0.35 * rays + 0.9 * (0.58 - off), 0, 1),
        ["#12332f", "#2f7a5f", "#7fb06a", "#d0b55c"],
    )
    iris = mix(iris, rgb("#0d1f1e"), smooth(0.48, 0.58, off)[:, None])
    eye = mix(white, iris, smooth(0.60, 0.57, off)[:, None])
    return mix(eye, rgb("#060607"), smooth(0.255, 0.235, off)[:, None]), smooth(0.60, 0.57, off)


def albedo_of(p: Array, kind: Array) -> tuple[Array, Array]:
    """Albedo (N, 3) and gloss (N,) by part."""
    albedo, gloss = np.zeros_like(p), np.full(len(p), 0.10, np.float32)
    for part in range(4):
        here = np.flatnonzero(kind == part)
        at = p[here]
        if part == SKIN:
            albedo[here] = skin_colour(at)
            gloss[here] = 0.16 + 0.5 * (np.abs(at[:, 1] + 0.60) < 0.12) * (np.abs(at[:, 0]) < 0.22)
        elif part == HAIR:
            tone = 0.48 + 14 * strands(at) + 0.5 * (noise3(at * np.float32([7, 2, 7]), 3) - 0.5)
            albedo[here], gloss[here] = (
                ramp(np.clip(tone, 0, 1), ["#3a130c", "#7a2e15", "#b5561f", "#d98a3f"]),
                0.35,
            )
        elif part == EYEBALL:
            albedo[here], gloss[here] = eye_colour(at)[0], 1.0
        else:
            rib = 0.5 + 0.5 * np.sin(
                at[:, 1] * 40 + 1.2 * np.abs(np.sin(np.arctan2(at[:, 0], at[:, 2] + 0.2) * 26))
            )
            albedo[here], gloss[here] = (
                ramp(0.6 * rib + 0.4 * noise3(at * 20, 2), ["#0f3a44", "#1f6a72", "#4f9a98"]),
                0.02,
            )
    return albedo, gloss


def shade(p: Array, ways: Array) -> Array:
    """Soft key from the left, warm rim from behind, cool fill: linear colour (N, 3)."""
    kind = np.argmin(np.stack(parts(p)), 0)
    normal = normals(field, p)
    albedo, gloss = albedo_of(p, kind)
    albedo = albedo**2.2
    above = p + normal * 0.012
    key = shadow(field, above, KEY, 7, 4.0, 34)
    lambert = normal @ KEY
    skin = (kind == SKIN).astype(np.float32)
    wrap = np.float32([0.30, 0.14, 0.08])
    soft = np.clip((lambert[:, None] + wrap) / (1 + wrap), 0, 1)
    direct = mix(
        np.clip(lambert, 0, 1)[:, None] * key[:, None],
        soft * (0.25 * wrap / wrap.max() + key[:, None]) / (1 + 0.1 * wrap),
        skin[:, None],
    )
    room = occlusion(field, p, normal, 0.30)
    fill = (0.45 + 0.25 * normal[:, 1] + 0.2 * normal[:, 0]) * (0.25 + 0.75 * room)
    rim = np.clip(normal @ RIM + 0.1, 0, 1) * smooth(0.0, 0.6, 1 + np.sum(normal * ways, 1)) * room
    lit = direct * np.float32([2.15, 1.85, 1.55]) + fill[:, None] * np.float32([0.55, 0.60, 0.76])
    lit = lit + rim[:, None] * np.float32([2.4, 1.35, 0.7])
    peak = np.clip(np.sum(normal * normal_of(KEY - ways), 1), 0, 1)
    power = np.where(kind == EYEBALL, 220, np.where(kind == HAIR, 26, 24))
    spark = peak**power * gloss * np.where(kind == EYEBALL, 2.2, 0.85) * (0.3 + 0.7 * key)
    second = (
        np.clip(np.sum(normal * normal_of(np.float32([0.5, 0.3, 0.8]) - ways), 1), 0, 1) ** 160
        * (kind == EYEBALL)
        * 0.7
    )
    return albedo * lit + (spark + second)[:, None] * np.float32([1, 0.95, 0.88])


def backdrop(width: int, height: int) -> Array:
    """A dim garden far out of focus, (H, W, 3), linear."""
    base = (
        ramp(
            blur(fbm(height, width, 4, seed=6, octaves=3), 0.02),
            ["#0f1f22", "#21423f", "#5d6a3c", "#b98a4a"],
        )
        ** 2.2
    )
    rng = np.random.default_rng(12)
    lights = np.zeros((height, width, 3), np.float32)
    for _ in range(70):
        at = (int(rng.random() * width), int(rng.random() ** 1.3 * height))
        disc = np.zeros((height, width), np.uint8)
        cv2.circle(disc, at, int(rng.uniform(0.015, 0.05) * height), 255, -1, cv2.LINE_AA)
        tint = rgb(rng.choice(["#ffb75a", "#f0e2a0", "#7fc0a8", "#e07a4a"]))
        lights += disc[..., None] / np.float32(255) * tint * rng.uniform(0.02, 0.14)
    return base * 0.9 + blur(lights, 0.003)


def auburn_portrait(width: int, height: int) -> Array:
    """The picture, (height, width, 3) in [0, 1]."""
    scale = 1.3
    n, m = int(width * scale), int(height * scale)
    camera = Camera((-1.35, 0.15, 8.2), (0.0, -0.22, 0.0), 4.4)
    ways = camera.rays(n, m)
    eye = np.float32(camera.eye)
    t = march(field, eye, ways, 13.0, 80)
    hit = np.flatnonzero(np.isfinite(t))
    image = backdrop(n, m).reshape(-1, 3)
    image[hit] = shade(eye + ways[hit] * t[hit, None], ways[hit])
    image = image.reshape(m, n, 3)
    image = image + 0.10 * blur(np.clip(image - 0.75, 0, 3), 0.012)
    image = np.clip(1 - np.exp(-1.5 * image), 0, 1) ** (1 / 2.2)
    image = cv2.resize(np.float32(image), (width, height), interpolation=cv2.INTER_AREA)
    grain = np.random.default_rng(3).normal(0, 0.010, (height, width, 1))
    return np.float32(np.clip(image * 1.04 - 0.01 + grain, 0, 1))
