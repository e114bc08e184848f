"""A mosaic of two koi: square stones laid in rows along the outlines, grout between them.

Rows follow the distance to the outlines, as in Hausner, "Simulating decorative mosaics",
SIGGRAPH 2001; stones are laid greedily, nearest row first.
"""

import cv2
import numpy as np
from painting.glass import ellipse
from painting.noise import Array, blur, fbm, grid, mix, ramp, rgb, slope, smooth


def spine(
    t: Array, start: tuple[float, float], heading: float, bend: float, length: float
) -> Array:
    """Points (N, 2) of a swimming curve at t in [0, 1], head first."""
    theta = heading + bend * np.sin(t * 4.2)
    step = np.gradient(t) * length
    path = np.stack([np.cos(theta) * step, np.sin(theta) * step], -1).cumsum(0)
    return np.float32(start) + path


def fins_of(x: Array, y: Array, path: Array, tangent: Array, girth: float) -> Array:
    """Where the tail and the two side fins lie, (H, H) bool."""
    tail_x, tail_y = path[-1] + tangent[-1] * girth * 1.2
    heading = np.arctan2(tangent[-1, 1], tangent[-1, 0])
    root, way = path[int(len(path) * 0.27)], tangent[int(len(path) * 0.27)]
    fins = np.zeros_like(x, bool)
    for side in (-1, 1):
        middle = tail_y + side * girth * 0.15
        turn = heading + side * 0.5
        fins |= ellipse(x, y, tail_x, middle, girth * 1.75, girth * 0.55, turn) < 1
        turn = np.arctan2(way[1], way[0]) + side * 0.9
        fx, fy = root + girth * 1.5 * np.float32([np.cos(turn), np.sin(turn)])
        fins |= ellipse(x, y, fx, fy, girth * 0.95, girth * 0.42, turn) < 1
    return fins


def koi(image: Array, zones: Array, path: Array, girth: float, codes: list[str], seed: int) -> None:
    """Draw one fish in place: fins, body with patches, eye. path (N, 2), girth in heights."""
    size = image.shape[0]
    x, y = grid(size, size)
    far, near = np.full_like(x, 9), np.zeros_like(x)
    lateral = np.zeros_like(x)
    n = len(path)
    tangent = np.gradient(path, axis=0)
    tangent /= np.linalg.norm(tangent, axis=1, keepdims=True)
    for i, (px, py) in enumerate(path):
        d = np.hypot(x - px, y - py)
        closer = d < far
        far, near = np.where(closer, d, far), np.where(closer, i / (n - 1), near)
        side = (x - px) * -tangent[i, 1] + (y - py) * tangent[i, 0]
        lateral = np.where(closer, side, lateral)
    body = girth * np.sqrt(np.clip(near + 0.06, 0, 1)) * 2.1 * np.clip(1.02 - near, 0, 1) ** 0.8
    body = np.maximum(body, girth * 0.13)
    fins = fins_of(x, y, path, tangent, girth)
    image[fins] = ramp(fbm(size, size, 30, seed=seed), [codes[2], codes[3]])[fins]
    zones[fins] = seed * 10 + 1
    inside = far < body
    patch = fbm(size, size, 7, seed=seed, octaves=2) + 0.25 * (np.abs(lateral) < body * 0.55)
    colour = ramp(np.clip((patch - 0.35) * 2.6, 0, 1), codes)
    image[inside] = colour[inside] * (1.06 - 0.35 * (far / body)[inside, None] ** 2)
    zones[inside] = seed * 10 + 2 + (patch[inside] > 0.62)
    for side in (-1, 1):
        spot = path[int(n * 0.07)] + side * girth * 0.42 * np.float32(
            [-tangent[3, 1], tangent[3, 0]]
        )
        image[np.hypot(x - spot[0], y - spot[1]) < girth * 0.15] = rgb("#15171c")


def pond(size: int) -> tuple[Array, Array]:
    """The design: colours (H, H, 3) and zone numbers (H, H) whose borders guide the rows."""
    x, y = grid(size, size)
    wave = fbm(size, size, 4, seed=5, octaves=3)
    image = ramp(np.clip(wave * 1.1 - 0.05, 0, 1), ["#0c3a4a", "#0f6a78", "#2a9d97", "#8fd0bd"])
    zones = np.floor(wave * 5).astype(int) + 1
    pads = [
        (0.16, 0.18, 0.13, 0.6),
        (0.86, 0.84, 0.15, 3.7),
        (0.90, 0.58, 0.08, 2.6),
        (0.33, 0.05, 0.07, 1.4),
        (0.10, 0.90, 0.09, 5.2),
    ]
    for i, (cx, cy, r, cut) in enumerate(pads):
        theta = np.arctan2(y - cy, x - cx)
        reach = np.hypot(x - cx, y - cy) / r
        gap = np.abs((theta - cut + np.pi) % (2 * np.pi) - np.pi)
        pad = (reach < 1) & (gap > 0.22 * reach)
        codes = ["#1f5d33", "#4f9a3c", "#a8c94f"]
        tone = np.clip(0.25 + 0.55 * np.abs(np.sin(theta * 5)) * reach + 0.15 * reach, 0, 1)
        image[pad], zones[pad] = ramp(tone, codes)[pad], 100 + i
        rim = pad & (reach > 0.88)
        image[rim], zones[rim] = rgb("#d9d27a"), 120 + i
    t = np.linspace(0, 1, 60, dtype=np.float32)
    white = ["#fdf3e0", "#fbe3c0", "#f4722b", "#d8341f"]
    golden = ["#2b2430", "#f0a01f", "#f7c33f", "#fff0c2"]
    koi(image, zones, spine(t, (0.70, 0.13), 2.2, 0.75, 0.62), 0.075, white, 21)
    koi(image, zones, spine(t, (0.20, 0.77), -0.35, -0.8, 0.50), 0.060, golden, 33)
    for k in range(9):
        turn = k * 2.4
        r = 0.055 + 0.012 * (k < 5)
        fx, fy = 0.16 + r * 0.75 * np.cos(turn), 0.18 + r * 0.75 * np.sin(turn)
        petal = ellipse(x, y, fx, fy, r * 0.75, r * 0.3, turn) < 1
        image[petal] = mix(rgb("#f9d3e0"), rgb("#d9437f"), float(k % 3) / 2.2)
        zones[petal] = 140 + k
    heart = np.hypot(x - 0.16, y - 0.18) < 0.024
    image[heart], zones[heart] = rgb("#ffd447"), 160
    return image, zones


