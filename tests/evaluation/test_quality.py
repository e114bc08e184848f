import dataclasses
import json
from fractions import Fraction

import numpy as np
import pytest
import torch
from PIL import Image

from ccpl.config import ModelConfig
from ccpl.errors import InputError
from ccpl.evaluation import quality as module
from ccpl.evaluation.features import stand_in_features
from ccpl.evaluation.methods import AdaINForSCT, Method, Network
from ccpl.evaluation.quality import EvaluateConfig, evaluate
from ccpl.files.weights import save_weights
from ccpl.image import to_tensor
from ccpl.models import build_network
from ccpl.painting.stylizer import Stylizer
from ccpl.video import VideoWriter
from tests.conftest import NARROW


def painted_network(mode: str = "artistic"):
    """An untrained network that does change pictures."""
    torch.manual_seed(0)
    network = build_network(ModelConfig(mode=mode, **NARROW))
    if mode == "photo":
        with torch.no_grad():
            network.decoder.recolour.weight.normal_(0, 0.05)
    return network


def picture(seed: int, size: tuple[int, int] = (48, 64)) -> Image.Image:
    pixels = np.random.default_rng(seed).integers(0, 256, (size[0] // 8, size[1] // 8, 3), np.uint8)
    return Image.fromarray(pixels).resize(size[::-1], Image.Resampling.BICUBIC)


@pytest.fixture
def setup(tmp_path, monkeypatch):
    """Folders with pictures, a clip and weights; pictures are compared at 64 pixels."""
    for name, count in (("contents", 2), ("styles", 2), ("clips", 0)):
        (tmp_path / name).mkdir()
        for i in range(count):
            picture(i + len(name)).save(tmp_path / name / f"{name[:-1]}{i}.png")
    with VideoWriter(tmp_path / "clips" / "clip.mp4", size=(48, 64), rate=Fraction(10)) as writer:
        for i in range(4):
            writer.write(np.roll(np.asarray(picture(9)), i, 1))
    for mode in ("artistic", "photo"):
        save_weights(painted_network(mode), tmp_path / f"lite.{mode}.safetensors")
    monkeypatch.setattr(module, "metric_features", lambda vgg: stand_in_features(tmp_path))
    monkeypatch.setattr("ccpl.evaluation.metrics.SHORT_SIDE", 64)
    (tmp_path / "README.md").write_text("# It\n<!-- quality -->\nold\n<!-- /quality -->\nend\n")
    return EvaluateConfig(
        content_dir=str(tmp_path / "contents"),
        style_dir=str(tmp_path / "styles"),
        clips=str(tmp_path / "clips"),
        modes=("artistic",),
        clip_styles=1,
        clip_side=64,
        weights_dir=str(tmp_path),
        output=str(tmp_path / "out"),
        readme=str(tmp_path / "README.md"),
    )


def test_evaluation_measures_every_pair_and_clip_and_writes_its_files(setup, tmp_path):
    reports = list(evaluate(setup))
    last = reports[-1]
    assert [r.done for r in reports[:-2]] == list(range(1, 13))  # 2 contents x 2 styles x 3 methods
    assert last.done == last.total == 15
    result = json.loads((tmp_path / "out" / "evaluation.json").read_text())
    assert result == json.loads(json.dumps(last.result))
    assert [row["method"] for row in result["rows"]] == [
        "content itself",
        "lite.artistic",
        "lite.artistic, AdaIN for SCT",
    ]
    own, network, _ = result["rows"]
    assert (own["style"], own["content"], own["ssim"]) == pytest.approx((1, 0, 1))
    assert (own["motion"], own["flicker_1"], own["flicker_10"]) == (0, 1, None)
    assert network["ssim"] < 1
    assert "stand-in" in result["features"]


def test_page_needs_no_other_file_and_names_the_features(setup, tmp_path):
    list(evaluate(setup))
    page = (tmp_path / "out" / "index.html").read_text()
    assert page.count("data:image/jpeg;base64,") == 2
    assert page.count("<svg") == 2  # the trade-off and one clip at one interval
    assert "stand-in" in page
    assert "://" not in page  # a bare "http" can turn up in the base64 of a picture


def test_table_and_readme_come_from_the_result(setup, tmp_path):
    last = list(evaluate(setup))[-1]
    readme = (tmp_path / "README.md").read_text()
    assert readme.startswith("# It\n<!-- quality -->\n") and readme.endswith("-->\nend\n")
    assert "old" not in readme and "stand-in" in readme
    assert "lite.artistic, AdaIN for SCT" in last.table and "flicker 1" in last.table
    assert "flicker 10" not in last.table  # the clip is too short


def test_limit_caps_pictures_and_clips(setup):
    config = dataclasses.replace(setup, limit=1, clips=None, readme=None)
    assert list(evaluate(config))[-1].total == 3


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"modes": ("art",)}, "artistic, photo, perceptual"),
        ({"arch": "vgg"}, "lite, vgg19"),
        ({"stabilize": "on"}, "off, statistics, flow"),
        ({"limit": 0}, "at least 1"),
        ({"frames": 1}, "frames must be at least 2"),
    ],
)
def test_bad_options_are_refused_with_the_choices(given, message):
    with pytest.raises(ValueError, match=message):
        EvaluateConfig(**given)


def test_folder_without_pictures_is_an_input_error(tmp_path):
    config = EvaluateConfig(content_dir=str(tmp_path), style_dir=str(tmp_path))
    with pytest.raises(InputError, match="no picture in"):
        next(evaluate(config))


def test_first_baseline_changes_nothing():
    frames = [np.asarray(picture(i)) for i in range(2)]
    assert np.array_equal(Method().clip(frames, picture(5)), frames)


def test_adain_keeps_the_size_and_differs_from_the_network():
    stylizer = Stylizer(painted_network())
    content, style = to_tensor(picture(1, (45, 70))), picture(2)
    result = AdaINForSCT(stylizer).picture(content, style)
    assert result.shape == content.shape
    assert not torch.allclose(result, Network(stylizer, "off").picture(content, style))


@pytest.mark.parametrize("stabilize", ["off", "statistics", "flow"])
def test_network_clips_keep_number_and_size_of_frames(stabilize):
    frames = [np.asarray(picture(i)) for i in range(5)]
    result = Network(Stylizer(painted_network()), stabilize).clip(frames, picture(7))
    assert [f.shape for f in result] == [f.shape for f in frames]
