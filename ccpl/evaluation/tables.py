"""Figures as tables, for the terminal and for Markdown, and what their columns mean."""

from collections.abc import Sequence
from typing import Any

QUALITY = {  # column -> head of the table and meaning
    "style": ("style", "distance to the style's statistics; 1 = nothing transferred, 0 = the same"),
    "gram": ("texture", "the same for the covariance of features"),
    "content": ("content", "distance to the content's features; 0 = unchanged"),
    "ssim": ("SSIM", "structure shared with the content; 1 = all of it"),
    "lpips": ("LPIPS", "learned distance to the content; 0 = equal"),
    "motion": ("motion", "change that does not move with the picture; 0 = none"),
    "flicker_1": ("flicker 1", "warping error of consecutive frames over the content's own"),
    "flicker_10": ("flicker 10", "the same for frames ten apart"),
    "ms": ("ms", "milliseconds for a picture, median"),
    "memory": ("MiB", "peak memory of the process"),
}
SPEED = {
    "ms_min": ("min ms", "fastest round, for a frame"),
    "ms_median": ("median ms", "half of the rounds were faster"),
    "ms_p95": ("p95 ms", "95 % of the rounds were faster"),
    "fps": ("frames/s", "from the median"),
    "gflop": ("GFLOP", "floating point operations a frame, a multiply-add is two"),
    "peak_share": ("of peak", "share of the fastest dense product measured here, fastest round"),
    "memory": ("MiB", "peak memory of the process"),
    "psnr": ("dB", "PSNR to what the network paints in float32"),
}
Rows = Sequence[dict[str, Any]]
Columns = dict[str, tuple[str, str]]


def used_columns(rows: Rows, columns: Columns) -> Columns:
    """Those columns that have a figure in some row."""
    return {k: v for k, v in columns.items() if any(row.get(k) is not None for row in rows)}


def figure(value: float | None) -> str:
    """Three decimals for small numbers, fewer for large ones; a dash for none."""
    if value is None:
        return "-"
    return f"{value:.3f}" if abs(value) < 10 else f"{value:.1f}"


def text_table(rows: Rows, columns: Columns, first: str) -> str:
    """A table for the terminal: the column `first` to the left, figures right-aligned."""
    columns = used_columns(rows, columns)
    cells = [[first, *(title for title, _ in columns.values())]]
    cells += [[str(row[first]), *(figure(row.get(c)) for c in columns)] for row in rows]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    lines = (
        "  ".join(
            c.rjust(w) if i else c.ljust(w)
            for i, (c, w) in enumerate(zip(row, widths, strict=True))
        )
        for row in cells
    )
    return "\n".join(line.rstrip() for line in lines)


def markdown_table(rows: Rows, columns: Columns, first: str) -> str:
    """The same for a README."""
    columns = used_columns(rows, columns)
    lines = [f"| {first} | {' | '.join(title for title, _ in columns.values())} |"]
    lines.append("|---|" + "---:|" * len(columns))
    lines += [
        f"| {row[first]} | {' | '.join(figure(row.get(c)) for c in columns)} |" for row in rows
    ]
    return "\n".join(lines)


def legend(rows: Rows, columns: Columns) -> str:
    """What the columns mean, in one paragraph."""
    used = used_columns(rows, columns).values()
    text = "; ".join(f"{title}: {meaning}" for title, meaning in used)
    return f"{text[0].upper()}{text[1:]}."


def measured_on(result: dict[str, Any]) -> str:
    """The machine of a result, in one sentence."""
    machine = result["machine"]
    flags = ", ".join(machine["flags"])
    threads = f"{machine['threads']} thread{'s' * (machine['threads'] != 1)}"
    where = f"{threads} of {machine['gpu'] or machine['cpu']} ({flags})"
    return f"{where}, torch {machine['torch']}, commit {machine['commit'] or 'unknown'}."