def lay_stones(image: Array, zones: Array, side: float, seed: int) -> tuple[Array, Array, Array]:
    """Greedy rows of stones. Returns colours (H, H, 3), heights (H, H) and stone mask (H, H)."""
    size, rng = image.shape[0], np.random.default_rng(seed)
    cut = np.ones((size, size), np.uint8)
    cut[:, 1:][zones[:, 1:] != zones[:, :-1]] = 0
    cut[1:][zones[1:] != zones[:-1]] = 0
    far = cv2.distanceTransform(cut, cv2.DIST_L2, 5)
    gx, gy = slope(blur(far, 0.006))
    angle = np.arctan2(gy, gx)
    px = side * size
    row = np.abs((far / px) % 1 - 0.5)
    points = (rng.random((90_000, 2)) * (size - 1)).astype(int)
    value = np.floor(far / px)[points[:, 1], points[:, 0]] * 2 + row[points[:, 1], points[:, 0]] * 5
    points = points[np.argsort(value, kind="stable")]
    taken = np.zeros((size, size), np.uint8)
    colours, height = np.zeros((size, size, 3), np.float32), np.zeros((size, size), np.float32)
    base = np.float32([[-1, -1], [1, -1], [1, 1], [-1, 1]]) * px / 2
    for scale, tries in [(1.0, 90_000), (0.66, 60_000), (0.42, 50_000)]:
        for cx, cy in points[:tries]:
            if taken[cy, cx]:
                continue
            a = angle[cy, cx]
            turn = np.float32([[np.cos(a), np.sin(a)], [-np.sin(a), np.cos(a)]])
            shape = base * scale * (1 + rng.normal(0, 0.05, (4, 2))) * rng.uniform(0.88, 1.08)
            quad = (shape @ turn + (cx, cy)).astype(np.float32)
            if clash(taken, quad):
                continue
            tint = np.clip(image[cy, cx] * rng.normal(1, 0.11) + rng.normal(0, 0.035, 3), 0.02, 1)
            fixed = np.round(quad * 0.93 * 16 + np.float32([cx, cy]) * 0.07 * 16).astype(np.int32)
            cv2.fillConvexPoly(taken, np.round(quad * 16).astype(np.int32), 1, cv2.LINE_8, 4)
            cv2.fillConvexPoly(colours, fixed, tint.tolist(), cv2.LINE_8, 4)
            cv2.fillConvexPoly(height, fixed, float(rng.uniform(0.75, 1)), cv2.LINE_8, 4)
    return colours, height, (height > 0).astype(np.float32)


def clash(taken: Array, quad: Array) -> bool:
    """Whether the quad's corners, edge middles or inner points lie on a laid stone or outside."""
    middle = quad.mean(0)
    edges = (quad + np.roll(quad, 1, 0)) / 2
    ring = np.concatenate([quad, edges])
    probe = np.concatenate([middle + (ring - middle) * 0.93, middle + (ring - middle) * 0.5])
    at = probe.astype(int)
    inside = at.clip(0, taken.shape[0] - 1)
    return bool(taken[inside[:, 1], inside[:, 0]].any())


def koi_mosaic(size: int) -> Array:
    """Stones of glass and marble in sandy grout: (H, H, 3)."""
    scale = 2
    image, zones = pond(size * scale)
    colours, height, stone = lay_stones(image, zones, 0.0165, 3)
    n = size * scale
    grain = fbm(n, n, 70, seed=41, octaves=3)
    vein = fbm(n, n, 28, seed=42, octaves=4)
    grout = ramp(0.3 + 0.5 * grain, ["#3b352f", "#8b7f6c", "#cabfa6"]) * 0.75
    stones = np.clip(colours * (0.86 + 0.3 * vein[..., None]), 0, 1)
    result = mix(grout, stones, blur(stone, 0.0006))
    bump = blur(height, 0.0016) + 0.05 * grain
    gx, gy = slope(bump)
    lit = (gx + gy) / 90
    result = result * np.clip(1 + 0.42 * np.tanh(lit), 0.4, 1.5)[..., None]
    sheen = smooth(0.72, 0.95, fbm(n, n, 9, seed=44)) * stone * 0.10
    result = cv2.resize(
        np.clip(result + sheen[..., None], 0, 1), (size, size), interpolation=cv2.INTER_AREA
    )
    return np.clip(result, 0, 1)
