"""The sample clip: a sailing boat on the mountain lake, clouds and camera drifting, soft music.

The land is rendered once with its depth; each frame shifts it by parallax, draws the sky
anew and mirrors both in moving ripples.
"""

import os
import subprocess
import wave
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
from painting.noise import Array, blur, fbm, grid, mix, polygon, ramp, rgb, smooth, strokes_mask
from painting.terrain import directions, make_land, march, shade_land, sky, tone_map

WIDTH, HEIGHT, FPS, SECONDS = 640, 360, 24, 3
SPARE = 48  # pixels rendered beyond each side for the drift
RATE = 44_100


class Lake:
    """What stays the same in all frames, at (height, width + 2 * spare)."""

    def __init__(self, width: int = WIDTH, height: int = HEIGHT):
        self.width, self.height = width, height
        self.spare = round(SPARE * width / WIDTH)
        wide = width + 2 * self.spare
        land = make_land(11)
        eye = np.float32([-0.25, 0.03, 1.2])
        self.ways = directions(wide, height, 2.0, 0.14)
        depth = march(land, eye, self.ways)
        empty = np.zeros((height, wide, 3), np.float32)
        self.land = shade_land(land, eye, self.ways, depth, empty)
        self.cover = np.isfinite(depth).astype(np.float32)
        near = np.where(np.isfinite(depth), depth, 15).astype(np.float32)
        # A soft depth that reaches past the outlines: peaks would tear at the sky otherwise.
        self.depth = blur(cv2.erode(near, np.ones((height // 12, wide // 24))), 0.03)
        ahead = np.minimum(self.ways[..., 1], -1e-4)
        wet = (self.ways[..., 1] < 0) & (-eye[1] / ahead < near)
        self.level = int(np.flatnonzero(wet.mean(1) > 0.5)[0])
        self.swell = [fbm(512, 512, cells, seed=cells, octaves=3) - 0.5 for cells in (24, 60)]

    def upper(self, time: float) -> Array:
        """Sky and land (H, W, 3), linear, before the water; time runs from 0 to 1."""
        n, wide = self.height, self.width + 2 * self.spare
        y, x = np.mgrid[0:n, 0:wide].astype(np.float32)
        slide = (time - 0.5) * self.spare * 1.3
        x = x + np.float32(slide * np.clip(3.2 / self.depth, 0.25, 1))
        land, cover = (
            cv2.remap(f, x, y, 1, borderMode=cv2.BORDER_REPLICATE) for f in (self.land, self.cover)
        )
        inner = slice(self.spare, self.spare + self.width)
        air = sky(self.ways[: self.level + 2], 5, 0.05 * time)[:, inner]
        view, cover = land[:, inner].copy(), cover[:, inner]
        view[: self.level + 2] = mix(air, view[: self.level + 2], cover[: self.level + 2])
        return view

    def ripple(self, time: float) -> Array:
        """Height of the waves (H, W) in about [-0.5, 0.5], finer far away."""
        y, x = np.mgrid[0 : self.height, 0 : self.width].astype(np.float32) / self.height
        far = 1 / np.clip(y - self.level / self.height + 0.03, 0.012, 1)
        total = np.zeros_like(x)
        for k, (swell, way) in enumerate(zip(self.swell, (1, -1), strict=True)):
            u = (x - self.width / self.height / 2) * far * 26 * (k + 1) + way * 30 * time + 4096
            v = far * 120 * (k + 1) + 55 * time + 4096
            total += cv2.remap(swell, u % 512, v % 512, 1, borderMode=cv2.BORDER_WRAP) * (0.75**k)
        return total


def sail_boat(lake: Lake, time: float) -> tuple[Array, Array, float]:
    """Colours (H, W, 3), mask (H, W) and waterline (heights) of the boat in this frame."""
    n, m = lake.height, lake.width
    foot = lake.level / n + 0.13 + 0.0025 * np.sin(time * 11)
    cx, lean = 0.58 + 0.22 * time, 0.025 * np.sin(time * 9 + 1)
    colour, mask = np.zeros((n, m, 3), np.float32), np.zeros((n, m), np.float32)

    def put(points: list[tuple[float, float]], tint: Array) -> None:
        """Add one part; points from the foot of the mast, in heights."""
        nonlocal colour, mask
        shape = np.float32([(cx + px - lean * py, foot + py) for px, py in points])
        part = polygon((n, m), shape)
        colour, mask = mix(colour, tint, part), np.maximum(mask, part)

    x, y = grid(n, m)
    glow = np.clip(1 - (y - foot + 0.30) / 0.30, 0, 1)
    sail = ramp(
        0.35 + 0.65 * glow * (0.8 + 0.2 * np.sin(x * 90)), ["#b59b86", "#f6e7cf", "#fffaf0"]
    )
    put([(-0.003, 0.0), (-0.003, -0.315), (0.003, -0.315), (0.003, 0.0)], rgb("#4a3526"))
    put([(-0.008, -0.03), (-0.006, -0.30), (-0.060, -0.15), (-0.118, -0.035)], sail)
    put(
        [(0.007, -0.045), (0.006, -0.285), (0.045, -0.16), (0.095, -0.04)],
        mix(sail, rgb("#c9572f"), 0.75),
    )
    put(
        [(-0.125, -0.026), (0.115, -0.032), (0.080, 0.004), (-0.095, 0.004)],
        mix(rgb("#7a2f22"), rgb("#3a1712"), smooth(foot - 0.03, foot, y)),
    )
    put([(-0.126, -0.027), (0.116, -0.034), (0.114, -0.027), (-0.124, -0.021)], rgb("#f2e6d0"))
    return colour, mask, foot


def birds(lake: Lake, time: float) -> Array:
    """Mask (H, W) of a few gulls that beat their wings."""
    paths = []
    for k in range(5):
        cx, cy = 0.35 + 0.11 * k + 0.20 * time, 0.20 + 0.035 * ((k * 2) % 3) - 0.03 * time
        up = 0.010 * np.sin(time * 40 + k * 1.7)
        s = 0.016 + 0.003 * (k % 3)
        wing = [
            (cx - s, cy - up),
            (cx - s * 0.45, cy - up * 0.7 - 0.004),
            (cx, cy),
            (cx + s * 0.45, cy - up * 0.7 - 0.004),
            (cx + s, cy - up),
        ]
        paths.append(np.float32(wing))
    return strokes_mask((lake.height, lake.width), paths, 0.0028)


def frame(lake: Lake, time: float) -> Array:
    """One frame, (H, W, 3) uint8; time runs from 0 to 1."""
    n, m, level = lake.height, lake.width, lake.level
    view = np.clip(tone_map(lake.upper(time)), 0, 1)
    y, x = np.mgrid[0:n, 0:m].astype(np.float32)
    wave_ = lake.ripple(time)
    deep = np.clip((y - level) / (n - level), 0, 1)
    push = wave_ * (2 + 26 * deep) * n / HEIGHT
    mirror = cv2.remap(
        view,
        x + 0.3 * push,
        np.clip(2 * level - y + push, 0, level - 1).astype(np.float32),
        1,
        borderMode=cv2.BORDER_REPLICATE,
    )
    bed = ramp(np.clip(0.5 + 0.6 * wave_, 0, 1), ["#0f3338", "#1f5a5c", "#5f9690"])
    water = mix(mirror * 0.93, bed, np.clip(0.12 + 0.42 * deep + 0.35 * wave_ * deep, 0, 1))
    water = mix(water, rgb("#fff6e2"), smooth(0.34, 0.55, wave_) * (0.25 + 0.3 * deep))
    view = mix(view, water, smooth(level - 0.5, level + 0.5, y))
    colour, mask, foot = sail_boat(lake, time)
    rows = (2 * foot * n - y + push * 0.8).astype(np.float32)
    below = (y > foot * n).astype(np.float32)
    twin = cv2.remap(mask, x + 0.4 * push, rows, 1) * below * 0.72
    view = mix(view, cv2.remap(colour, x + 0.4 * push, rows, 1) * 0.75, twin)
    view = mix(view, colour, mask)
    view = mix(view, rgb("#3a3f46"), birds(lake, time) * 0.8)
    return np.round(np.clip(view * 1.03 - 0.01, 0, 1) * 255).astype(np.uint8)


def frames(lake: Lake, count: int = FPS * SECONDS) -> Iterator[Array]:
    """All frames in order."""
    for k in range(count):
        yield frame(lake, k / count)


def music(seconds: float = SECONDS) -> Array:
    """A calm chord, a few bells and lapping water: int16 (N, 2) at 44.1 kHz."""
    t = np.arange(int(seconds * RATE)) / RATE
    sound = np.zeros((len(t), 2))
    for k, pitch in enumerate([110.0, 164.81, 220.0, 277.18, 329.63, 493.88]):
        pulse = 0.75 + 0.25 * np.sin(2 * np.pi * (0.31 + 0.07 * k) * t + k)
        tone = np.sin(2 * np.pi * pitch * t) + 0.3 * np.sin(2 * np.pi * pitch * 2.003 * t)
        sound += (0.085 / (1 + 0.25 * k) * pulse * tone)[:, None] * (
            (1, 0.6) if k % 2 else (0.6, 1)
        )
    for start, pitch, side in [
        (0.25, 659.26, 0.3),
        (0.95, 880.0, 0.7),
        (1.5, 739.99, 0.4),
        (2.15, 1108.73, 0.6),
    ]:
        past = np.clip(t - start, 0, None)
        bell = np.exp(-2.6 * past) * (1 - np.exp(-90 * past)) * np.sin(2 * np.pi * pitch * past)
        sound += 0.11 * bell[:, None] * (1 - side, side)
    hiss = np.random.default_rng(8).normal(0, 1, (len(t), 2))
    hiss = cv2.GaussianBlur(hiss, (1, 85), 0.1, sigmaY=14)
    sound += 0.35 * hiss * (0.5 + 0.5 * np.sin(2 * np.pi * 0.55 * t))[:, None]
    fade = np.clip(np.minimum(t / 0.25, (seconds - t) / 0.5), 0, 1)
    return np.int16(np.clip(sound * fade[:, None] * 0.8, -1, 1) * 32767)


def write_clip(path: Path) -> None:
    """Encode the clip as H.264 and AAC beside path, then move it there."""
    from imageio_ffmpeg import get_ffmpeg_exe

    path.parent.mkdir(parents=True, exist_ok=True)
    sound, part = path.with_suffix(".wav.part"), path.with_suffix(".mp4.part")
    with wave.open(str(sound), "wb") as file:
        file.setnchannels(2)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(music().tobytes())
    command = [get_ffmpeg_exe(), "-y", "-loglevel", "error", "-f", "rawvideo", "-pix_fmt", "rgb24"]
    command += ["-s", f"{WIDTH}x{HEIGHT}", "-r", str(FPS), "-i", "-", "-f", "wav", "-i", str(sound)]
    command += ["-c:v", "libx264", "-crf", "19", "-preset", "slow", "-pix_fmt", "yuv420p"]
    command += ["-c:a", "aac", "-b:a", "96k", "-movflags", "+faststart", "-fflags", "+bitexact"]
    command += ["-f", "mp4", str(part)]
    try:
        pictures = b"".join(picture.tobytes() for picture in frames(Lake()))
        subprocess.run(command, input=pictures, check=True)
        os.replace(part, path)
    finally:
        sound.unlink(missing_ok=True)
        part.unlink(missing_ok=True)
