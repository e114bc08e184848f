"""One process for each GPU, as torchrun starts them; without torchrun there is one."""

import os

import torch
import torch.distributed as dist
from torch import nn


def rank() -> int:
    """The number of this process; 0 is the one that writes."""
    return int(os.environ.get("RANK", 0))


def world_size() -> int:
    """How many processes train together."""
    return int(os.environ.get("WORLD_SIZE", 1))


def join() -> None:
    """Meet the other processes, if there are any and they have not met."""
    if world_size() > 1 and not dist.is_initialized():
        dist.init_process_group("nccl" if torch.cuda.is_available() else "gloo")


def average_gradients(model: nn.Module, device: torch.device) -> nn.Module:
    """The model, its gradients averaged over all processes; itself if there is one."""
    if world_size() == 1:
        return model
    ids = [device.index] if device.type == "cuda" else None
    return nn.parallel.DistributedDataParallel(model, ids, find_unused_parameters=True)
