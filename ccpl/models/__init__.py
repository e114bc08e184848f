"""Networks; `build_network` makes the one a ModelConfig describes."""

from collections.abc import Callable

from ccpl.config import Arch, Mode, ModelConfig
from ccpl.models.lite.build import build_photo
from ccpl.models.network import StyleTransferNet
from ccpl.models.painter.build import build_painter
from ccpl.models.painter.fixed import FixedCode, FixedPainter
from ccpl.models.painter.network import PainterCode, PainterNet
from ccpl.models.reference import build_vgg19
from ccpl.models.statistics import StyleCode, mix_codes

Network = StyleTransferNet | PainterNet

LITE: dict[Mode, Callable[[ModelConfig], Network]] = {
    "artistic": build_painter,
    "photo": build_photo,
    "perceptual": build_painter,
}
BUILDERS: dict[Arch, Callable[[ModelConfig], Network]] = {
    "lite": lambda config: LITE[config.mode](config),
    "vgg19": build_vgg19,
}


def build_network(config: ModelConfig) -> Network:
    """Build an untrained network; every architecture of the project is in BUILDERS."""
    return BUILDERS[config.arch](config)


__all__ = [
    "FixedCode",
    "FixedPainter",
    "Network",
    "PainterCode",
    "PainterNet",
    "StyleCode",
    "StyleTransferNet",
    "build_network",
    "mix_codes",
]
