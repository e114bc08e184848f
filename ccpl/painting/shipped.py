"""The networks that ship with the project, as Stylizers."""

import functools
from pathlib import Path

import torch

from ccpl.config import ARCHS, MODES, TRANSFORM_NAMES, model_name
from ccpl.device import pick_device, pick_dtype
from ccpl.errors import check_choice
from ccpl.files.weights import WEIGHTS_DIR, load_network
from ccpl.painting.stylizer import Stylizer


def load_stylizer(
    mode: str = "artistic",
    *,
    arch: str = "lite",
    transform: str = "sct",
    device: str = "auto",
    dtype: str = "auto",
    weights_dir: str | Path = WEIGHTS_DIR,
) -> Stylizer:
    """Load a model that ships with the project; the same one is loaded once.

    Args:
        mode: artistic, photo or perceptual.
        arch: lite, or vgg19 where its weights were imported.
        transform: what joins content and style; others than sct are there for comparison, in mode
            artistic of lite.
        device: auto, cpu or cuda.
        dtype: float32, bfloat16, or auto: bfloat16 for vgg19 where the device has it natively.
        weights_dir: folder of <arch>.<mode>[.<transform>].safetensors files.
    Raises:
        InputError: unknown mode, architecture or dtype, the choices are listed; or the weight file
            is missing or altered.
    """
    check_choice("mode", mode, MODES)
    check_choice("architecture", arch, ARCHS)
    check_choice("transform", transform, TRANSFORM_NAMES)
    path = Path(weights_dir) / f"{model_name(arch, mode, transform)}.safetensors"
    where = pick_device(device)
    return _load(path, str(where), pick_dtype(dtype, where, prefer_bf16=arch == "vgg19"))


@functools.lru_cache(maxsize=8)
def _load(path: Path, device: str, dtype: torch.dtype) -> Stylizer:
    return Stylizer(load_network(path), device=device, dtype=dtype)
