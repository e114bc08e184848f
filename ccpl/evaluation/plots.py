"""Two plots as SVG, for pages that must not depend on other files: points and lines."""

import html
import math
from collections.abc import Sequence

WIDTH, HEIGHT, MARGIN = 720, 360, 56  # pixels
LEGEND = 200  # pixels, to the right of lines
# Told apart by people who are colour-blind too (Okabe & Ito).
COLOURS = ("#555555", "#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9")

Axes = tuple[str, str]  # names of x and y


def scatter_plot(points: Sequence[tuple[str, float, float]], axes: Axes) -> str:
    """Named points.

    Args:
        points: (name, x, y).
        axes: names of x and y.
    Returns:
        An <svg> element.
    """
    scale = _Scale([x for _, x, _ in points], [y for _, _, y in points])
    marks = []
    for i, (name, x, y) in enumerate(points):
        left, top = scale.place(x, y)
        anchor = "end" if left > WIDTH * 0.6 else "start"
        offset = -9 if anchor == "end" else 9
        marks.append(
            f'<circle cx="{left:.1f}" cy="{top:.1f}" r="5" fill="{_colour(i)}"/>'
            f'<text x="{left + offset:.1f}" y="{top + 4:.1f}" text-anchor="{anchor}">'
            f"{html.escape(name)}</text>"
        )
    return _frame(scale, axes, marks)


def line_plot(lines: Sequence[tuple[str, Sequence[float | None]]], axes: Axes) -> str:
    """Named series over 0, 1, 2, ...; gaps where a value is None.

    Args:
        lines: (name, values).
        axes: names of x and y.
    Returns:
        An <svg> element.
    """
    values = [v for _, series in lines for v in series if v is not None]
    scale = _Scale([0, max(len(series) for _, series in lines) - 1], [0, *values])
    marks = []
    for i, (name, series) in enumerate(lines):
        path, pen = [], "M"
        for x, y in enumerate(series):
            if y is not None:
                path.append("{}{:.1f},{:.1f}".format(pen, *scale.place(x, y)))
            pen = "M" if y is None else "L"
        marks.append(
            f'<path d="{" ".join(path)}" fill="none" stroke="{_colour(i)}" stroke-width="2"/>'
            f'<text x="{WIDTH - MARGIN + 12}" y="{MARGIN + 16 * i}" fill="{_colour(i)}">'
            f"{html.escape(name)}</text>"
        )
    return _frame(scale, axes, marks, width=WIDTH + LEGEND)


class _Scale:
    """From values to pixels; both axes end at round numbers."""

    def __init__(self, xs: Sequence[float], ys: Sequence[float]) -> None:
        self.x, self.y = _ticks(xs), _ticks(ys)

    def place(self, x: float, y: float) -> tuple[float, float]:
        across = (x - self.x[0]) / (self.x[-1] - self.x[0])
        up = (y - self.y[0]) / (self.y[-1] - self.y[0])
        return MARGIN + across * (WIDTH - 2 * MARGIN), HEIGHT - MARGIN - up * (HEIGHT - 2 * MARGIN)


def _ticks(values: Sequence[float]) -> list[float]:
    """About five round numbers that enclose the values."""
    low, high = min(values, default=0.0), max(values, default=1.0)
    if high <= low:
        low, high = low - 0.5, high + 0.5
    rough = (high - low) / 4
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(power * m for m in (1, 2, 5, 10) if power * m >= rough)
    first, last = math.floor(low / step), math.ceil(high / step)
    return [n * step for n in range(first, last + 1)]


def _frame(scale: _Scale, axes: Axes, marks: Sequence[str], width: int = WIDTH) -> str:
    """Axes with ticks around the marks."""
    parts = []
    for value in scale.x:
        left, top = scale.place(value, scale.y[0])
        parts.append(
            f'<text x="{left:.1f}" y="{top + 18:.1f}" text-anchor="middle">{value:g}</text>'
        )
    for value in scale.y:
        left, top = scale.place(scale.x[0], value)
        parts.append(f'<path d="M{left:.1f},{top:.1f}H{WIDTH - MARGIN}" stroke="#ddd"/>')
        parts.append(
            f'<text x="{left - 6:.1f}" y="{top + 4:.1f}" text-anchor="end">{value:g}</text>'
        )
    x, y = map(html.escape, axes)
    parts.append(f'<text x="{WIDTH / 2}" y="{HEIGHT - 12}" text-anchor="middle">{x}</text>')
    turned = f'transform="rotate(-90 14 {HEIGHT / 2})"'
    parts.append(f'<text x="14" y="{HEIGHT / 2}" text-anchor="middle" {turned}>{y}</text>')
    return (
        f'<svg viewBox="0 0 {width} {HEIGHT}" width="{width}" font-size="12" '
        f'font-family="sans-serif" role="img" aria-label="{y} over {x}">{"".join([*parts, *marks])}'
        f"</svg>"
    )


def _colour(index: int) -> str:
    return COLOURS[index % len(COLOURS)]
