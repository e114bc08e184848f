"""Configuration: closed choices list themselves, presets exist for every mode."""

import pytest

from ccpl.config import ARCHS, MODES, TRAIN_PRESETS, ModelConfig, VideoConfig, train_config


@pytest.mark.parametrize("arch", ARCHS)
@pytest.mark.parametrize("mode", MODES)
def test_every_mode_has_a_preset_that_makes_a_valid_config(arch, mode):
    assert (arch, mode) in TRAIN_PRESETS
    config = train_config(mode, arch)
    assert (config.mode, config.arch) == (mode, arch)


def test_what_the_user_gives_wins_over_the_preset():
    assert train_config("photo", content_weight=3.5).content_weight == 3.5


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: ModelConfig(mode="art"), "artistic, photo, perceptual"),
        (lambda: train_config("photo", "vgg16"), "lite, vgg19"),
        (lambda: train_config(speed=3), "unknown training option 'speed'"),
        (lambda: VideoConfig(preset="fastest"), "ultrafast, superfast"),
        (lambda: VideoConfig(crf=99), "crf must lie between 0 and 51"),
        (lambda: train_config(image_size=100), "multiple of 8"),
        (lambda: train_config(steps=0), "at least 1"),
        (lambda: train_config(smooth_scale=0), "at least 1"),
        (lambda: train_config(smooth_scale=64), "at most a quarter of the image size, got 64"),
        (lambda: train_config(bold_styles=1.5), "between 0 and 1, got 1.5"),
        (lambda: train_config(ema=1.0), "between 0 and below 1, got 1"),
    ],
)
def test_bad_values_say_what_was_expected(make, words):
    with pytest.raises(ValueError, match=words):
        make()
