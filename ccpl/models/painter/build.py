"""How the painting network is put together and initialised."""

import torch
from torch import nn

from ccpl.config import ModelConfig
from ccpl.models.painter.draft import DraftBlock
from ccpl.models.painter.network import PainterNet
from ccpl.models.painter.revision import Revision


def build_painter(config: ModelConfig) -> PainterNet:
    """The network that drafts and revises, initialised."""
    network = PainterNet(config)
    init_weights(network)
    return network


@torch.no_grad()
def init_weights(network: PainterNet) -> None:
    """Initialise in place so that the signal neither fades nor grows on its way (He, ICCV 2015).

    Residual branches and heads start small: at first the draft is nearly grey, and a revision
    nearly the enlarged picture.
    """
    for module in network.modules():
        if isinstance(module, nn.Conv2d):
            nn.init.kaiming_normal_(module.weight, nonlinearity="relu")
            if module.bias is not None:
                nn.init.zeros_(module.bias)
    for module in network.modules():
        if isinstance(module, DraftBlock):
            module.second.weight.mul_(0.2)
        if isinstance(module, Revision):
            module.fine_full.weight.mul_(3)  # pixels around 0 have a deviation of about 1/3
            module.enter.weight.mul_(2)
            module.second.weight.mul_(0.2)
            module.head.weight.mul_(0.05)
            for layer in (module.embed, module.hidden):
                nn.init.kaiming_normal_(layer.weight)
                nn.init.zeros_(layer.bias)
            nn.init.normal_(module.outputs.weight, std=0.01)
            nn.init.zeros_(module.outputs.bias)
    draft = network.draft
    draft.head.weight.mul_(0.3)
    for layer in (draft.modulator.affine, draft.modulator.mix):
        nn.init.zeros_(layer.weight)
        nn.init.zeros_(layer.bias)
    for layer in (draft.up_half, draft.up_full):
        layer.up.mul_(0.3)
