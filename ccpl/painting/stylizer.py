"""Stylizer: a picture in, a picture out; a style is encoded once and kept.

Safe to share between threads: it holds no state of a request.
"""

import threading
from collections import OrderedDict
from collections.abc import Generator, Sequence
from dataclasses import replace
from operator import attrgetter
from typing import NamedTuple

import numpy as np
import torch
from PIL import Image
from torch import Tensor, nn

from ccpl.colour.lut import Lut
from ccpl.config import model_name
from ccpl.errors import InputError
from ccpl.image import (
    Picture,
    fingerprint,
    fit_within,
    join_alpha,
    split_alpha,
    to_tensor,
    to_uint8,
    visible_part,
)
from ccpl.look import Look
from ccpl.models import FixedCode, PainterCode, StyleCode, mix_codes
from ccpl.models.network import blend
from ccpl.models.statistics import map_tensors
from ccpl.painting.finish import finish
from ccpl.painting.frames import FrameStylizer
from ccpl.painting.lut_route import LutRoute
from ccpl.painting.optimise import optimise_for
from ccpl.painting.routes import Code, Route, route_for
from ccpl.painting.strokes import with_map
from ccpl.painting.tiles import Step, finished

CACHED_STYLES = 64


class Stylized(NamedTuple):
    """A result, and what it would be at full strength."""

    picture: Picture
    full: Picture


# Two pictures are blended; None is the style that the network was tuned to.
Style = Picture | Code | Lut | Sequence[Picture] | None


