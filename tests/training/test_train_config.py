"""The configuration of a training run: every number is checked, and every weight has its term."""

from dataclasses import fields

import pytest

from ccpl.config import ARCHS, MODES
from ccpl.errors import InputError
from ccpl.options import options
from ccpl.training.config import TRAIN_PRESETS, TrainConfig, train_config


@pytest.mark.parametrize("arch", ARCHS)
@pytest.mark.parametrize("mode", MODES)
def test_every_mode_has_a_preset_that_makes_a_valid_config(arch, mode):
    assert (arch, mode) in TRAIN_PRESETS
    config = train_config(mode, arch)
    assert (config.mode, config.arch) == (mode, arch)


def test_what_the_user_gives_wins_over_the_preset():
    assert train_config("photo", content_weight=3.5).content_weight == 3.5


def test_every_number_has_a_range_and_every_field_a_sentence():
    for item in options(TrainConfig):
        assert item.help, item.name
        if item.kind in (int, float):
            assert item.facts["low"] is not None, item.name
            assert item.facts["high"] is not None or item.name == "clip"  # inf: not clipped


@pytest.mark.parametrize("item", options(TrainConfig), ids=lambda item: item.name)
def test_no_number_may_leave_its_range(item):
    if item.kind not in (int, float):
        return
    for bound, step in (("low", -1), ("high", 1)):
        if item.facts[bound] is None:
            continue
        value = item.facts[bound] + step
        with pytest.raises(InputError, match=f"{item.label.lower()} must"):
            train_config(**{item.name: (value,) if item.many else value})


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"mode": "oil"}, "artistic, photo, perceptual"),
        ({"arch": "vgg16"}, "lite, vgg19"),
        ({"device": "gpu"}, "auto, cpu, cuda"),
        ({"speed": 3}, "unknown training option 'speed'"),
        ({"steps": 0}, "steps must lie between 1"),
        ({"lr": -1.0}, "lr must lie between"),
        ({"lr": float("nan")}, "lr must be a number"),
        ({"workers": -1}, "workers must lie between 0 and 256, got -1"),
        ({"seed": -1}, "seed must lie between 0"),
        ({"sample_every": -1}, "sample every must lie between 0"),
        ({"checkpoint_every": -1}, "checkpoint every must lie between 0"),
        ({"style_scales": (1.0, 0.0)}, "style scales must lie between"),
        ({"style_scales": ()}, "style scales must be one or more"),
        ({"anchors": 100_000}, "anchors must lie between 1 and 256"),
        ({"styles_each": 3}, "styles each must be at most the batch size 2, got 3"),
        ({"crop_size": 100}, "crop size must be a multiple of 8, got 100"),
        ({"picture_side": 128}, "picture side must be at least the crop size 256, got 128"),
        ({"smooth_scale": 128}, "at most a quarter of the crop size, got 128"),
        ({"bold_styles": 1.5}, "between 0 and 1, got 1.5"),
        ({"ema": 1.0}, "between 0 and 0.999999, got 1"),
        ({"content_weight": 0.0}, "a content goal needs a content weight above 0"),
        ({"crop_size": 64, "style_scales": (1.0, 0.1)}, "leaves 6.4 of 64 pixels; .* need 16"),
        ({"crop_size": 64, "deep_scale": 0.1}, "leaves 6.4 of 64 pixels"),
        (
            {f.name: 0.0 for f in fields(TrainConfig) if f.name.endswith("_weight")}
            | {"content_goal": None},
            "every term of the loss has weight 0",
        ),
        (
            {"neighbour_weight": 1.0, "deep_scale": 0.5, "style_scales": (1.0,)},
            "neighbour term needs a style scale of at most the deep scale 0.5",
        ),
    ],
    ids=lambda x: ",".join(x)[:30] if isinstance(x, dict) else "",
)
def test_bad_values_are_one_sentence_that_says_what_was_expected(given, words):
    with pytest.raises(InputError, match=words) as error:
        train_config(**given)
    assert "\n" not in str(error.value)


def test_never_is_a_choice():
    config = train_config(sample_every=0, checkpoint_every=0, warmup=0, ema=0.0)
    assert (config.sample_every, config.checkpoint_every) == (0, 0)


def test_photo_mode_of_lite_learns_sct_alone():
    with pytest.raises(InputError, match="no wct; choose sct"):
        train_config("photo", transform="wct")
    assert train_config("artistic", transform="wct").weights_path.name == (
        "lite.artistic.wct.safetensors"
    )
