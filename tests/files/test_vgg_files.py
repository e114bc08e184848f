"""VGG-19 files: where they are found, and by what their activations are divided."""

import pytest
import torch

from ccpl.errors import InputError
from ccpl.files import vgg as module
from ccpl.files.vgg import ORIGINAL_MEANS, find_vgg, load_vgg, prepare_vgg, read_vgg
from ccpl.models.vgg import CONVS, NORMALISED, WIDTHS, build_vgg

TAPS = ("relu1_1", "relu2_1", "relu3_1")
DEEP = CONVS[: CONVS.index("conv3_1") + 1]
NUMBERS = {"torchvision": (0, 2, 5, 7, 10), "published": NORMALISED[: len(DEEP)], "original": DEEP}


def draw(layout):
    """Random weights up to conv3_1 in one of the layouts."""
    generator = torch.Generator().manual_seed(0)
    state, width = {}, 3
    if layout == "published":
        state = {"0.weight": torch.eye(3)[..., None, None], "0.bias": torch.zeros(3)}
    for name, entry in zip(DEEP, NUMBERS[layout], strict=True):
        weight = torch.randn(WIDTHS[name], width, 3, 3, generator=generator)
        state[f"{entry}.weight"] = weight * (2 / (9 * width)) ** 0.5
        state[f"{entry}.bias"] = torch.zeros(WIDTHS[name])
        width = WIDTHS[name]
    return state


@pytest.fixture
def image():
    return torch.rand(1, 3, 32, 48, generator=torch.Generator().manual_seed(1))


def factors(layout, image):
    """By what each tap was divided."""
    state = draw(layout)
    before, after = build_vgg(state, TAPS)(image), prepare_vgg(state, TAPS)(image)
    return {tap: (before[tap].sum() / after[tap].sum()).item() for tap in TAPS}


def test_the_original_weights_are_divided_by_known_constants(image):
    expected = {tap: ORIGINAL_MEANS[tap.replace("relu", "conv")] for tap in TAPS}
    assert factors("original", image) == pytest.approx(expected, rel=1e-4)


def test_the_published_normalised_file_stays_as_it_is(image):
    assert factors("published", image) == pytest.approx(dict.fromkeys(TAPS, 1), rel=1e-5)


def test_other_files_are_divided_by_their_means_on_the_examples(image, tmp_path, monkeypatch):
    first = factors("torchvision", image)
    (example,) = list(module.EXAMPLES.glob("alpine-lake.*"))
    monkeypatch.setattr(module, "EXAMPLES", tmp_path)
    (tmp_path / example.name).write_bytes(example.read_bytes())
    picture = module._example(example)
    feats = build_vgg(draw("torchvision"), TAPS)(picture)
    alone = {tap: 1.14 * feats[tap].mean().item() for tap in TAPS}
    assert factors("torchvision", image) == pytest.approx(alone, rel=1e-4)
    assert first != pytest.approx(alone, rel=1e-2)  # all examples count


def test_a_layer_that_nobody_measured_is_measured_and_the_others_keep_their_constants(
    image, monkeypatch
):
    known = {k: v for k, v in ORIGINAL_MEANS.items() if k != "conv3_1"}
    monkeypatch.setattr(module, "ORIGINAL_MEANS", known)
    found = factors("original", image)
    assert found["relu2_1"] == pytest.approx(known["conv2_1"], rel=1e-4)
    assert found["relu3_1"] != pytest.approx(126.5, rel=1e-2)


def test_vgg_file_is_found_by_argument_variable_and_cache(tmp_path, monkeypatch):
    monkeypatch.delenv("CCPL_VGG", raising=False)
    monkeypatch.setattr(torch.hub, "get_dir", lambda: str(tmp_path))
    assert find_vgg() is None
    cached = tmp_path / "checkpoints" / "vgg19-dcbb9e9d.pth"
    cached.parent.mkdir()
    cached.touch()
    assert find_vgg() == cached
    named, given = tmp_path / "named.pth", tmp_path / "given.pth"
    named.touch()
    given.touch()
    monkeypatch.setenv("CCPL_VGG", str(named))
    assert find_vgg() == named
    assert find_vgg(given) == given


def test_a_named_file_that_is_missing_or_damaged_is_an_error(tmp_path):
    with pytest.raises(InputError, match="no VGG-19 file"):
        read_vgg(tmp_path / "none.pth")
    for name, words in (("bad.pth", "no PyTorch file"), ("bad.safetensors", "no readable VGG-19")):
        for content in (b"", b"oops"):
            (tmp_path / name).write_bytes(content)
            with pytest.raises(InputError, match=words):
                read_vgg(tmp_path / name)
    torch.save([1, 2], tmp_path / "list.pth")
    with pytest.raises(InputError, match="no table of tensors"):
        load_vgg(tmp_path / "list.pth", TAPS)