class Stylizer:
    """Applies one network.

    Args:
        network: a trained network.
        device: where to run it.
        dtype: of its weights and features; statistics stay float32.
        own: the code of the one style it was tuned to; it then paints in no other.
    """

    def __init__(
        self,
        network: nn.Module,
        *,
        device: str = "cpu",
        dtype: torch.dtype = torch.float32,
        own: Code | None = None,
    ) -> None:
        self.device = torch.device(device)
        self.network = network.eval().to(self.device, dtype, memory_format=torch.channels_last)
        self.route, self._lut_route = route_for(self.network, self.device), LutRoute()
        self.own = None if own is None else map_tensors(lambda part: part.to(self.device), own)
        self._styles: OrderedDict[tuple[str, float], Code] = OrderedDict()
        self._lock = threading.Lock()

    @property
    def name(self) -> str:
        """arch.mode of the network."""
        return self.network.config.name

    @property
    def look(self) -> Look:
        """What this network paints unless another strength, size ... is asked for."""
        config = self.network.config
        return Look(mode=config.mode, arch=config.arch, transform=config.transform)

    @torch.inference_mode()
    def encode_style(self, style: Style, look: Look | None = None) -> Code | Lut:
        """Reduce a style to its code, remembered by the picture's pixels.

        Args:
            style: a picture; two, to be blended by the look's share; a code or, in photo mode, a
                LUT, returned as it is.
            look: what it is encoded for; with some networks the stroke size counts.
        Raises:
            InputError: a picture is transparent throughout, or a LUT has no place here.
        """
        look = look or self.look
        if self.own is not None:
            return self.own
        if style is None:
            raise InputError("give a style picture; only a tuned style needs none")
        if isinstance(style, Lut):
            if look.mode != "photo":
                raise InputError(f"a .cube LUT is a look for mode photo, not {look.mode}")
            return style
        if isinstance(style, StyleCode | PainterCode | FixedCode):
            return style
        scale = self.route.style_scale(look)
        if isinstance(style, Image.Image | np.ndarray):
            return self._encode_picture(style, scale)
        if len(style) != 2:
            raise InputError(f"a blend is of two styles, got {len(style)}")
        if any(isinstance(part, Lut) for part in style):
            raise InputError("a .cube LUT cannot be blended with a second style; give one of them")
        shares = {0: 1 - look.share, 1: look.share}
        chosen = [place for place, share in shares.items() if share > 0]
        codes = [self._encode_picture(style[place], scale) for place in chosen]
        return mix_codes(codes, [shares[place] for place in chosen])

    def _encode_picture(self, style: Picture, scale: float) -> Code:
        image = visible_part(style)
        key = (fingerprint(image), scale)
        with self._lock:
            if key in self._styles:
                self._styles.move_to_end(key)
                return self._styles[key]
        code = self.route.encode_style(image, scale)
        with self._lock:
            self._styles[key] = code
            while len(self._styles) > CACHED_STYLES:
                self._styles.popitem(last=False)
        return code

    def stylize(
        self,
        content: Picture,
        style: Style = None,
        look: Look | None = None,
        *,
        mask: Picture | None = None,
        stroke_map: Picture | None = None,
    ) -> Picture:
        """Stylize one picture.

        Args:
            content: PIL image or (H, W, 1 | 3 | 4) uint8; transparency is kept.
            style: see `encode_style`.
            look: what is asked for, of this network's mode and architecture.
            mask: a grey picture, resized to the content; white is stylized, or black if the
                look's region is outside.
            stroke_map: a grey picture, stretched over the content: the lighter a place, the finer
                its strokes. Without one a look's contrast of strokes follows attention.
        Returns:
            The kind it got, RGB or RGBA, of the content's size (or the look's `max_side`).
        Raises:
            InputError: not an 8-bit picture, or the look is of another network.
        """
        steps = self.steps(content, style, look, mask=mask, stroke_map=stroke_map)
        return finished(steps).picture

    def steps(
        self,
        content: Picture,
        style: Style = None,
        look: Look | None = None,
        *,
        mask: Picture | None = None,
        stroke_map: Picture | None = None,
    ) -> Generator[Step, None, Stylized]:
        """`stylize`, a step after every tile of a large picture; it may be left in between.

        While a picture is optimised the steps hold what it is `so_far`.
        """
        look = with_map(self._checked(look), stroke_map)
        image, alpha = split_alpha(content)
        original = fit_within(image, look.max_side)
        source = to_tensor(original)

        def picture(painted: Tensor, strength: float) -> Picture:
            result = finish(source, blend(source, painted, strength).clamp(0, 1), look, mask)
            pixels = to_uint8(result)[0].numpy()
            if alpha is not None:
                pixels = join_alpha(pixels, alpha.resize(original.size), content)
            return Image.fromarray(pixels) if isinstance(content, Image.Image) else pixels

        @torch.inference_mode()
        def stylized(painted: Tensor) -> Stylized:
            full = picture(painted, 1.0)
            return Stylized(full if look.strength == 1 else picture(painted, look.strength), full)

        painted = yield from self._painted(source, style, look, stroke_map)
        if look.optimize != "off":
            start = painted.clamp(0, 1)
            for report in optimise_for(look, source, style, start, device=self.device):
                painted = report.picture
                yield Step(round(100 * report.share), 100, stylized(painted))
        return stylized(painted)

    def stylize_colours(
        self,
        colours: Tensor,
        style: Style = None,
        look: Look | None = None,
        *,
        mask: Picture | None = None,
    ) -> Tensor:
        """`stylize` without a detour through 8 bits: (1, 3, H, W) in [0, 1] -> the same."""
        look = self._checked(look)
        with torch.inference_mode():
            painted = finished(self._painted(colours, style, look))
            return finish(colours, blend(colours, painted, look.strength).clamp(0, 1), look, mask)

    @torch.inference_mode()
    def _painted(
        self, source: Tensor, style: Style, look: Look, stroke_map: Picture | None = None
    ) -> Generator[Step, None, Tensor]:
        """What the network makes of (1, 3, H, W) at full strength."""
        code = self.encode_style(style, look)
        route = self.route_of(code, stroke_map)
        return (yield from route.steps(source, code, replace(look, strength=1.0)))

    @torch.inference_mode()
    def stylize_small(
        self, content: Image.Image, styles: Sequence[Picture], look: Look | None = None
    ) -> list[Image.Image]:
        """One small picture in several styles at full strength, in one batch."""
        look = replace(self._checked(look), strength=1.0)
        source = to_tensor(split_alpha(content)[0])
        codes = [self.encode_style(style, look) for style in styles]
        code = map_tensors(lambda *parts: torch.cat(parts), *codes)
        painted = self.route.stylize(source.expand(len(codes), -1, -1, -1), code, look)
        return [Image.fromarray(pixels.numpy()) for pixels in to_uint8(painted.clamp(0, 1))]

    def route_of(self, code: Code | Lut, stroke_map: Picture | None = None) -> Route | LutRoute:
        """How a style is applied; a map of strokes is for looks that know several sizes."""
        if stroke_map is not None:
            return self.route.with_map(stroke_map)
        return self._lut_route if isinstance(code, Lut) else self.route

    def _checked(self, look: Look | None) -> Look:
        look, own = look or self.look, self.look
        named = attrgetter("mode", "arch", "transform")
        other = named(look) != named(own)
        if other and not (self.own is not None and look.names_tuned):
            raise InputError(
                f"the look asks for {model_name(look.arch, look.mode, look.transform)}, this "
                f"network is {self.name}; "
                "load the one it asks for"
            )
        return look

    def frame_stylizer(
        self,
        style: Style = None,
        look: Look | None = None,
        *,
        mask: Picture | None = None,
        stroke_map: Picture | None = None,
    ) -> FrameStylizer:
        """A callable for the frames of one clip or camera, in order; arguments as of `stylize`."""
        look = with_map(self._checked(look), stroke_map)
        if look.optimize != "off":
            raise InputError("optimize is for pictures; leave it off for clips and the camera")
        code = self.encode_style(style, look)
        return FrameStylizer(self, code, look, mask=mask, stroke_map=stroke_map)
