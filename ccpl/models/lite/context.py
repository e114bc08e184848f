"""What the small decoders know besides the features."""

from typing import NamedTuple

from torch import Tensor

from ccpl.models.lite.colour import transfer_colours
from ccpl.models.statistics import ContentStats, StyleCode
from ccpl.models.window import Window


class Context(NamedTuple):
    """The contents at hand, and what is known of them as a whole and of the styles."""

    content: Tensor  # (B, 3, H, W) in [0, 1]
    base: Tensor  # (B, 3, H, W): the contents in the colours of the styles
    code: StyleCode  # of B styles or of one
    stats: ContentStats  # of B whole contents or of one
    window: Window  # the piece of the whole that the contents are


def make_context(content: Tensor, code: StyleCode, stats: ContentStats, window: Window) -> Context:
    """With the base: colours with the statistics of the contents mapped to those of the styles."""
    base = transfer_colours(content, stats.colours, code.colours)
    return Context(content, base, code, stats, window)
