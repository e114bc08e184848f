"""What an evaluation compares: the models, and two baselines to see them against."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from ccpl.config import Stabilize
from ccpl.image import to_tensor, to_uint8
from ccpl.models import PainterNet
from ccpl.models.transforms.adain import AdaIN
from ccpl.models.window import whole_window
from ccpl.painting.routes import cropped
from ccpl.painting.stylizer import Stylizer
from ccpl.video import Stabilizer

BATCH = 4  # frames stylized at once


class Method:
    """Something that stylizes; this one changes nothing and is the first baseline."""

    name = "content itself"

    def picture(self, content: Tensor, style: Image.Image) -> Tensor:
        """(1, 3, H, W) in [0, 1] -> the same."""
        return content

    def clip(self, frames: Sequence[np.ndarray], style: Image.Image) -> list[np.ndarray]:
        """Frames (H, W, 3) uint8 -> the same."""
        batches = (to_tensor(frame) for frame in frames)
        return [to_uint8(self.picture(batch, style))[0].numpy() for batch in batches]


class Network(Method):
    """A model of the project.

    Args:
        stylizer: the model.
        stabilize: how its clips are kept steady.
    """

    def __init__(self, stylizer: Stylizer, stabilize: Stabilize) -> None:
        self.stylizer, self.stabilize = stylizer, stabilize
        self.name = stylizer.name

    def picture(self, content: Tensor, style: Image.Image) -> Tensor:
        stylize = self.stylizer.frame_stylizer(style, replace(self.stylizer.look, stabilize="off"))
        return stylize(content, torch.ones(1), torch.ones(1, dtype=torch.bool))

    def clip(self, frames: Sequence[np.ndarray], style: Image.Image) -> list[np.ndarray]:
        look = replace(self.stylizer.look, stabilize=self.stabilize)
        stylize = self.stylizer.frame_stylizer(style, look)
        cuts = torch.arange(len(frames)) == 0
        results: list[np.ndarray] = []
        for first in range(0, len(frames), BATCH):
            batch = torch.cat([to_tensor(f) for f in frames[first : first + BATCH]])
            done = stylize(batch, torch.ones(len(batch)), cuts[first : first + BATCH])
            results += list(to_uint8(done).numpy())
        return _steadied(frames, results) if self.stabilize == "flow" else results


def _steadied(frames: Sequence[np.ndarray], results: list[np.ndarray]) -> list[np.ndarray]:
    stabilizer, state, steady = Stabilizer(), None, []
    for content, stylized in zip(frames, results, strict=True):
        frame, state = stabilizer.step(content, stylized, state)
        steady.append(frame)
    return steady


class AdaINForSCT(Method):
    """The network with its SCT replaced by matching of channel means and deviations.

    Huang & Belongie, ICCV 2017, between the encoder and the decoder of `stylizer`. The decoder was
    trained on what SCT makes, so the difference of the two rows is an upper bound of SCT's part.
    """

    def __init__(self, stylizer: Stylizer) -> None:
        self.stylizer = stylizer
        self.name = f"{stylizer.name}, AdaIN for SCT"

    @torch.inference_mode()
    def picture(self, content: Tensor, style: Image.Image) -> Tensor:
        network, route = self.stylizer.network, self.stylizer.route
        code = self.stylizer.encode_style(style)
        if isinstance(network, PainterNet):  # beside the covariance its SCT holds AdaIN
            sct = code.draft.transform
            plain = sct._replace(cov=torch.zeros_like(sct.cov))
            code = code._replace(draft=code.draft._replace(transform=plain))
            return route.stylize(content, code, self.stylizer.look).clamp(0, 1)
        image = route.padded(content)
        goal = network.encoder(route.style_tensor(style.convert("RGB")))
        feats = network.encode_content(image)
        adain = AdaIN()
        matched = {t: adain(feats[t], adain.encode_style(goal[t])) for t in network.transforms}
        stats = network.content_stats(feats, image)
        result = network.paint(matched, image, code, stats, whole_window(image))
        return cropped(result, content).clamp(0, 1)
