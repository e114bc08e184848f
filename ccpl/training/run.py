"""--train: from a configuration to data, network and VGG-19, then `fit`."""

import dataclasses
import logging
from collections.abc import Iterator
from pathlib import Path

import torch
from torch import Tensor, nn

from ccpl.config import ModelConfig
from ccpl.device import has_fast_bf16, pick_device
from ccpl.files.features import load_features
from ccpl.files.vgg import prepare_vgg, read_vgg
from ccpl.files.weights import load_network
from ccpl.models import Network, build_network
from ccpl.models.reference import reference_taps
from ccpl.models.vgg import deepest_taps
from ccpl.training import processes
from ccpl.training.checkpoint import load_checkpoint
from ccpl.training.config import OWN_FEATURES, TrainConfig
from ccpl.training.data import Pairs
from ccpl.training.loop import StepReport, fit
from ccpl.training.objective import Objective
from ccpl.training.optimizer import freeze_all_but
from ccpl.training.runlog import RunFolder

log = logging.getLogger(__name__)

STYLE_TAPS = ("relu1_1", "relu2_1", "relu3_1", "relu4_1")


def train(config: TrainConfig, vgg_state: dict[str, Tensor] | None = None) -> Iterator[StepReport]:
    """Train and export to `config.weights_path`; stopping it early writes a checkpoint.

    Under torchrun one process trains on each GPU. What cannot be used is refused at the call, files
    before folders of pictures.

    Args:
        vgg_state: VGG-19 weights in any layout; those of `config.vgg` unless given.
    Returns:
        Reports, one after every step; the steps are done as they are asked for.
    Raises:
        InputError: a file, folder or device that cannot be used.
    """
    device = pick_device(config.device)
    checkpoint = load_checkpoint(Path(config.resume), config) if config.resume else None
    torch.manual_seed(config.seed)
    network = start_network(config)
    if config.learn:
        freeze_all_but(network, config.learn)
    folder = None
    if processes.rank() == 0:
        step = checkpoint["step"] if checkpoint else 0
        folder = RunFolder(Path(config.output_dir), config.weights_path, step=step)
    features = start_features(config, vgg_state)
    if config.arch == "vgg19":
        network.encoder.load_state_dict(features.state_dict())
    processes.join()
    pairs = Pairs(config, device)
    if folder and config.sample_every:
        folder.samples = pairs.samples()
    dtype = torch.bfloat16 if has_fast_bf16(device) else torch.float32
    objective = Objective(config, features.to(device, dtype, memory_format=torch.channels_last))
    on_device = {"device": device, "memory_format": torch.channels_last}
    return fit(
        network.to(**on_device),
        objective.to(**on_device),
        pairs.batches,
        config,
        folder=folder,
        checkpoint=checkpoint,
    )


def start_network(config: TrainConfig) -> Network:
    """A new network, or one of the shape of `--init` with all it has that the mode knows."""
    shape = ModelConfig(arch=config.arch)
    start = load_network(Path(config.init)) if config.init else None
    if start and start.config.arch == config.arch:
        shape = start.config
    network = build_network(
        dataclasses.replace(shape, mode=config.mode, transform=config.transform)
    )
    if start:
        given, own = start.state_dict(), network.state_dict()
        if config.transform != "sct":  # how SCT compresses styles serves the modulations of others
            for part in ("weight", "bias"):
                compress = given.get(f"draft.transform.snet.0.{part}")
                given |= {} if compress is None else {f"draft.compress.{part}": compress}
        known = {k for k, v in own.items() if k in given and given[k].shape == v.shape}
        network.load_state_dict({k: given[k] if k in known else v for k, v in own.items()})
    return network


def start_features(config: TrainConfig, vgg_state: dict[str, Tensor] | None = None) -> nn.Module:
    """What pictures are compared by: VGG-19 up to the deepest taps that are wanted, or our own."""
    if config.vgg == OWN_FEATURES:
        return load_features()
    state = vgg_state or read_vgg(config.vgg)
    if config.arch == "vgg19":
        taps = reference_taps(state, config.mode)
    else:
        taps = deepest_taps(state, STYLE_TAPS)
    log.info("VGG-19 taps: %s", ", ".join(taps))
    return prepare_vgg(state, taps)
