"""Pictures and small trained models for the tests; everything is made on the spot."""

import os
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from ccpl.config import ModelConfig
from ccpl.models import build_network
from ccpl.painting.stylizer import Stylizer

ROOT = Path(__file__).resolve().parent.parent


NARROW = {"draft_widths": (8, 12, 16), "draft_rank": 4, "revision_widths": (8, 8)}  # and quick


def draw_picture(height: int, width: int, seed: int = 0) -> np.ndarray:
    """A colourful smooth picture with some grain, (H, W, 3) uint8."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[0:height, 0:width] / max(height, width)
    waves = [
        np.sin(2 * np.pi * (rng.uniform(1, 4) * x + rng.uniform(1, 4) * y + rng.random()))
        for _ in range(3)
    ]
    grain = rng.normal(0, 8, (height, width, 3))
    return (np.stack(waves, 2) * 90 + 128 + grain).clip(0, 255).round().astype(np.uint8)


def pytest_configure(config: pytest.Config) -> None:
    """Where several workers share the cores, each and what it starts computes on one."""
    if hasattr(config, "workerinput"):
        os.environ["OMP_NUM_THREADS"] = "1"
        torch.set_num_threads(1)


@pytest.fixture(autouse=True)
def _same_numbers():
    """Random numbers do not depend on which tests ran before."""
    torch.manual_seed(0)


@pytest.fixture
def picture():
    """A function (height, width, seed=0) -> RGB image."""
    return lambda *args: Image.fromarray(draw_picture(*args))


@pytest.fixture
def picture_folder(tmp_path):
    """A function (name, count, size) -> folder of PNG files."""

    def make(name: str, count: int = 4, size: int = 96) -> Path:
        folder = tmp_path / name
        folder.mkdir()
        for i in range(count):
            Image.fromarray(draw_picture(size, size + 8 * i, i + len(name))).save(
                folder / f"{i}.png"
            )
        return folder

    return make


def random_network(mode: str = "artistic", seed: int = 0):
    """A small untrained lite network whose heads do something."""
    torch.manual_seed(seed)
    network = build_network(ModelConfig(mode=mode, **NARROW))
    with torch.no_grad():
        for parameter in network.parameters():
            if not parameter.any():
                parameter.normal_(0, 0.02)
    return network.eval()


@pytest.fixture(scope="session")
def stylizer():
    """A Stylizer over a small untrained network."""
    return Stylizer(random_network())
