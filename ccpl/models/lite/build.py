"""How the small network for photos is put together and initialised."""

import torch
from torch import nn

from ccpl.config import ModelConfig
from ccpl.models.lite.encoder import LiteEncoder
from ccpl.models.lite.layers import ResidualBlock
from ccpl.models.lite.modulation import StyledBlock
from ccpl.models.lite.network import PhotoNet
from ccpl.models.lite.photo_decoder import PhotoDecoder
from ccpl.models.transforms.sct import SCTNet


def build_photo(config: ModelConfig) -> PhotoNet:
    """The small network for photos, initialised."""
    blocks = (config.deep_blocks, config.shallow_blocks)
    decoder = PhotoDecoder(config.widths, blocks, config.ranks)
    network = PhotoNet(config, _encoder(config), _transforms(config), decoder, reach=_reach(config))
    init_weights(network)
    return network


def _encoder(config: ModelConfig) -> LiteEncoder:
    return LiteEncoder(config.widths, config.encoder_blocks)


def _transforms(config: ModelConfig) -> dict[str, SCTNet]:
    (quarter, eighth), (rank4, rank8) = config.widths, config.ranks
    return {
        "quarter": SCTNet((quarter, rank4), style_kernel=1, balanced=True),
        "eighth": SCTNet((eighth, 64, rank8), balanced=True),
    }


def _reach(config: ModelConfig) -> int:
    at_eighth = len(config.encoder_blocks) + len(config.deep_blocks)
    return 16 * at_eighth + 8 * len(config.shallow_blocks) + 32


def init_weights(network: PhotoNet) -> None:
    """Initialise in place so that the signal neither fades nor grows on its way (He, ICCV 2015).

    Residual branches and heads start at zero: at first the result is the content in the colours of
    the style.
    """
    for module in network.modules():
        if isinstance(module, nn.Conv2d):
            nn.init.kaiming_normal_(module.weight, nonlinearity="relu")
            nn.init.zeros_(module.bias)
    with torch.no_grad():
        network.encoder.stem.weight.mul_(3)  # pixels around 0 have a deviation of about 1/3
        for module in network.modules():
            if isinstance(module, ResidualBlock | StyledBlock):
                module.second.weight.zero_()
        for sct in network.transforms.values():
            sct.uncompress.weight.mul_(0.3)
        network.decoder.init_weights()
