"""What an evaluation measures: every content with every style, and every clip, by every method."""

from collections.abc import Iterator, Sequence
from itertools import islice, product
from pathlib import Path
from time import perf_counter
from typing import Any, NamedTuple

import numpy as np
from PIL import Image
from torch import Tensor

from ccpl.errors import InputError
from ccpl.evaluation.features import MetricFeatures
from ccpl.evaluation.machine import peak_memory, reset_peak_memory
from ccpl.evaluation.methods import Method
from ccpl.evaluation.metrics import figures, lpips, measure, resized
from ccpl.evaluation.temporal import flicker_ratio, synthetic_motion_error, warping_errors
from ccpl.image import load_image, to_tensor
from ccpl.video import VideoReader, probe

INTERVALS = (1, 10)  # frames


class Pair(NamedTuple):
    """One content in one style by one method."""

    content: int  # their places among the contents and styles
    style: int
    stylized: Tensor  # (1, 3, H, W) in [0, 1]
    entry: dict[str, Any]  # names and figures, as evaluation.json holds them


def measure_pairs(
    contents: Sequence[Path],
    styles: Sequence[Path],
    methods: Sequence[Method],
    features: MetricFeatures,
) -> Iterator[Pair]:
    """Stylize and judge every content with every style by every method."""
    pictures = [resized(load_image(path)) for path in styles]
    goals = [measure(to_tensor(picture), features) for picture in pictures]
    for i, path in enumerate(contents):
        own = measure(to_tensor(resized(load_image(path))), features)
        for (j, picture), method in product(enumerate(pictures), methods):
            reset_peak_memory()
            began = perf_counter()
            stylized = method.picture(own.image, picture)
            seconds, memory = perf_counter() - began, peak_memory()
            judged = figures(own, goals[j], measure(stylized, features))
            entry = {
                "content": path.stem,
                "style": styles[j].stem,
                "method": method.name,
                "figures": judged._asdict(),
                "ms": 1000 * seconds,
                "memory": memory,
                "lpips": lpips(own.image, stylized),
                # Twice the work, so one style for each content is enough.
                "motion": _motion(method, own.image, picture) if j == i % len(styles) else None,
            }
            yield Pair(i, j, stylized, entry)


def _motion(method: Method, content: Tensor, style: Image.Image) -> float:
    return synthetic_motion_error(lambda image: method.picture(image, style), content)


def measure_clips(
    clips: Sequence[Path],
    styles: Sequence[Path],
    methods: Sequence[Method],
    *,
    frames: int,
    side: int,
) -> Iterator[list[dict[str, Any]]]:
    """Flicker of every clip with every style: entries by method and interval.

    Args:
        methods: the first one changes nothing.
        frames: of each clip, at most.
        side: the longer one, in pixels.
    Raises:
        InputError: a clip cannot be read or has fewer than two frames.
    """
    pictures = [(path.stem, resized(load_image(path))) for path in styles]
    for path in clips:
        info = probe(path)
        with VideoReader(info, size=info.fit(side)) as reader:
            clip = list(islice(reader, frames))
        if len(clip) < 2:
            raise InputError(f"{path} has fewer than two frames; leave it out")
        for name, picture in pictures:
            results = [method.clip(clip, picture) for method in methods[1:]]
            entries = _flicker(clip, results, methods)
            yield [{"clip": path.stem, "style": name} | entry for entry in entries]


def _flicker(
    frames: list[np.ndarray], results: list[list[np.ndarray]], methods: Sequence[Method]
) -> list[dict[str, Any]]:
    entries = []
    for interval in (i for i in INTERVALS if i < len(frames)):
        errors = warping_errors(frames, results, interval=interval)
        ratios = [1.0, *flicker_ratio(errors).tolist()]
        for method, column, ratio in zip(methods, errors.T.tolist(), ratios, strict=True):
            series = [None if e != e else round(e, 5) for e in column]  # NaN is no JSON
            entries.append(
                {"method": method.name, "interval": interval, "ratio": ratio, "errors": series}
            )
    return entries
