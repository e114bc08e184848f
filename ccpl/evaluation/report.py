"""Measurements made readable: text tables, one HTML page, the README's results section.

Tables, plots and the README are written from the JSON that `evaluate` and `bench` leave, and from
nothing else.
"""

import base64
import html
import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from PIL import Image, ImageOps

from ccpl.atomic import write_atomically
from ccpl.errors import InputError
from ccpl.evaluation.plots import line_plot, scatter_plot

THUMBNAIL = 160  # pixels
QUALITY = {  # column -> head of the table and meaning
    "style": ("style", "distance to the style's statistics; 1 = nothing transferred, 0 = the same"),
    "gram": ("texture", "the same for the covariance of features"),
    "content": ("content", "distance to the content's features; 0 = unchanged"),
    "ssim": ("SSIM", "structure shared with the content; 1 = all of it"),
    "lpips": ("LPIPS", "learned distance to the content; 0 = equal"),
    "motion": ("motion", "change that does not move with the picture; 0 = none"),
    "flicker_1": ("flicker 1", "warping error of consecutive frames over the content's own"),
    "flicker_10": ("flicker 10", "the same for frames ten apart"),
}
SPEED = {
    "ms_min": ("min ms", "fastest round, for a frame"),
    "ms_median": ("median ms", "half of the rounds were faster"),
    "ms_p95": ("p95 ms", "95 % of the rounds were faster"),
    "fps": ("frames/s", "from the median"),
    "gflop": ("GFLOP", "floating point operations a frame, a multiply-add is two"),
    "peak_share": ("of peak", "share of the fastest dense product measured here, fastest round"),
    "memory": ("MiB", "peak memory of the process"),
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
    return "; ".join(f"{title}: {meaning}" for title, meaning in used) + "."


def quality_markdown(result: dict[str, Any]) -> str:
    """The quality part of the README from evaluation.json."""
    rows, counts = result["rows"], result["counts"]
    return (
        f"{counts['contents']} contents x {counts['styles']} styles, {counts['clips']} clips; "
        f"features: {result['features']}; {_measured_on(result)}\n\n"
        f"{markdown_table(rows, QUALITY, 'method')}\n\n{_sentence(legend(rows, QUALITY))}"
    )


def speed_markdown(result: dict[str, Any]) -> str:
    """The speed part of the README from the benchmark's JSON."""
    rows, peak = result["timings"], result["peak_gflops"]
    return (
        f"{result['model']}; {_measured_on(result)} Peak of dense products: {peak:.0f} GFLOP/s. "
        f"Busiest stage of the network: {result['busiest']['network']}; of a clip: "
        f"{result['busiest']['video']}.\n\n"
        f"{markdown_table(rows, SPEED, 'case')}\n\n{_sentence(legend(rows, SPEED))}"
    )


def _measured_on(result: dict[str, Any]) -> str:
    machine = result["machine"]
    flags = ", ".join(machine["flags"])
    threads = f"{machine['threads']} thread{'s' * (machine['threads'] != 1)}"
    where = f"{threads} of {machine['gpu'] or machine['cpu']} ({flags})"
    return f"{where}, torch {machine['torch']}, commit {machine['commit'] or 'unknown'}."


def _sentence(text: str) -> str:
    return text[0].upper() + text[1:]


def update_readme(path: str | Path, section: str, text: str) -> None:
    """Replace what stands between `<!-- section -->` and `<!-- /section -->`.

    Raises:
        InputError: no such file, or it lacks the two markers.
    """
    path = Path(path)
    if not path.is_file():
        raise InputError(f"there is no {path} to write results into; check --readme")
    before, opening, rest = path.read_text(encoding="utf-8").partition(f"<!-- {section} -->")
    _, closing, after = rest.partition(f"<!-- /{section} -->")
    if not closing:
        raise InputError(
            f"{path} has no place for these results; put <!-- {section} --> and "
            f"<!-- /{section} --> on two lines of it"
        )
    write_atomically(path, f"{before}{opening}\n{text}\n{closing}{after}".encode())


class ContactSheet:
    """Contents down, styles across, results where they meet; square thumbnails.

    Args:
        contents, styles: pictures of the margins.
    """

    def __init__(self, contents: Sequence[Image.Image], styles: Sequence[Image.Image]) -> None:
        self.size = (len(contents), len(styles))
        side = THUMBNAIL
        self.image = Image.new(
            "RGB", (side * (len(styles) + 1), side * (len(contents) + 1)), "white"
        )
        for i, content in enumerate(contents):
            self._put(content, i + 1, 0)
        for j, style in enumerate(styles):
            self._put(style, 0, j + 1)

    def add(self, result: Image.Image, content: int, style: int) -> None:
        """Place a result; those beyond the margins are left out."""
        if content < self.size[0] and style < self.size[1]:
            self._put(result, content + 1, style + 1)

    def _put(self, picture: Image.Image, row: int, column: int) -> None:
        small = ImageOps.fit(picture.convert("RGB"), (THUMBNAIL - 4,) * 2, Image.Resampling.LANCZOS)
        self.image.paste(small, (column * THUMBNAIL + 2, row * THUMBNAIL + 2))

    def data_url(self) -> str:
        """The sheet as a JPEG inside a URL."""
        buffer = io.BytesIO()
        self.image.save(buffer, "JPEG", quality=88)
        return "data:image/jpeg;base64," + base64.b64encode(buffer.getvalue()).decode()


def evaluation_page(result: dict[str, Any], sheets: dict[str, ContactSheet]) -> str:
    """One self-contained HTML page: table, trade-off, flicker over time, contact sheets.

    Args:
        result: what evaluation.json holds.
        sheets: contact sheets by method.
    """
    rows = result["rows"]
    head = "".join(f'<th title="{m}">{t}</th>' for t, m in used_columns(rows, QUALITY).values())
    body = "".join(
        f"<tr><td>{_safe(row['method'])}</td>"
        + "".join(f"<td>{figure(row.get(c))}</td>" for c in used_columns(rows, QUALITY))
        + "</tr>"
        for row in rows
    )
    parts = [
        f"<p>{_safe(_measured_on(result))} Features: {_safe(result['features'])}.</p>",
        f"<table><tr><th>method</th>{head}</tr>{body}</table>",
        f"<p>{_safe(_sentence(legend(rows, QUALITY)))}</p>",
        "<h2>Style against content</h2><p>Good is the upper left: much style, much structure.</p>",
        scatter_plot(
            [(r["method"], r["style"], r["ssim"]) for r in rows], ("style distance", "SSIM")
        ),
        *_clip_parts(result["clips"]),
    ]
    for name, sheet in sheets.items():
        alt = f"Contents down, styles across, results of {name}"
        image = f'<img src="{sheet.data_url()}" alt="{_safe(alt)}">'
        parts.append(f"<h2>{_safe(name)}</h2>{image}")
    return _PAGE.format(body="\n".join(parts))


def _clip_parts(clips: Rows) -> list[str]:
    """A plot of the error over time for every clip, style and interval."""
    parts = []
    for key in dict.fromkeys((c["clip"], c["style"], c["interval"]) for c in clips):
        chosen = [c for c in clips if (c["clip"], c["style"], c["interval"]) == key]
        title = f"Flicker: {key[0]} with {key[1]}, interval {key[2]}"
        lines = [(c["method"], c["errors"]) for c in chosen]
        parts.append(f"<h2>{_safe(title)}</h2>" + line_plot(lines, ("frame", "warping error")))
    return parts


_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Evaluation</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<style>
body {{ font: 16px/1.5 system-ui, sans-serif; max-width: 1200px; margin: 2rem auto; }}
table {{ border-collapse: collapse; }}
td, th {{ padding: .25rem .75rem; text-align: right; border-bottom: 1px solid #ccc; }}
td:first-child, th:first-child {{ text-align: left; }}
img, svg {{ max-width: 100%; height: auto; }}
</style></head><body><h1>Evaluation</h1>
{body}
</body></html>
"""


def _safe(text: str) -> str:
    return html.escape(text)
