"""Checkpoints: all that a run needs to go on as if it had never stopped."""

import dataclasses
from pathlib import Path
from typing import Any

import torch

from ccpl.atomic import atomic_path
from ccpl.errors import InputError
from ccpl.files.unpickle import load_torch_file
from ccpl.training.config import TrainConfig

PARTS = ("model", "mean", "optimizer", "step", "config")
# Options that decide what a step is: with another one the run would not be the same.
FIXED = (
    "arch",
    "mode",
    "seed",
    "batch_size",
    "styles_each",
    "crop_size",
    "picture_side",
    "zoom_out",
    "style_side",
)
OTHER_VERSION = "was written by another version of this program; start a new run"

Checkpoint = dict[str, Any]  # by PARTS; config as a dict


def save_checkpoint(path: Path, checkpoint: Checkpoint) -> None:
    """Write a checkpoint, whole or not at all."""
    with atomic_path(path) as part:
        torch.save(checkpoint, part)


def load_checkpoint(path: Path, config: TrainConfig) -> Checkpoint:
    """Read a checkpoint that a run of this configuration can go on from.

    Raises:
        InputError: missing, damaged, no checkpoint, or of a run with other settings.
    """
    if path.suffix == ".safetensors":
        raise InputError(
            f"{path} holds weights alone; start from them with --init, or resume from a "
            f"checkpoint.pt"
        )
    checkpoint = load_torch_file(path, "checkpoint of --train")
    if not isinstance(checkpoint, dict) or not isinstance(checkpoint.get("config"), dict):
        raise InputError(f"{path} is no checkpoint of --train; give its checkpoint.pt")
    saved = checkpoint["config"]
    if missing := {*PARTS} - {*checkpoint} | {*FIXED} - {*saved}:
        raise InputError(f"{path} lacks {min(missing)}: it {OTHER_VERSION}")
    for name in FIXED:
        if saved[name] != getattr(config, name):
            raise InputError(
                f"{path} was trained with {name.replace('_', ' ')} {saved[name]}, not "
                f"{getattr(config, name)}; give the same flags to resume"
            )
    if checkpoint["step"] >= config.steps:
        raise InputError(
            f"{path} has {checkpoint['step']} steps done already; give more than that as --steps"
        )
    return checkpoint


def describe(config: TrainConfig) -> dict[str, Any]:
    """A configuration as a checkpoint holds it."""
    return dataclasses.asdict(config)
