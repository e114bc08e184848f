"""The frames of one clip or camera, stylized in order."""

from typing import Protocol

import torch
from torch import Tensor

from ccpl.colour.lut import Lut
from ccpl.image import Picture
from ccpl.look import Look
from ccpl.painting.finish import finish
from ccpl.painting.lut_route import LutRoute
from ccpl.painting.routes import Code, Route, State


class Routed(Protocol):
    """What a Stylizer is to frames."""

    def route_of(self, code: Code | Lut, stroke_map: Picture | None = None) -> Route | LutRoute:
        """How a style is applied."""


class FrameStylizer:
    """Stylizes consecutive frames; what the route keeps of the frames before stays here.

    Args:
        stylizer: knows how a style is applied.
        code: the style.
        look: how; the strength comes with the frames.
        mask, stroke_map: see `Stylizer.stylize`; they lie over every frame.
    """

    def __init__(
        self,
        stylizer: Routed,
        code: Code | Lut,
        look: Look,
        *,
        mask: Picture | None = None,
        stroke_map: Picture | None = None,
    ) -> None:
        self.route = stylizer.route_of(code, stroke_map)
        self.code, self.look, self.mask = code, look, mask
        self.state: State | None = None

    @torch.inference_mode()
    def __call__(self, frames: Tensor, strengths: Tensor, cuts: Tensor) -> Tensor:
        """Stylize a batch of frames.

        Args:
            frames: (B, 3, H, W) in [0, 1] on the CPU, in order of time.
            strengths: (B,) in [0, 1].
            cuts: (B,) bool, True at the first frame of a scene.
        Returns:
            (B, 3, H, W) in [0, 1] on the CPU.
        """
        out, self.state = self.route.stylize_frames(
            frames, self.code, self.look, strengths, cuts, self.state
        )
        return finish(frames, out.clamp_(0, 1), self.look, self.mask)
