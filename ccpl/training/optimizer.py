"""What learns, how fast, and when: parameter groups with a pace, and the learning rate."""

import math

import torch
from torch import Tensor, nn

from ccpl.errors import InputError
from ccpl.training.config import TrainConfig

FULL_PACE = 216  # inputs of a layer up to which it learns at the full rate
MODULATION_PACE = 0.5  # share of the learning rate for what turns styles into kernels


def build_optimizer(model: nn.Module, config: TrainConfig) -> torch.optim.Adam:
    """Adam over all of the model that learns, each part at its pace (the entry of its group).

    Adam moves every weight by as much, so a layer jumps the further the more inputs it sums, and
    what jumps is soon switched off: the wider the layer, the slower (as in muP, Yang et al.,
    NeurIPS 2021). What turns styles into kernels moves every layer at once.
    """
    groups: dict[float, list[Tensor]] = {}
    for name, parameter in model.named_parameters():
        if parameter.requires_grad:
            groups.setdefault(_pace(name, parameter, config), []).append(parameter)
    return torch.optim.Adam(
        [{"params": parameters, "pace": pace} for pace, parameters in groups.items()],
        lr=config.lr,
        betas=(0.9, config.beta2),
        fused=True,
    )


def _pace(name: str, parameter: Tensor, config: TrainConfig) -> float:
    wide_is_slow = (config.arch, config.mode) == ("lite", "photo")
    pace = min(1.0, FULL_PACE / parameter[0].numel()) if wide_is_slow else 1.0
    return pace * (MODULATION_PACE if ".modulation." in name else 1.0)


def learning_rate(config: TrainConfig, step: int) -> float:
    """Linear warm-up, then cosine decay to a hundredth, or inverse decay if `lr_decay` is set."""
    if step < config.warmup:
        return config.lr * (step + 1) / config.warmup
    if config.lr_decay:
        return config.lr / (1 + config.lr_decay * step)
    done = (step - config.warmup) / max(config.steps - config.warmup, 1)
    return config.lr * (0.01 + 0.99 * 0.5 * (1 + math.cos(done * math.pi)))


def freeze_all_but(network: nn.Module, parts: str) -> None:
    """Hold still what has none of the parts in its name.

    Args:
        parts: separated by commas.
    Raises:
        InputError: nothing that learns is named as one of them; the sentence lists what is.
    """
    names = [name for name, p in network.named_parameters() if p.requires_grad]
    chosen = [part.strip() for part in parts.split(",")]
    for part in chosen:
        if not part or not any(part in name for name in names):
            tops = sorted({".".join(name.split(".")[:2]) for name in names})
            raise InputError(f"no part that learns is named {part!r}; try {', '.join(tops)}")
    for name, module in network.named_modules():  # running statistics stand still too
        module.training = any(part in name for part in chosen)
    for name, parameter in network.named_parameters():
        learns = any(part in name for part in chosen)
        parameter.requires_grad_(learns and parameter.requires_grad)
