"""Quality of the models: contents x styles x modes, and clips, beside two baselines.

The content itself shows where "nothing transferred" lies; AdaIN between the same encoder and
decoder shows what the covariance transformation adds.
"""

import dataclasses
import json
import statistics
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any, Literal

from PIL import Image

from ccpl.atomic import check_place, write_atomically
from ccpl.config import MODES, Arch, Mode, Stabilize, Transform, model_name
from ccpl.errors import InputError
from ccpl.evaluation.features import metric_features
from ccpl.evaluation.machine import describe_machine
from ccpl.evaluation.measurements import INTERVALS, measure_clips, measure_pairs
from ccpl.evaluation.methods import AdaINForSCT, Method, Network
from ccpl.evaluation.metrics import Figures
from ccpl.evaluation.readme import check_readme, quality_markdown, update_readme
from ccpl.evaluation.report import evaluation_report
from ccpl.evaluation.tables import QUALITY, text_table
from ccpl.files.sheets import contact_sheet
from ccpl.files.sources import CLIPS, find_files, find_pictures
from ccpl.files.weights import WEIGHTS_DIR, available_models
from ccpl.image import load_image, to_image
from ccpl.options import check_options, option
from ccpl.painting.shipped import load_stylizer

SHEET = (8, 10)  # contents and styles on a contact sheet, at most
THUMBNAIL = 156  # pixels


@dataclass(frozen=True)
class EvaluateConfig:
    """One evaluation. Pictures are stylized and compared with the short side at 256 pixels."""

    content_dir: str = option("examples/contents", "folder of photos")
    style_dir: str = option("examples/styles", "folder of style pictures")
    clips: str | None = option(None, "folder of clips to measure flicker on")
    modes: tuple[Mode, ...] = option(MODES, "modes to evaluate")
    arch: Arch = option("lite", "architecture")
    transforms: tuple[Transform, ...] = option(
        ("sct",), "methods that join content and style, where there are weights for them"
    )
    limit: int | None = option(None, "contents, styles and clips at most", low=1)
    frames: int = option(30, "frames of every clip; flicker needs two", low=2)
    clip_side: int = option(320, "longer side of the clips in pixels", low=16)
    clip_styles: int = option(2, "styles each clip is stylized with", low=0)
    stabilize: Stabilize = option("statistics", "how clips are kept steady")
    vgg: str | None = option(
        None, "VGG-19 weight file; default: $CCPL_VGG, torch's cache, our own features"
    )
    weights_dir: str | None = option(None, "folder of weight files; default: the project's own")
    output: str = option("runs/evaluation", "folder for evaluation.json and index.html")
    readme: str | None = option(None, "README whose <!-- quality --> section is rewritten")
    device: Literal["auto", "cpu", "cuda"] = option("auto", "where to compute")

    def __post_init__(self) -> None:
        check_options(self)


@dataclass(frozen=True)
class EvaluateProgress:
    """How far it is; the last report carries the result."""

    done: int  # stylized pictures and clips
    total: int
    what: str  # was done last
    result: dict[str, Any] | None = None  # what evaluation.json holds

    @property
    def table(self) -> str:
        """The result as text; empty before the end."""
        return text_table(self.result["rows"], QUALITY, "method") if self.result else ""


