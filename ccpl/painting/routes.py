"""How each kind of network is run on whole pictures and on the frames of clips.

A route knows what its network must know of a whole picture: statistics, gathered from tiles and
smoothed over time, or a draft. Pictures of any size go in on the CPU and come out of the same size.
"""

from collections.abc import Generator
from functools import partial
from operator import itemgetter
from typing import Protocol, TypeVar

import torch
from PIL import Image
from torch import Tensor, nn

from ccpl.image import Picture, pad_to_multiple, to_tensor
from ccpl.look import Look
from ccpl.models import (
    FixedCode,
    FixedPainter,
    PainterCode,
    PainterNet,
    StyleCode,
    StyleTransferNet,
)
from ccpl.models.network import blend
from ccpl.models.painter.network import (
    STYLE_SIDE,
    Painter,
    StyledPainter,
)
from ccpl.models.painter.revision import REACH
from ccpl.models.statistics import ContentStats, map_tensors
from ccpl.painting.strokes import Strokes, paint_levels, read_map, strokes_of
from ccpl.painting.tiles import Step, finished, tile_steps, tiles

TILE = {"lite": 1024, "vgg19": 512}  # pixels; larger pictures are cut
# Of networks that work with statistics, by architecture:
STATISTICS_SIDE = {"lite": 256, "vgg19": 512}  # short side at which styles are encoded, in pixels
SMOOTHING = 0.1  # share of a new frame in the running content statistics
STYLE_STRIDE = 8  # sides of styles are multiples of it
LONGEST_STYLE = 4  # short sides; longer styles are made smaller

Code = StyleCode | PainterCode | FixedCode
State = ContentStats | Tensor  # of the frames before
Kept = TypeVar("Kept", ContentStats, Tensor)


class Route(Protocol):
    """What a Stylizer needs of a network, whatever its kind."""

    network: nn.Module

    def style_scale(self, look: Look) -> float:
        """How enlarged a style is encoded for a look; codes are kept by it."""

    def encode_style(self, image: Image.Image, scale: float) -> Code:
        """Reduce a style picture to its code."""

    def stylize(self, content: Tensor, code: Code, look: Look) -> Tensor:
        """One picture (1, 3, H, W) in [0, 1] on the CPU, of any size -> the same, not clamped."""

    def steps(self, content: Tensor, code: Code, look: Look) -> Generator[Step, None, Tensor]:
        """`stylize`, a step after every tile of a large picture; it may be left in between."""

    def stylize_frames(
        self,
        frames: Tensor,
        code: Code,
        look: Look,
        strengths: Tensor,
        cuts: Tensor,
        state: State | None,
    ) -> tuple[Tensor, State | None]:
        """Frames (B, 3, H, W) in order of time, and what is to be known at the next ones.

        Args:
            strengths: (B,) in [0, 1].
            cuts: (B,) bool, True at the first frame of a scene.
            state: what came out with the frames before; None at first.
        """


class StatisticsRoute:
    """For networks that must know the statistics of the whole picture.

    Strokes change with the size at which the style is seen; statistics of frames are smoothed.
    """

    def __init__(self, network: StyleTransferNet, device: torch.device) -> None:
        self.network, self.device = network, device

    def style_scale(self, look: Look) -> float:
        return look.stroke_size

    def encode_style(self, image: Image.Image, scale: float) -> StyleCode:
        return self.network.encode_style(self.style_tensor(image, scale))

    def style_tensor(self, image: Image.Image, scale: float = 1.0) -> Tensor:
        """Resize a style to the size at which it is encoded: (1, 3, H, W)."""
        side = STATISTICS_SIDE[self.network.config.arch] * scale
        return sized_style(image, side, self.network.stride, 64).to(
            self.device, memory_format=torch.channels_last
        )

    def padded(self, images: Tensor) -> Tensor:
        """Pictures (B, 3, H, W) as the network wants them: on its device, of sides it can halve."""
        stride = self.network.stride
        return pad_to_multiple(images, stride, least=2 * stride).to(
            self.device, memory_format=torch.channels_last
        )

    def stylize(self, content: Tensor, code: StyleCode, look: Look) -> Tensor:
        return finished(self.steps(content, code, look))

    def steps(self, content: Tensor, code: StyleCode, look: Look) -> Generator[Step, None, Tensor]:
        padded, side = self.padded(content), TILE[self.network.config.arch]
        if max(padded.shape[2:]) > 2 * side:
            out = yield from tile_steps(
                self.network, padded, code, strength=look.strength, side=side
            )
        else:
            out = self.network(padded, code, strength=look.strength)
        return cropped(out, content)

    def stylize_frames(
        self,
        frames: Tensor,
        code: StyleCode,
        look: Look,
        strengths: Tensor,
        cuts: Tensor,
        state: ContentStats | None,
    ) -> tuple[Tensor, ContentStats | None]:
        padded = self.padded(frames)
        feats = self.network.encode_content(padded)
        stats = self.network.content_stats(feats, padded)
        if look.stabilize != "off":
            stats, state = smoothed(stats, cuts.tolist(), state)
        strength = strengths.to(padded).view(-1, 1, 1, 1)
        out = self.network.decode(feats, padded, code, strength=strength, stats=stats)
        return cropped(out, frames), state


