"""A scene in photo mode as one picture that moves: its statistics are measured once, and the maps
of colour transforms are carried along the motion, so that pixels stay sharp and looks stay put."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import cv2
import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from ccpl.flow import optical_flow, valid_mask, warp
from ccpl.image import Picture
from ccpl.look import Look
from ccpl.models import StyleCode
from ccpl.models.lite.context import make_context
from ccpl.models.lite.network import PhotoNet
from ccpl.models.network import blend
from ccpl.models.statistics import ContentStats, Features, map_tensors
from ccpl.models.window import whole_window
from ccpl.painting.finish import finish
from ccpl.painting.routes import StatisticsRoute, cropped

MEMORY = 0.95  # share of the maps before, where the flow is trusted
TOLERANCE = 0.06  # difference of a frame and the last one, warped onto it, where trust falls to 1/e


class MapState(NamedTuple):
    """What is carried to the next frame."""

    maps: Tensor  # (1, N, h, w)
    frame: np.ndarray  # (h, w, 3) uint8, reduced to the size of the maps


def scene_stats(route: StatisticsRoute, frames: Iterable[Tensor]) -> ContentStats:
    """Mean statistics of frames (1, 3, H, W) of one scene."""
    measured = []
    for frame in frames:
        padded = route.padded(frame)
        feats = route.network.encode_content(padded)
        measured.append(route.network.content_stats(feats, padded))
    return map_tensors(lambda *parts: torch.stack(parts).mean(0), *measured)


class ShotStylizer:
    """Stylizes the frames of one scene, in order; see `FrameStylizer` for its call.

    Args:
        route: of a network for photos.
        code: the style.
        stats: of the scene.
        look, mask: see `Stylizer.stylize`.
    """

    def __init__(
        self,
        route: StatisticsRoute,
        code: StyleCode,
        stats: ContentStats,
        look: Look,
        *,
        mask: Picture | None = None,
    ) -> None:
        self.route, self.code, self.stats = route, code, stats
        self.look, self.mask = look, mask
        self.state: MapState | None = None

    @torch.inference_mode()
    def __call__(self, frames: Tensor, strengths: Tensor, cuts: Tensor) -> Tensor:
        network, padded = self.route.network, self.route.padded(frames).contiguous()
        feats = network.encode_content(padded)
        strength = strengths.to(padded).view(-1, 1, 1, 1)
        if isinstance(network, PhotoNet):
            out = blend(padded, self._recolour(feats, padded), strength)
        else:  # it has no maps
            out = network.decode(feats, padded, self.code, strength=strength, stats=self.stats)
        return finish(frames, cropped(out, frames).clamp_(0, 1), self.look, self.mask)

    def _recolour(self, feats: Features, padded: Tensor) -> Tensor:
        """What `PhotoNet.paint` paints, with maps that move with the scene."""
        network = self.route.network
        context = make_context(padded, self.code, self.stats, whole_window(padded))
        styled = network.transform(feats, self.code, self.stats)
        maps = network.decoder.colour_maps(styled, context)
        steady = []
        for i in range(len(maps)):
            here = map_frame(padded[i : i + 1], maps.shape[2:])
            self.state = carried(maps[i : i + 1], here, self.state)
            steady.append(self.state.maps)
        return network.decoder.recolour_by(torch.cat(steady), context)


def map_frame(frame: Tensor, size: Sequence[int]) -> np.ndarray:
    """A frame (1, 3, H, W) reduced to the (height, width) of the maps, (h, w, 3) uint8."""
    small = F.interpolate(frame.float(), size=tuple(size), mode="area")[0]
    return small.permute(1, 2, 0).mul(255).round().byte().cpu().numpy()


def carried(maps: Tensor, frame: np.ndarray, state: MapState | None) -> MapState:
    """Maps (1, N, h, w) of a frame, mixed with those before where these can be followed."""
    if state is None or state.maps.shape != maps.shape:
        return MapState(maps, frame)
    flow_to_prev = optical_flow(frame, state.frame, preset="fast")
    flow_to_next = optical_flow(state.frame, frame, preset="fast")
    gap = cv2.absdiff(frame, warp(state.frame, flow_to_prev)).max(axis=2)
    gap = cv2.blur(gap.astype(np.float32) / 255, (3, 3))  # sensor noise is no mismatch
    trust = np.exp(-((gap / TOLERANCE) ** 2)) * valid_mask(flow_to_prev, flow_to_next)
    weight = torch.from_numpy(trust.astype(np.float32)).to(maps) * MEMORY
    return MapState(torch.lerp(maps, _warped(state.maps, flow_to_prev), weight), frame)


def _warped(maps: Tensor, flow: np.ndarray) -> Tensor:
    """Fetch (1, N, h, w) along a flow (h, w, 2) in pixels."""
    height, width = flow.shape[:2]
    rows, columns = np.mgrid[:height, :width].astype(np.float32)
    x = (flow[..., 0] + columns + 0.5) * 2 / width - 1
    y = (flow[..., 1] + rows + 0.5) * 2 / height - 1
    grid = torch.from_numpy(np.stack([x, y], -1)[None]).to(maps)
    return F.grid_sample(maps, grid, padding_mode="border", align_corners=False)
