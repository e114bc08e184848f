"""One picture stylized several ways, side by side, each with its figures."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

from PIL import Image

from ccpl.config import MODES, TRANSFORM_NAMES, Transform, model_name
from ccpl.errors import InputError
from ccpl.evaluation.metrics import compare_figures
from ccpl.files.weights import available_models
from ccpl.look import KINDS, Look, kinds, transform_titles
from ccpl.painting.requests import Host, Inputs, Painted, stylize_picture


class Contender(NamedTuple):
    """One way to stylize the picture."""

    label: str
    inputs: Inputs
    look: Look


class Compared(NamedTuple):
    """What became of a contender."""

    label: str
    inputs: Inputs
    look: Look
    painted: Painted
    figures: dict[str, float]  # style, gram, content, ssim: see `ccpl.evaluation.metrics.Figures`


def contenders(inputs: Inputs, look: Look, *, methods: bool = False) -> list[Contender]:
    """What to compare: every mode with one style, or two styles in the look's mode.

    Args:
        methods: compare the transforms that there are weights for instead of the modes.
    Raises:
        InputError: there is no style picture to measure the distance to, or fewer than two methods.
    """
    if not inputs.styles:
        raise InputError("a comparison needs a style picture; a tuned style is not compared")
    if inputs.is_lut:
        raise InputError("a comparison measures the distance to a style picture, not to a LUT")
    if methods:
        titles, known = transform_titles(), _known_methods(look)
        return [Contender(titles[t], inputs, replace(look, transform=t)) for t in known]
    if len(inputs.styles) == 1:
        return [Contender(mode, inputs, replace(look, mode=mode)) for mode in MODES]
    names = list(inputs.names)
    if len(set(names)) < len(names):
        names = [f"{name} ({place})" for place, name in enumerate(names, 1)]
    return [
        Contender(name, replace(inputs, styles=[style], names=[name]), look)
        for name, style in zip(names, inputs.styles, strict=True)
    ]


def _known_methods(look: Look) -> list[Transform]:
    if "transform" not in kinds(look.mode, look.arch):
        raise InputError(f"methods are compared in {KINDS['transform']}")
    names = {model_name(look.arch, look.mode, t): t for t in TRANSFORM_NAMES}
    known = [transform for name, transform in names.items() if name in available_models()]
    if len(known) < 2:
        missing = ", ".join(name for name, t in names.items() if t not in known)
        raise InputError(
            "comparing methods needs the weights of two or more; missing are "
            f"{missing}; train them with --train --transform"
        )
    return known


def compare(host: Host, content: Image.Image, asked: Sequence[Contender]) -> Iterator[Compared]:
    """Stylize a picture in every way and measure each result."""
    for label, inputs, look in asked:
        painted = stylize_picture(host, content, inputs, look)
        figures = compare_figures(painted.content, inputs.styles[0], painted.stylized)
        yield Compared(label, inputs, look, painted, figures)
