"""One self-contained HTML page of an evaluation."""

import base64
import html
import io
from collections.abc import Mapping
from typing import Any

from PIL import Image

from ccpl.evaluation.plots import line_plot, scatter_plot
from ccpl.evaluation.tables import QUALITY, Rows, figure, legend, measured_on, used_columns


def evaluation_report(result: dict[str, Any], sheets: Mapping[str, Image.Image]) -> str:
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
        f"<p>{_safe(measured_on(result))} Features: {_safe(result['features'])}.</p>",
        f"<table><tr><th>method</th>{head}</tr>{body}</table>",
        f"<p>{_safe(legend(rows, QUALITY))}</p>",
        "<h2>Style against content</h2><p>Good is the upper left: much style, much structure.</p>",
        scatter_plot(
            [(r["method"], r["style"], r["ssim"]) for r in rows], ("style distance", "SSIM")
        ),
        *_clip_parts(result["clips"]),
    ]
    for name, sheet in sheets.items():
        alt = f"Contents down, styles across, results of {name}"
        image = f'<img src="{_data_url(sheet)}" alt="{_safe(alt)}">'
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


def _data_url(image: Image.Image) -> str:
    """A picture as a JPEG inside a URL."""
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=88)
    return "data:image/jpeg;base64," + base64.b64encode(buffer.getvalue()).decode()
