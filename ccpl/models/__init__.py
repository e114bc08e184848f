"""Networks; `build_network` makes the one a ModelConfig describes."""

from collections.abc import Callable

from ccpl.config import Arch, ModelConfig
from ccpl.models.lite.build import build_lite
from ccpl.models.network import StyleTransferNet
from ccpl.models.painter.build import build_painter
from ccpl.models.painter.network import PainterCode, PainterNet
from ccpl.models.reference import build_vgg19
from ccpl.models.statistics import StyleCode, mix_codes

BUILDERS: dict[Arch, Callable[[ModelConfig], StyleTransferNet]] = {
    "lite": build_lite,
    "vgg19": build_vgg19,
    "painter": build_painter,
}


def build_network(config: ModelConfig) -> StyleTransferNet:
    """Build an untrained network; every architecture of the project is in BUILDERS."""
    return BUILDERS[config.arch](config)


__all__ = [
    "PainterCode",
    "PainterNet",
    "StyleCode",
    "StyleTransferNet",
    "build_network",
    "mix_codes",
]
