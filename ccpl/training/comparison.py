"""One training step as the terms of the loss see it: pictures, and what VGG-19 makes of them."""

from functools import cached_property

import torch
import torch.nn.functional as F
from torch import Tensor

from ccpl.errors import InputError
from ccpl.models import Network, PainterCode, PainterNet, StyleCode
from ccpl.models.painter.network import pyramid, resize, working_size
from ccpl.models.statistics import Features, Structure, map_tensors
from ccpl.models.vgg import VGG19
from ccpl.training.config import TrainConfig
from ccpl.training.data import Batch
from ccpl.training.losses.smoothness import shown
from ccpl.training.losses.style import TapStats, feature_stats

CHEAP = "relu2_1"  # the deepest tap that is looked at above `deep_scale`
DRAFT_SCALES = (0.25, 0.125)  # of the picture at which its draft is looked at


class VGGFeatures:
    """Features of one picture of every pair, at any scale, computed when they are first asked for.

    Args:
        pictures: (N, 3, S, S) in [0, 1].
        deep_scale: up to this scale all taps are computed, above it those to `CHEAP`.
        of_pair: the number of its picture for every pair, (B,); unless given, pairs share none.
    """

    def __init__(
        self, pictures: Tensor, vgg: VGG19, deep_scale: float, of_pair: Tensor | None = None
    ) -> None:
        self._pictures, self._vgg = pictures, vgg
        self._deep_scale, self._of_pair = deep_scale, of_pair
        self._features: dict[float, Features] = {}
        self._stats: dict[float, dict[str, TapStats]] = {}

    @property
    def image(self) -> Tensor:
        """The picture of every pair, (B, 3, S, S)."""
        return self._for_pairs(self._pictures)

    def features(self, scale: float | None = None) -> Features:
        """Features at a scale of the picture, `deep_scale` unless given."""
        return self._for_pairs(self._encode(scale or self._deep_scale))

    def stats(self, scale: float | None = None) -> dict[str, TapStats]:
        """Statistics of `features`."""
        scale = scale or self._deep_scale
        if scale not in self._stats:
            self._stats[scale] = feature_stats(self._encode(scale))
        return self._for_pairs(self._stats[scale])

    def view(self, scale: float) -> Tensor:
        """What is looked at, at full size."""
        return self._pictures

    def _encode(self, scale: float) -> Features:
        if scale not in self._features:
            image = self.view(scale)
            if scale != 1:
                image = F.interpolate(image, scale_factor=scale, mode="area")
            self._features[scale] = self._vgg(image, CHEAP if scale > self._deep_scale else None)
        return self._features[scale]

    def _for_pairs(self, x: Structure) -> Structure:
        if self._of_pair is None:
            return x
        return map_tensors(lambda part: part.index_select(0, self._of_pair), x)


class Comparison:
    """One step as the terms of the loss see it: `config.styles_each` pairs for each content.

    Args:
        network: what is trained.
        batch: what it stylizes; pair j of content i is with style i + j.
        seed: of everything random in this step.
    """

    def __init__(
        self,
        network: Network,
        vgg: VGG19,
        batch: Batch,
        config: TrainConfig,
        seed: int,
    ) -> None:
        self.network, self.vgg, self.config, self.seed = network, vgg, config, seed
        content, code = batch.content, network.encode_style(batch.style_picture)
        contents = styles = None
        if config.styles_each > 1:
            count = len(content)
            pairs = torch.arange(count * config.styles_each, device=content.device)
            contents, styles = pairs % count, (pairs + pairs // count) % count
            content = content.index_select(0, contents)
            code = map_tensors(lambda part: part.index_select(0, styles), code)
        self.code = code
        self.painted = self.paint(content, code)  # (B, 3, S, S), may leave [0, 1]
        self.content = VGGFeatures(batch.content, vgg, config.deep_scale, contents)
        self.style = VGGFeatures(batch.style, vgg, config.deep_scale, styles)
        self.stylized = VGGFeatures(self.shown(self.painted), vgg, config.deep_scale)

    def paint(self, content: Tensor, code: StyleCode | PainterCode) -> Tensor:
        """Stylize crops; strokes belong to the picture, so a crop has them as large as it has."""
        config = self.config
        if isinstance(self.network, PainterNet) and config.picture_side:
            stroke_size = config.picture_side / config.crop_size
            return self.network(content, code, stroke_size=stroke_size)
        return self.network(content, code)

    @cached_property
    def drafted(self) -> Tensor:
        """Drafts of the contents, at the largest of DRAFT_SCALES.

        Raises:
            InputError: of a network that makes none.
        """
        content = self.content.image
        size = working_size(content.shape[2:], 1)
        levels = pyramid(content, size)
        draft = self.draft(resize([*levels, content][0], size))
        height, width = (round(n * DRAFT_SCALES[0]) for n in content.shape[2:])
        return self.shown(
            F.interpolate(draft, size=(height, width), mode="bilinear", antialias=True)
        )

    def draft(self, content: Tensor) -> Tensor:
        """Draft contents that have the working size."""
        if not isinstance(self.network, PainterNet):
            raise InputError(f"{self.config.arch}.{self.config.mode} makes no draft to weigh")
        return self.network.draft(content, self.code.draft)

    def shown(self, image: Tensor) -> Tensor:
        """As people see it: colours that no screen shows would count as style and be lost there.

        Only with a range term, which pulls such colours back.
        """
        return shown(image) if self.config.range_weight else image

    def generator(self) -> torch.Generator:
        """A new one for each term, so that none depends on which others there are."""
        return torch.Generator().manual_seed(self.seed)