class PainterRoute:
    """For the network that drafts and revises: the stroke size is that of the draft.

    What large pictures are revised in is cut into tiles, level by level; of the frames before it
    keeps where the strokes were fine, if that varies.

    Args:
        stroke_map: (1, 1, H, W), 1 where the finest strokes are; None: where one looks.
    """

    def __init__(
        self, network: PainterNet, device: torch.device, stroke_map: Tensor | None = None
    ) -> None:
        self.network, self.device, self.stroke_map = network, device, stroke_map

    def with_map(self, stroke_map: Picture) -> "PainterRoute":
        """The same with stroke sizes as a grey picture says: white has the finest."""
        return type(self)(self.network, self.device, read_map(stroke_map).to(self.device))

    def style_scale(self, look: Look) -> float:
        return 1.0

    def encode_style(self, image: Image.Image, scale: float) -> PainterCode:
        style = sized_style(image, STYLE_SIDE * scale, STYLE_STRIDE, STYLE_STRIDE)
        return self.network.encode_style(self._moved(style))

    def stylize(self, content: Tensor, code: PainterCode, look: Look) -> Tensor:
        return finished(self.steps(content, code, look))

    def steps(
        self, content: Tensor, code: PainterCode, look: Look
    ) -> Generator[Step, None, Tensor]:
        moved = self._moved(content)
        strokes = strokes_of(look, moved, self.stroke_map)
        return self._paint(moved, self.painter(code), look.strength, strokes)

    def painter(self, code: PainterCode) -> Painter:
        """The network in styles."""
        return StyledPainter(self.network, code)

    def stylize_frames(
        self,
        frames: Tensor,
        code: PainterCode,
        look: Look,
        strengths: Tensor,
        cuts: Tensor,
        state: Tensor | None,
    ) -> tuple[Tensor, Tensor | None]:
        strength = strengths.to(self.device).view(-1, 1, 1, 1)
        moved = self._moved(frames)
        strokes = strokes_of(look, moved, self.stroke_map)
        if strokes.map is not None and self.stroke_map is None and look.stabilize != "off":
            fine, state = smoothed(strokes.map, cuts.tolist(), state)
            strokes = strokes._replace(map=fine)
        return finished(self._paint(moved, self.painter(code), strength, strokes)), state

    def _moved(self, images: Tensor) -> Tensor:
        return images.to(self.device, memory_format=torch.channels_last)

    def _paint(
        self, content: Tensor, painter: Painter, strength: Tensor | float, strokes: Strokes
    ) -> Generator[Step, None, Tensor]:
        """Paint, levels in tiles where they are large."""
        revise = partial(self._revise, painter=painter)
        painted = yield from paint_levels(content, painter, strokes, revise)
        return blend(content, painted, strength).float().cpu()

    def _revise(self, picture: Tensor, level: Tensor, index: int, *, painter: Painter) -> Tensor:
        side = TILE[self.network.config.arch]
        if max(level.shape[2:]) <= 2 * side:
            return painter.revise(picture, level, index)
        revised = torch.empty_like(picture)
        for window in tiles(*level.shape[2:], side=side, overlap=REACH, stride=2):
            pieces = window.box.cut(picture), window.box.cut(level)
            piece = painter.revise(*pieces, index)
            window.core.cut(revised).copy_(window.core_of(piece))
        return revised


class FixedRoute(PainterRoute):
    """For a painter of one style."""

    def encode_style(self, image: Image.Image, scale: float) -> FixedCode:
        return FixedCode()

    def painter(self, code: FixedCode) -> Painter:
        return self.network


ROUTES: dict[type[nn.Module], type[StatisticsRoute] | type[PainterRoute]] = {
    StyleTransferNet: StatisticsRoute,
    PainterNet: PainterRoute,
    FixedPainter: FixedRoute,
}


def route_for(network: nn.Module, device: torch.device) -> Route:
    """The way to run a network."""
    (route,) = (route for kind, route in ROUTES.items() if isinstance(network, kind))
    return route(network, device)


def sized_style(image: Image.Image, side: float, stride: int, least: int) -> Tensor:
    """A style picture with that short side, mirrored to multiples of `stride`: (1, 3, H, W).

    Very long pictures keep to LONGEST_STYLE times the short side.
    """
    factor = min(side / min(image.size), LONGEST_STYLE * side / max(image.size))
    size = tuple(max(1, round(n * factor)) for n in image.size)
    tensor = to_tensor(image.resize(size, Image.Resampling.LANCZOS))
    return pad_to_multiple(tensor, stride, least=least)


def cropped(results: Tensor, images: Tensor) -> Tensor:
    """Results of the size of `images`, on the CPU, in float32."""
    height, width = images.shape[2:]
    return results[..., :height, :width].float().cpu()


def smoothed(own: Kept, cuts: list[bool], state: Kept | None) -> tuple[Kept, Kept | None]:
    """Running mean of every frame's statistics, or maps, in order of time, restarted at cuts.

    Returns:
        Those of the same frames, and those of the last one.
    """
    history = []
    for i, cut in enumerate(cuts):
        now = map_tensors(itemgetter(slice(i, i + 1)), own)
        if state is not None and not cut:
            now = map_tensors(lambda old, new: old.lerp(new, SMOOTHING), state, now)
        state = now
        history.append(now)
    return map_tensors(lambda *parts: torch.cat(parts), *history), state
