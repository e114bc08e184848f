"""VGG-19 features by layer name, for the losses and for the reference encoder.

Simonyan & Zisserman, ICLR 2015. Reads three file layouts into one network that takes RGB in [0, 1]:
torchvision's, the published vgg_normalised.pth, and a safetensors file named conv1_1 ... that may
stop early.
"""

import re
from collections.abc import Iterable, Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ccpl.errors import InputError
from ccpl.models.statistics import Features

# Convolutions by name in order; a pooling follows the last of each block.
BLOCKS = (2, 2, 4, 4, 4)
CONVS = tuple(f"conv{b + 1}_{i + 1}" for b, n in enumerate(BLOCKS) for i in range(n))
WIDTHS = dict(
    zip(
        CONVS,
        (c for c, n in zip((64, 128, 256, 512, 512), BLOCKS, strict=True) for _ in range(n)),
        strict=True,
    )
)
_TORCHVISION = (0, 2, 5, 7, 10, 12, 14, 16, 19, 21, 23, 25, 28, 30, 32, 34)
NORMALISED = (2, 5, 9, 12, 16, 19, 22, 25, 29, 32, 35, 38, 42, 45, 48, 51)


class VGG19(nn.Module):
    """The convolutions of VGG-19 up to the last tap, reflection padded, max pooling in ceil mode.

    Args:
        taps: activations to return, named relu1_1 ... relu5_4, in order.
    """

    def __init__(self, taps: Sequence[str]) -> None:
        super().__init__()
        self.taps = tuple(taps)
        depth = CONVS.index(self.taps[-1].replace("relu", "conv")) + 1
        self.colours = nn.Conv2d(3, 3, 1)  # folds the preprocessing of the original network
        self.convs = nn.ModuleDict()
        width = 3
        for name in CONVS[:depth]:
            self.convs[name] = nn.Conv2d(width, WIDTHS[name], 3)
            width = WIDTHS[name]

    def forward(self, image: Tensor, last: str | None = None) -> Features:
        """Encode pictures.

        Args:
            image: (B, 3, H, W) RGB in [0, 1]; H and W are 2 at least at every layer.
            last: the deepest tap that is wanted; all unless given.
        Returns:
            The taps by name, each after its ReLU, in the precision of the weights.
        """
        x, feats = self.colours(image.to(self.colours.weight.dtype)), {}
        block = "1"
        for name, conv in self.convs.items():
            if name[4] != block:
                x, block = F.max_pool2d(x, 2, ceil_mode=True), name[4]
            x = F.relu(conv(F.pad(x, (1, 1, 1, 1), mode="reflect")), inplace=True)
            tap = name.replace("conv", "relu")
            if tap in self.taps:
                feats[tap] = x
            if tap == last:
                break
        return feats


def available_taps(state: dict[str, Tensor]) -> tuple[str, ...]:
    """Every activation the weights in `state` (any known layout) reach, in order."""
    named = _by_name(state)
    return tuple(n.replace("conv", "relu") for n in CONVS if f"{n}.weight" in named)


def deepest_taps(state: dict[str, Tensor], wanted: Sequence[str]) -> tuple[str, ...]:
    """`wanted`, with every tap the file does not reach replaced by the deepest one it has."""
    have = available_taps(state)
    taps = {tap if tap in have else have[-1] for tap in wanted}
    return tuple(sorted(taps))


def build_vgg(state: dict[str, Tensor], taps: Sequence[str]) -> VGG19:
    """Build the network from a state dict in any of the three layouts, frozen, in eval mode.

    Raises:
        InputError: the layout is unknown, a tensor is missing or of another shape, or a tap lies
            deeper than the file goes.
    """
    named, have = _by_name(state), available_taps(state)
    if missing := [tap for tap in taps if tap not in have]:
        raise InputError(f"the VGG-19 file stops at {have[-1]}, but {missing[0]} is needed")
    vgg = VGG19(taps)
    values = {}
    for key, tensor in vgg.state_dict().items():
        name = key.removeprefix("convs.")
        values[key] = named.get(name, torch.empty(0))
        if values[key].shape != tensor.shape:
            found = f"has shape {tuple(named[name].shape)}" if name in named else "is missing"
            raise InputError(f"{name} {found} in the VGG-19 file; expected {tuple(tensor.shape)}")
    vgg.load_state_dict(values)
    return vgg.eval().requires_grad_(False)


@torch.inference_mode()
def mean_activations(vgg: VGG19, images: Iterable[Tensor]) -> dict[str, float]:
    """Mean of every tap over pictures that count alike, by convolution (relu1_1 is conv1_1's).

    Args:
        vgg: with a tap at every convolution.
        images: each (1, 3, H, W) in [0, 1].
    """
    means = [{tap: feats.mean() for tap, feats in vgg(image).items()} for image in images]
    taps = [(name, name.replace("conv", "relu")) for name in vgg.convs]
    return {name: torch.stack([each[tap] for each in means]).mean().item() for name, tap in taps}


@torch.no_grad()
def divide_activations(vgg: VGG19, means: dict[str, float]) -> None:
    """Divide the activations of every convolution by its entry in `means`, in place.

    ReLU is homogeneous, so the features keep their directions (Gatys et al., CVPR 2016).
    """
    before = 1.0
    for name, conv in vgg.convs.items():
        conv.weight.mul_(before / means[name])  # the layer's input was divided by `before`
        conv.bias.div_(means[name])
        before = means[name]


def is_normalised(state: dict[str, Tensor]) -> bool:
    """Whether the file is the published vgg_normalised.pth, whose activations need no rescaling."""
    return "0.weight" in state and state["0.weight"].shape == (3, 3, 1, 1)


def _by_name(state: dict[str, Tensor]) -> dict[str, Tensor]:
    """Any known layout -> conv1_1.weight ... and the 1x1 that folds the preprocessing."""
    if is_normalised(state):
        named = _renumber(state, NORMALISED, "")
        return named | {"colours.weight": state["0.weight"], "colours.bias": state["0.bias"]}
    if "features.0.weight" in state or re.match(r"\d+\.weight", next(iter(state), "")):
        prefix = "features." if "features.0.weight" in state else ""
        std = torch.tensor([0.229, 0.224, 0.225])
        mean = torch.tensor([0.485, 0.456, 0.406])
        named = _renumber(state, _TORCHVISION, prefix)
        return named | {
            "colours.weight": torch.diag(1 / std)[..., None, None],
            "colours.bias": -mean / std,
        }
    if "conv1_1.weight" in state:  # the original Caffe weights: BGR in 0..255
        swap = torch.eye(3).flip(0) * 255.0
        mean = torch.tensor([103.939, 116.779, 123.68])
        return dict(state) | {"colours.weight": swap[..., None, None], "colours.bias": -mean}
    raise InputError(
        "this is no known VGG-19 file; expected torchvision's, vgg_normalised.pth, or conv1_1 ..."
    )


def _renumber(state: dict[str, Tensor], numbers: Sequence[int], prefix: str) -> dict[str, Tensor]:
    return {
        f"{name}.{part}": state[f"{prefix}{n}.{part}"]
        for name, n in zip(CONVS, numbers, strict=True)
        for part in ("weight", "bias")
        if f"{prefix}{n}.{part}" in state
    }
