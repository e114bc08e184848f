"""--tune: from a style, or a style and a shot, to a file that holds a network of its own.

`tune` does it all; `Session` and `follow` are for those who show how it is getting on.
"""

import logging
import math
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from PIL import Image
from torch import Tensor, nn

from ccpl.atomic import check_place
from ccpl.config import VideoConfig
from ccpl.device import pick_device
from ccpl.errors import InputError
from ccpl.files.features import load_features
from ccpl.files.tuned import THUMBNAIL_SIDE, Tuned, TunedFacts, load_tuned, save_tuned
from ccpl.files.vgg import EXAMPLES, find_vgg, load_vgg
from ccpl.files.weights import WEIGHTS_DIR, load_network
from ccpl.image import (
    Picture,
    fingerprint,
    fit_within,
    load_image,
    to_tensor,
    visible_part,
)
from ccpl.look import Look
from ccpl.models import FixedCode, Network, PainterCode, PainterNet, StyleCode
from ccpl.models.painter.fixed import fold
from ccpl.models.painter.network import STYLE_SIDE
from ccpl.models.statistics import map_tensors
from ccpl.painting.routes import sized_style
from ccpl.painting.stylizer import Stylizer
from ccpl.painting.tuned import tuned_stylizer
from ccpl.training.tune.config import TuneConfig, settings
from ccpl.training.tune.lesson import Extractor, Lesson, PhotoLessons
from ccpl.training.tune.loop import TuneReport, Tuning, tune_steps
from ccpl.training.tune.objective import TuneObjective, content_error
from ccpl.training.tune.shot import ShotLessons

log = logging.getLogger(__name__)

# Paintings are contents too: four photos alone would be learned by heart.
CONTENTS = [EXAMPLES, EXAMPLES.with_name("styles")]
JUDGED = 12  # lessons that the general network's content error is measured on
TAPS = ("relu1_1", "relu2_1", "relu3_1", "relu3_4")
# Pixels of a style's short side beside crops, which are of pictures of as many; photo's are smaller
COMPARED_SIDE = {"artistic": STYLE_SIDE, "perceptual": STYLE_SIDE, "photo": 256}
PREVIEW_EVERY = 20.0  # seconds
PREVIEW_SIDE = 384  # pixels: longest side of the content in a preview
LEAST_SPREAD = 0.01  # deviation of a style's colours under which it shows no style


def default_features(path: str | None) -> Extractor:
    """VGG-19 up to relu3_4 where its weights are at hand, else our own features.

    Raises:
        InputError: a file was named that does not exist or is no VGG-19 file.
    """
    found = find_vgg(path)
    return load_vgg(found, TAPS) if found else load_features()


@dataclass(frozen=True)
class Progress:
    """What `follow` yields after every step."""

    report: TuneReport
    preview: Image.Image | None = None  # content | general network | tuned so far, side by side
    kept: Path | None = None  # a file that was written


def tune(
    style: Picture | str | Path,
    *,
    features: Extractor | None = None,
    **options: Any,
) -> Stylizer:
    """Give a style a network of its own, and return it.

    Args:
        style: a picture or its file.
        features: what styles are compared by; VGG-19 unless given.
        options: fields of a TuneConfig; a file is written if there is a `name` or an `output`.
    Raises:
        InputError: something that was given cannot be used.
    """
    if isinstance(style, str | Path):
        options, style = {"style": str(style), **options}, load_image(style)
    config = TuneConfig(**options)
    if config.name or config.output:
        check_place(config.path)
    session = Session(config, style, features)
    for _ in tune_steps(session.tuning, config):
        pass
    if config.name or config.output:
        session.save(config.path)
    return tuned_stylizer(session.tuned(), str(session.device))