def evaluate(config: EvaluateConfig) -> Iterator[EvaluateProgress]:
    """Stylize, measure, and write evaluation.json and index.html.

    Yields:
        A report after every picture and clip; the last one has the `result`.
    Raises:
        InputError: no pictures, a missing weight file, a clip that cannot be read, or a place that
            cannot be written to; the last before any work.
    """
    for path in _files(config):
        check_place(path)
    if config.readme:
        check_readme(config.readme, "quality")
    contents, styles = (_pictures(f, config.limit) for f in (config.content_dir, config.style_dir))
    clips = find_files(config.clips, CLIPS | {".gif"})[: config.limit] if config.clips else []
    clip_styles = styles[: config.clip_styles]
    methods, features = _methods(config), metric_features(config.vgg)
    total = (len(contents) * len(styles) + len(clips) * len(clip_styles)) * len(methods)
    done, pair_entries, clip_entries = 0, [], []
    thumbnails: dict[str, dict[tuple[int, int], Image.Image]] = defaultdict(dict)
    for content, style, stylized, entry in measure_pairs(contents, styles, methods, features):
        done += 1
        pair_entries.append(entry)
        if content < SHEET[0] and style < SHEET[1]:
            small = to_image(stylized)
            small.thumbnail((2 * THUMBNAIL,) * 2)
            thumbnails[entry["method"]][content, style] = small
        yield EvaluateProgress(done, total, f"{entry['content']} + {entry['style']}")
    sizes = {"frames": config.frames, "side": config.clip_side}
    for entries in measure_clips(clips, clip_styles, methods, **sizes):
        done += len(methods)
        clip_entries += entries
        yield EvaluateProgress(done, total, f"{entries[0]['clip']} + {entries[0]['style']}")
    result = {
        "kind": "evaluation",
        "machine": dataclasses.asdict(describe_machine()),
        "config": dataclasses.asdict(config),
        "features": features.name,
        "counts": {"contents": len(contents), "styles": len(styles), "clips": len(clips)},
        "rows": [_row(method.name, pair_entries, clip_entries) for method in methods],
        "pairs": pair_entries,
        "clips": clip_entries,
    }
    margins = [
        [load_image(path) for path in paths[:most]]
        for paths, most in zip((contents, styles), SHEET, strict=True)
    ]
    sheets = {
        method.name: contact_sheet(*margins, thumbnails[method.name], side=THUMBNAIL)
        for method in methods[1:]
    }
    _write(result, sheets, config)
    yield EvaluateProgress(done, total, "report", result)


def _pictures(folder: str, limit: int | None) -> list[Path]:
    found = find_pictures(folder)[:limit]
    if not found:
        raise InputError(f"no picture in {folder}; put PNG, JPEG or WebP files there")
    return found


def _methods(config: EvaluateConfig) -> list[Method]:
    """The content itself, then every model and AdaIN in its place."""
    methods = [Method()]
    where = {"device": config.device, "weights_dir": config.weights_dir or WEIGHTS_DIR}
    known = available_models(Path(where["weights_dir"]))
    for mode, transform in product(config.modes, config.transforms):
        name = model_name(config.arch, mode, transform)
        if transform != "sct" and name not in known:  # not every mode has every method
            continue
        stylizer = load_stylizer(mode, arch=config.arch, transform=transform, **where)
        methods.append(Network(stylizer, config.stabilize))
        if transform == "sct":
            methods.append(AdaINForSCT(stylizer))
    return methods


def _row(name: str, pairs: list[dict[str, Any]], clips: list[dict[str, Any]]) -> dict[str, Any]:
    """Means of one method."""
    own = [pair for pair in pairs if pair["method"] == name]
    row: dict[str, Any] = {"method": name}
    for key in Figures._fields:
        row[key] = _mean([pair["figures"][key] for pair in own])
    for key in ("lpips", "motion"):
        row[key] = _mean([pair[key] for pair in own])
    row["ms"] = statistics.median(pair["ms"] for pair in own)
    row["memory"] = max((pair["memory"] or 0 for pair in own), default=0) or None
    for interval in INTERVALS:
        chosen = [c for c in clips if (c["method"], c["interval"]) == (name, interval)]
        row[f"flicker_{interval}"] = _mean([c["ratio"] for c in chosen])
    return row


def _mean(values: list[float | None]) -> float | None:
    known = [v for v in values if v is not None]
    return sum(known) / len(known) if known else None


def _files(config: EvaluateConfig) -> tuple[Path, Path]:
    """The figures, and the page that shows them."""
    return Path(config.output) / "evaluation.json", Path(config.output) / "index.html"


def _write(
    result: dict[str, Any], sheets: Mapping[str, Image.Image], config: EvaluateConfig
) -> None:
    figures, page = _files(config)
    write_atomically(figures, json.dumps(result, indent=1).encode())
    write_atomically(page, evaluation_report(result, sheets).encode())
    if config.readme:
        update_readme(config.readme, "quality", quality_markdown(result))
