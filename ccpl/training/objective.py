"""What a training step minimises: network, losses and frozen VGG-19 in one forward."""

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.func import functional_call

from ccpl.config import TrainConfig
from ccpl.models import StyleCode, StyleTransferNet
from ccpl.models.lite.layers import soften
from ccpl.models.statistics import Features
from ccpl.models.vgg import VGG19, WIDTHS
from ccpl.ssim import ssim
from ccpl.training.losses import StyleTransferLoss

NETWORK = "network"  # its name within the training model
FLAT = 0.02  # contrast of neighbours at which a place counts a third as flat
FAINT = 0.03  # differences below it are judged by their size rather than by their square


class TrainingModel(nn.Module):
    """Network, losses and frozen VGG in one forward, so that DDP can wrap it."""

    def __init__(self, config: TrainConfig, network: StyleTransferNet, vgg: VGG19) -> None:
        super().__init__()
        self.config, self.network = config, network
        self.criterion = StyleTransferLoss(
            config, {tap: WIDTHS[tap.replace("relu", "conv")] for tap in vgg.taps}
        )
        self._vgg = [vgg]  # in a list: not part of the state, never trained

    def features(self, image: Tensor) -> Features:
        return self._vgg[0](image)

    def scaled_features(self, image: Tensor) -> list[Features]:
        """Features at every scale of the style terms."""
        return [
            self.features(image if s == 1 else F.interpolate(image, scale_factor=s, mode="area"))
            for s in self.config.style_scales
        ]

    def forward(
        self, content: Tensor, style: Tensor, step: int, *, cast: bool = True
    ) -> dict[str, Tensor]:
        """The terms and the total of step `step` for crops (B, 3, S, S) in [0, 1].

        With `cast` the network computes in the precision of the VGG, from float32 weights.
        """
        config, dtype = self.config, next(self._vgg[0].parameters()).dtype
        if cast and dtype != torch.float32:
            weights = {name: p.to(dtype) for name, p in self.network.named_parameters(NETWORK)}
            return functional_call(self, weights, (content, style, step), {"cast": False})
        generator = torch.Generator().manual_seed(config.seed * 1_000_003 + step)
        with torch.no_grad():
            content_feats = self.features(content)
            style_feats = self.scaled_features(style)
        code = self.network.encode_style(style)
        painted = self.network(content, code)
        stylized = self._shown(painted)
        feats = self.scaled_features(stylized)
        terms = self.criterion(stylized, feats, content_feats, style_feats, generator=generator)
        terms["range"] = (painted - painted.clamp(0, 1)).square().mean()
        if config.consistency_weight:
            terms["consistency"] = self._consistency(content, stylized, code, generator)
        if config.structure_weight:
            terms["structure"] = 1 - ssim(stylized, content).mean().float()
        if config.smooth_weight:
            terms["smooth"] = smooth_loss(stylized, content, scale=config.smooth_scale)
        if config.identity_weight:
            own = self._shown(self.network(content, self.network.encode_style(content)))
            terms["identity"] = F.l1_loss(own, content)
        share = min(1.0, (step + 1) / max(config.warmup, 1))
        return self.criterion.weigh(terms, style_share=share)

    def _shown(self, image: Tensor) -> Tensor:
        """As people see it: colours that no screen shows would count as style and be lost there.

        Only with a range term, which pulls such colours back.
        """
        return _Clamp.apply(image) if self.config.range_weight else image

    def _consistency(
        self,
        content: Tensor,
        stylized: Tensor,
        code: StyleCode,
        generator: torch.Generator,
    ) -> Tensor:
        """The picture moved by a smooth field must be stylized to the moved result.

        An exact flow without any video; brightness and noise change too, as they do between
        frames (the warping loss of ReCoNet, Gao et al., ACCV 2018, with a synthetic flow).
        """
        grid = random_flow_grid(content, generator)
        light = 1 + 0.06 * (torch.rand(len(content), 1, 1, 1, generator=generator) - 0.5)
        noise = 0.015 * torch.randn(content.shape, generator=generator)
        moved = _sample(content, grid) * light.to(content) + noise.to(content)
        again = self._shown(self.network(moved.clamp(0, 1), code))
        edge = content.shape[2] // 16
        inner = (..., slice(edge, -edge), slice(edge, -edge))
        # Moving a picture blurs it; what only that blur makes a difference must not count.
        difference = soften((again - _sample(stylized, grid)).float())[inner]
        # The square alone would let faint patterns stay where they are while the content moves.
        return (difference.square() + FAINT * difference.abs()).mean()


class _Clamp(torch.autograd.Function):
    """Clamp to [0, 1] whose gradient lets what is outside come back in, but not leave further."""

    @staticmethod
    def forward(ctx: Any, image: Tensor) -> Tensor:
        ctx.save_for_backward(image)
        return image.clamp(0, 1)

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> Tensor:
        (image,) = ctx.saved_tensors
        outwards = ((image < 0) & (grad > 0)) | ((image > 1) & (grad < 0))
        return grad.masked_fill(outwards, 0)


def smooth_loss(image: Tensor, guide: Tensor, *, scale: int = 1) -> Tensor:
    """Total variation where the guide has none: what is flat there should be flat here.

    The edge-aware smoothness of depth estimation (Godard et al., CVPR 2017).

    Args:
        image, guide: (B, 3, H, W) in [0, 1].
        scale: compare means of squares this large, in pixels: 1 sees grain, 8 sees blotches.
    Returns:
        Scalar.
    """
    if scale > 1:
        image, guide = (F.avg_pool2d(x, scale) for x in (image, guide))
    total = 0.0
    for axis in (2, 3):
        edge = guide.diff(dim=axis).abs().amax(1, keepdim=True)
        total = total + (image.diff(dim=axis).abs() * (-edge / FLAT).exp()).mean()
    return total


def random_flow_grid(image: Tensor, generator: torch.Generator) -> Tensor:
    """A smooth random motion: shift up to 4 % and a bicubic 3x3 field of sigma 2 %.

    Returns:
        Sampling positions (B, H, W, 2) in [-1, 1] for `grid_sample`.
    """
    count, _, height, width = image.shape
    shift = 0.16 * (torch.rand(count, 2, 1, 1, generator=generator) - 0.5)
    bumps = 0.04 * torch.randn(count, 2, 3, 3, generator=generator)
    field = F.interpolate(bumps, size=(height, width), mode="bicubic", align_corners=True) + shift
    identity = torch.eye(2, 3).expand(count, 2, 3)
    base = F.affine_grid(identity, [count, 1, height, width], align_corners=False)
    return (base + field.permute(0, 2, 3, 1)).to(image)


def _sample(image: Tensor, grid: Tensor) -> Tensor:
    return F.grid_sample(
        image, grid, mode="bilinear", padding_mode="reflection", align_corners=False
    )
