"""FeatureNet: a small network that answers what VGG-19 (Simonyan & Zisserman, ICLR 2015) would.

Distilled (Hinton et al., 2015): trained to give the activations that losses and metrics compare
pictures by, at less than a sixth of the products, so neither needs a download.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ccpl.models.statistics import Features

FEATURE_TAPS = ("relu1_1", "relu2_1", "relu3_1", "relu3_4")
HALF, QUARTER = (48, 64), 96  # channels inside, at 1/2 (two layers) and 1/4
CONTRAST = 8  # of pixels as the first layer sees them: VGG-19's is steep, ours learns it sooner so


class FeatureNet(nn.Module):
    """Activations relu1_1, relu2_1, relu3_1 and relu3_4, scaled to mean 1 on photos."""

    taps = FEATURE_TAPS

    def __init__(self) -> None:
        super().__init__()
        self.relu1_1 = _conv3x3(3, 64)
        self.to_half = _conv3x3(64, HALF[0], stride=2)
        self.within_half = _conv3x3(*HALF)
        self.relu2_1 = nn.Conv2d(HALF[1], 128, 1)
        self.to_quarter = _conv3x3(HALF[1], QUARTER, stride=2)
        self.relu3_1 = nn.Conv2d(QUARTER, 256, 1)
        self.within_quarter = _conv3x3(QUARTER, QUARTER)
        self.back = _conv3x3(QUARTER, QUARTER)
        self.relu3_4 = nn.Conv2d(QUARTER, 256, 1)

    def forward(self, image: Tensor, last: str | None = None) -> Features:
        """Encode pictures, called like `VGG19`.

        Args:
            image: (B, 3, H, W) RGB in [0, 1]; H and W are 8 at least.
            last: the deepest tap that is wanted; all unless given.
        Returns:
            The taps by name, (B, 64, H, W), (B, 128, H / 2, W / 2) and twice (B, 256, H / 4,
            W / 4), sides rounded up; in the precision of the weights.
        """
        x = (CONTRAST * (image - 0.5)).to(self.relu1_1.weight.dtype)
        feats = {"relu1_1": F.relu(self.relu1_1(x))}
        if last == "relu1_1":
            return feats
        x = F.relu(self.within_half(F.relu(self.to_half(feats["relu1_1"]))))
        feats["relu2_1"] = F.relu(self.relu2_1(x))
        if last == "relu2_1":
            return feats
        x = F.relu(self.to_quarter(x))
        feats["relu3_1"] = F.relu(self.relu3_1(x))
        if last == "relu3_1":
            return feats
        x = x + self.back(F.relu(self.within_quarter(x)))
        feats["relu3_4"] = F.relu(self.relu3_4(F.relu(x)))
        return feats


def _conv3x3(inputs: int, outputs: int, *, stride: int = 1) -> nn.Conv2d:
    return nn.Conv2d(inputs, outputs, 3, stride, padding=1, padding_mode="reflect")


@torch.no_grad()
def init_weights(network: FeatureNet) -> None:
    """Initialise in place so that the signal neither fades nor grows on its way (He, ICCV 2015)."""
    for module in network.modules():
        if isinstance(module, nn.Conv2d):
            nn.init.kaiming_normal_(module.weight, nonlinearity="relu")
            nn.init.zeros_(module.bias)
    network.relu1_1.weight.mul_(3 / CONTRAST)  # pixels have a deviation of about 1/3


def hypercolumns(feats: Features) -> Tensor:
    """All taps but the shallowest side by side at every place of the deepest; taps count alike.

    Args:
        feats: (B, C, H, W) by tap, shallow to deep.
    Returns:
        (B, places, channels), float32.
    """
    taps = list(feats.values())[1:]
    fitted = (F.interpolate(tap.float(), size=taps[-1].shape[2:], mode="area") for tap in taps)
    return torch.cat([tap / tap.shape[1] ** 0.5 for tap in fitted], 1).flatten(2).mT
