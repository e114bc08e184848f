"""Quality of the models: contents x styles x modes, and clips, beside two baselines.

The content itself shows where "nothing transferred" lies; AdaIN between the same encoder and
decoder shows what the covariance transformation adds.
"""

import dataclasses
import json
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice, product
from pathlib import Path
from typing import Any, Literal

import numpy as np
from PIL import Image
from torch import Tensor

from ccpl.atomic import write_atomically
from ccpl.config import MODES, Arch, Mode, Stabilize
from ccpl.errors import InputError
from ccpl.evaluation.features import MetricFeatures, metric_features
from ccpl.evaluation.machine import describe_machine
from ccpl.evaluation.methods import AdaIN, Method, Network
from ccpl.evaluation.metrics import Figures, Seen, figures, lpips, resized, see
from ccpl.evaluation.report import (
    QUALITY,
    ContactSheet,
    evaluation_page,
    quality_markdown,
    text_table,
    update_readme,
)
from ccpl.evaluation.temporal import flicker_ratio, synthetic_motion_error, warping_errors
from ccpl.files.sources import find_files, find_pictures
from ccpl.files.weights import WEIGHTS_DIR
from ccpl.image import load_image, to_image, to_tensor
from ccpl.options import check_options, option
from ccpl.painting.stylizer import load_stylizer
from ccpl.video import VideoReader, probe

INTERVALS = (1, 10)  # frames
CLIP_SUFFIXES = {".mp4", ".mov", ".webm", ".mkv", ".avi", ".gif"}
SHEET = (8, 10)  # contents and styles on a contact sheet, at most