class Session:
    """One tuning: what it is made of, and the result so far.

    Args:
        style: the style picture.
        features: see `tune`.
        preview: a content whose previews are shown; one of those it is tuned on unless given.
    Raises:
        InputError: something that was given cannot be used.
    """

    def __init__(
        self,
        config: TuneConfig,
        style: Picture,
        features: Extractor | None = None,
        *,
        preview: Image.Image | None = None,
    ) -> None:
        self.config, self.device = config, pick_device(config.device)
        self.style = checked_style(style)
        before = self._earlier()
        general = load_network(WEIGHTS_DIR / f"lite.{config.mode}.safetensors")
        self._general = Stylizer(general, device=str(self.device))
        start, self._code = fixed(general, self._general.encode_style(self.style))
        network = before.network if before else start
        self._steps, self._seconds = (
            (before.facts.steps, before.facts.seconds) if before else (0, 0.0)
        )
        features = (features or default_features(config.vgg)).to(
            self.device, memory_format=torch.channels_last
        )
        objective = TuneObjective(config, features, self._compared(), self._code)
        objective.to(self.device)
        source = self._lessons(objective.config.crop_size)

        def lessons(k: int) -> Lesson:
            return source[k].to(self.device)

        if config.mode != "photo":
            error = content_error(start.to(self.device), objective, map(lessons, range(JUDGED)))
            objective.goal = config.content_ratio * error
        network = network.to(self.device, memory_format=torch.channels_last)
        self.tuning = Tuning(network.requires_grad_(True), objective, lessons, config)
        self._preview = preview or source.sample
        self._plain: Image.Image | None = None  # the preview by the general network

    def _earlier(self) -> Tuned | None:
        """What is gone on from."""
        if not self.config.resume:
            return None
        path = self.config.path
        if not path.is_file():
            raise InputError(f"there is no {path} to go on from; leave out --resume")
        before = load_tuned(path)
        if before.facts.mode != self.config.mode:
            raise InputError(
                f"{path} was tuned with --mode {before.facts.mode}; give the same mode to go on"
            )
        if before.facts.style != fingerprint(self.style):
            raise InputError(f"{path} was tuned to another style; give the same one to go on")
        return before

    def _compared(self) -> Tensor:
        """The style at the size at which it is compared: the larger, the larger the strokes."""
        side = COMPARED_SIDE[self.config.mode] * self.config.stroke_size
        tensor = sized_style(self.style, side, 8, 64)
        return tensor.to(self.device, memory_format=torch.channels_last)

    def _lessons(self, size: int) -> PhotoLessons | ShotLessons:
        """What is learned from: squares of that size."""
        config = self.config
        if config.clip:
            part = VideoConfig(start=config.start, end=config.end)
            return ShotLessons(Path(config.clip), part, size, config.seed)
        folders = [Path(config.content_dir)] if config.content_dir else CONTENTS
        return PhotoLessons(folders, size, config.seed)

    def tuned(self) -> Tuned:
        """The best so far."""
        tuning = self.tuning
        thumbnail = self.style.convert("RGB")
        scale = min(1.0, THUMBNAIL_SIDE / min(thumbnail.size))
        thumbnail = fit_within(thumbnail, max(1, round(max(thumbnail.size) * scale)))
        facts = TunedFacts(
            name=self.config.label,
            mode=self.config.mode,
            style=fingerprint(self.style),
            steps=self._steps + tuning.step,
            seconds=round(self._seconds + tuning.seconds, 1),
            settings=settings(self.config),
        )
        return Tuned(facts, tuning.best_network(), self._code, thumbnail)

    def save(self, path: Path) -> None:
        """Write the best so far."""
        save_tuned(self.tuned(), path)

    def preview(self) -> Image.Image:
        """A content, by the general network, and by the best so far, side by side."""
        content = fit_within(self._preview.convert("RGB"), PREVIEW_SIDE)
        if self._plain is None:
            look = Look(mode=self.config.mode)
            self._plain = self._general.stylize(content, self.style, look)
        tuned = tuned_stylizer(self.tuned(), str(self.device)).stylize(content)
        pictures = (content, self._plain, tuned)
        strip = Image.new("RGB", (3 * content.width, content.height))
        for place, picture in enumerate(pictures):
            strip.paste(picture, (place * content.width, 0))
        return strip


def follow(session: Session) -> Iterator[Progress]:
    """Tune, with previews, stages and the file in the end; stopped early, the best so far is kept.

    Yields:
        One after every step; the last one has the file.
    Raises:
        InputError: a file cannot be written.
    """
    config = session.config
    path, stage, kept = config.path, 1, False
    shown = -math.inf
    try:
        for report in tune_steps(session.tuning, config):
            done = session.tuning.step if config.steps else report.seconds / 60
            written = preview = None
            if config.keep_every and done >= stage * config.keep_every and report.share < 1:
                written = path.with_name(f"{path.stem}-{stage}{path.suffix}")
                session.save(written)
                stage = math.floor(done / config.keep_every) + 1
            if time.monotonic() - shown >= PREVIEW_EVERY or report.share == 1:
                preview, shown = session.preview(), time.monotonic()
            if report.share == 1:
                session.save(path)
                kept, written = True, path
            yield Progress(report, preview, written)
    finally:
        if not kept and session.tuning.step:
            session.save(path)


def checked_style(style: Picture) -> Image.Image:
    """What can be seen of a style picture.

    Raises:
        InputError: it is of one colour, so there is nothing to be learned from it.
    """
    image = visible_part(style)
    small = image.convert("RGB").resize((64, 64), Image.Resampling.BOX)
    if to_tensor(small).flatten(2).std(2).max() < LEAST_SPREAD:
        raise InputError("the style picture is of one colour; choose one that has strokes")
    return image


def fixed(
    network: Network, code: StyleCode | PainterCode
) -> tuple[nn.Module, StyleCode | FixedCode]:
    """A network that begins as the general one in a style, and what it is told of that style."""
    if isinstance(network, PainterNet):
        return fold(network, code), FixedCode()
    return network, map_tensors(torch.clone, code)  # codes made for inference have no gradient


def start(config: TuneConfig) -> Session:
    """What the flags ask for.

    Raises:
        InputError: there is no style, or something that was given cannot be used.
    """
    if not config.style:
        raise InputError("tuning needs a style picture; give one with --style")
    check_place(config.path, config.style, config.clip)
    config.path.parent.mkdir(parents=True, exist_ok=True)
    return Session(config, load_image(config.style))
