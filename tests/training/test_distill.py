"""Distilling VGG-19: the student comes to answer as its teacher; what is written can be read."""

from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from ccpl.errors import InputError
from ccpl.files.features import load_features
from ccpl.models.vgg import CONVS, WIDTHS
from ccpl.training.distill import DistillConfig, distill, disturb, imitation_terms


@pytest.fixture(scope="module")
def vgg_file(tmp_path_factory):
    """Random convolutions up to conv3_4, in the layout of the original weights."""
    generator = torch.Generator().manual_seed(0)
    state, width = {}, 3
    for name in CONVS[: CONVS.index("conv3_4") + 1]:
        weight = torch.randn(WIDTHS[name], width, 3, 3, generator=generator)
        state[f"{name}.weight"] = weight * (2 / (9 * width)) ** 0.5
        state[f"{name}.bias"] = torch.zeros(WIDTHS[name])
        width = WIDTHS[name]
    path = tmp_path_factory.mktemp("vgg") / "vgg.safetensors"
    save_file(state, path)
    return str(path)


@pytest.fixture
def config(picture_folder, tmp_path, vgg_file):
    """A function (**changes) -> a tiny run."""
    tiny = {"steps": 12, "batch_size": 2, "crop_size": 32, "picture_side": 48, "device": "cpu"}
    given = {"output": str(tmp_path / "run" / "features.safetensors"), "vgg": vgg_file}
    given["picture_dir"] = str(picture_folder("pictures", count=2, size=48))
    return lambda **changes: DistillConfig(**{**tiny, **given, **changes})


def test_the_student_comes_closer_and_is_written(config):
    run = config()
    reports = list(distill(run))
    first, last = (sum(report.losses.values()) for report in (reports[0], reports[-1]))
    assert last < 0.9 * first
    assert reports[-1].step == run.steps and reports[-1].seconds_left == 0
    assert set(load_features(Path(run.output))(torch.rand(1, 3, 32, 32))) == set(
        reports[0].losses
    ) - {"statistics"}


def test_a_run_stopped_early_leaves_what_it_had_and_can_be_continued(config):
    reports = distill(config())
    next(reports)
    reports.close()
    more = config(init=config().output, steps=1)
    before = load_features(Path(more.output)).state_dict()
    list(distill(more))
    after = load_features(Path(more.output)).state_dict()
    assert all(torch.allclose(v, after[k], atol=0.1) for k, v in before.items())
    assert any(not torch.equal(v, after[k]) for k, v in before.items())


@pytest.mark.parametrize(
    "changes, sentence",
    [
        ({"vgg": "missing.safetensors"}, "no VGG-19 file missing"),
        ({"picture_dir": "missing"}, "missing"),
        ({"init": "missing.safetensors"}, "missing.safetensors is missing"),
    ],
)
def test_what_cannot_be_used_is_named(config, changes, sentence):
    with pytest.raises(InputError, match=sentence):
        distill(config(**changes))


def test_equal_activations_leave_no_error():
    feats = {"relu1_1": torch.rand(2, 4, 8, 8)}
    terms = imitation_terms(feats, feats)
    assert set(terms) == {"relu1_1", "statistics"}
    assert all(term == 0 for term in terms.values())
    assert imitation_terms({"relu1_1": torch.zeros(2, 4, 8, 8)}, feats)["relu1_1"] == 1


def test_one_picture_of_four_stays_and_the_others_change():
    pictures = torch.rand(4, 3, 32, 32)
    changed = disturb(pictures, torch.Generator().manual_seed(0))
    assert torch.equal(changed[0], pictures[0])
    assert all(
        not torch.allclose(a, b, atol=0.01) for a, b in zip(changed[1:], pictures[1:], strict=True)
    )
    assert changed.min() >= 0 and changed.max() <= 1