@dataclass(frozen=True)
class EvaluateConfig:
    """One evaluation. Pictures are stylized and compared with the short side at 256 pixels."""

    content_dir: str = option("examples/contents", "folder of photos")
    style_dir: str = option("examples/styles", "folder of style pictures")
    clips: str | None = option(None, "folder of clips to measure flicker on")
    modes: tuple[Mode, ...] = option(MODES, "modes to evaluate")
    arch: Arch = option("lite", "architecture")
    limit: int | None = option(None, "contents, styles and clips at most", low=1)
    frames: int = option(30, "frames of every clip; flicker needs two", low=2)
    clip_side: int = option(320, "longer side of the clips in pixels", low=16)
    clip_styles: int = option(2, "styles each clip is stylized with", low=0)
    stabilize: Stabilize = option("statistics", "how clips are kept steady")
    vgg: str | None = option(
        None, "VGG-19 weight file; default: $CCPL_VGG, torch's cache, stand-in"
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


@dataclass(frozen=True)
class _Plan:
    """What is compared."""

    contents: list[Path]
    styles: list[Path]
    clips: list[Path]
    methods: list[Method]
    clip_styles: int

    @property
    def total(self) -> int:
        styles = min(self.clip_styles, len(self.styles))
        each = len(self.contents) * len(self.styles) + len(self.clips) * styles
        return each * len(self.methods)


def _plan(config: EvaluateConfig) -> _Plan:
    limit = config.limit
    contents, styles = (
        find_pictures(config.content_dir)[:limit],
        find_pictures(config.style_dir)[:limit],
    )
    for found, folder in ((contents, config.content_dir), (styles, config.style_dir)):
        if not found:
            raise InputError(f"no picture in {folder}; put PNG, JPEG or WebP files there")
    clips = find_files(config.clips, CLIP_SUFFIXES)[:limit] if config.clips else []
    methods = [Method()]
    for mode in config.modes:
        where = {"device": config.device, "weights_dir": config.weights_dir or WEIGHTS_DIR}
        stylizer = load_stylizer(mode, arch=config.arch, **where)
        methods += [Network(stylizer, config.stabilize), AdaIN(stylizer)]
    return _Plan(contents, styles, clips, methods, config.clip_styles)


def evaluate(config: EvaluateConfig) -> Iterator[EvaluateProgress]:
    """Stylize, measure, and write evaluation.json and index.html.

    Yields:
        A report after every picture and clip; the last one has the `result`.
    Raises:
        InputError: no pictures, a missing weight file, a clip that cannot be read.
    """
    plan, features = _plan(config), metric_features(config.vgg)
    pairs: list[dict[str, Any]] = []
    clips: list[dict[str, Any]] = []
    sheets: dict[str, ContactSheet] = {}
    done = 0
    for done, pair in enumerate(_pairs(plan, features, sheets), 1):
        pairs.append(pair)
        yield EvaluateProgress(done, plan.total, f"{pair['content']} + {pair['style']}")
    for entries in _clips(plan, config):
        clips += entries
        done += len(plan.methods)
        yield EvaluateProgress(done, plan.total, f"{entries[0]['clip']} + {entries[0]['style']}")
    counts = {name: len(getattr(plan, name)) for name in ("contents", "styles", "clips")}
    result = {
        "kind": "evaluation",
        "machine": dataclasses.asdict(describe_machine()),
        "config": dataclasses.asdict(config),
        "features": features.name,
        "counts": counts,
        "rows": [_row(method.name, pairs, clips) for method in plan.methods],
        "pairs": pairs,
        "clips": clips,
    }
    _write(result, sheets, config)
    yield EvaluateProgress(done, plan.total, "report", result)


def _pairs(
    plan: _Plan, features: MetricFeatures, sheets: dict[str, ContactSheet]
) -> Iterator[dict[str, Any]]:
    """Every content with every style by every method; fills the contact sheets."""
    styles = [resized(load_image(path)) for path in plan.styles]
    contents = [resized(load_image(path)) for path in plan.contents]
    for method in plan.methods[1:]:
        sheets[method.name] = ContactSheet(contents[: SHEET[0]], styles[: SHEET[1]])
    goals = [see(to_tensor(style), features) for style in styles]
    for i, content in enumerate(contents):
        own = see(to_tensor(content), features)
        for (j, style), method in product(enumerate(styles), plan.methods):
            stylized = method.picture(own.image, style)
            if sheet := sheets.get(method.name):
                sheet.add(to_image(stylized), i, j)
            names = {"content": plan.contents[i].stem, "style": plan.styles[j].stem}
            yield names | {
                "method": method.name,
                "figures": _measure(own, goals[j], stylized, features)._asdict(),
                "lpips": lpips(own.image, stylized),
                # Twice the work, so one style for each content is enough.
                "motion": _motion(method, own.image, style) if j == i % len(styles) else None,
            }


def _measure(own: Seen, goal: Seen, stylized: Tensor, features: MetricFeatures) -> Figures:
    return figures(own, goal, see(stylized, features), features)


def _motion(method: Method, content: Tensor, style: Image.Image) -> float:
    return synthetic_motion_error(lambda image: method.picture(image, style), content)


def _clips(plan: _Plan, config: EvaluateConfig) -> Iterator[list[dict[str, Any]]]:
    """Flicker of every clip with its styles, by every method and interval."""
    styles = [(p.stem, resized(load_image(p))) for p in plan.styles[: config.clip_styles]]
    for path in plan.clips:
        info = probe(path)
        with VideoReader(info, size=info.fit(config.clip_side)) as reader:
            frames = list(islice(reader, config.frames))
        if len(frames) < 2:
            raise InputError(f"{path} has fewer than two frames; leave it out")
        for name, style in styles:
            results = [method.clip(frames, style) for method in plan.methods[1:]]
            yield _flicker(frames, results, plan.methods, {"clip": path.stem, "style": name})


def _flicker(
    frames: list[np.ndarray],
    results: list[list[np.ndarray]],
    methods: list[Method],
    names: dict[str, str],
) -> list[dict[str, Any]]:
    entries = []
    for interval in (i for i in INTERVALS if i < len(frames)):
        errors = warping_errors(frames, results, interval=interval)
        ratios = [1.0, *flicker_ratio(errors).tolist()]
        for method, column, ratio in zip(methods, errors.T.tolist(), ratios, strict=True):
            series = [None if e != e else round(e, 5) for e in column]  # NaN is no JSON
            entry = {"method": method.name, "interval": interval, "ratio": ratio, "errors": series}
            entries.append(names | entry)
    return entries


def _row(name: str, pairs: list[dict[str, Any]], clips: list[dict[str, Any]]) -> dict[str, Any]:
    """Means of one method."""
    own = [pair for pair in pairs if pair["method"] == name]
    row: dict[str, Any] = {"method": name}
    for key in Figures._fields:
        row[key] = _mean([pair["figures"][key] for pair in own])
    for key in ("lpips", "motion"):
        row[key] = _mean([pair[key] for pair in own])
    for interval in INTERVALS:
        chosen = [c for c in clips if (c["method"], c["interval"]) == (name, interval)]
        row[f"flicker_{interval}"] = _mean([c["ratio"] for c in chosen])
    return row


def _mean(values: list[float | None]) -> float | None:
    known = [v for v in values if v is not None]
    return sum(known) / len(known) if known else None


def _write(result: dict[str, Any], sheets: dict[str, ContactSheet], config: EvaluateConfig) -> None:
    folder = Path(config.output)
    write_atomically(folder / "evaluation.json", json.dumps(result, indent=1).encode())
    write_atomically(folder / "index.html", evaluation_page(result, sheets).encode())
    if config.readme:
        update_readme(config.readme, "quality", quality_markdown(result))
