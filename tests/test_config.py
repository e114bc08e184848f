"""Configuration: closed choices list themselves."""

import pytest

from ccpl.config import ModelConfig, VideoConfig
from ccpl.errors import InputError


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: ModelConfig(mode="art"), "artistic, photo, perceptual"),
        (lambda: VideoConfig(preset="fastest"), "ultrafast, superfast"),
        (lambda: VideoConfig(crf=99), "crf must lie between 0 and 51"),
    ],
)
def test_bad_values_say_what_was_expected(make, words):
    with pytest.raises(InputError, match=words):
        make()
