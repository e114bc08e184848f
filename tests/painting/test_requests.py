"""Requests: the files that are asked for come out, within the limits, or nothing does."""

from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from ccpl import InputError, Look
from ccpl.config import HOSTED, LOCAL, VideoConfig
from ccpl.painting.requests import (
    Host,
    Inputs,
    preview_clip,
    stylize_clip,
    stylize_picture,
)

HOST = Host(device="cpu")


@pytest.fixture
def inputs(picture):
    """Two styles and a mask that is white on the left."""
    mask = Image.new("L", (20, 10))
    mask.paste(255, (0, 0, 10, 10))
    return Inputs([picture(64, 64, 1), picture(64, 64, 2)], mask, ["one", "two"])


@pytest.fixture
def clip(tmp_path, picture):
    """An animated picture of three frames, (40, 60)."""
    frames = [picture(40, 60, seed) for seed in range(3)]
    path = tmp_path / "clip.gif"
    frames[0].save(path, save_all=True, append_images=frames[1:], duration=100)
    return path


@pytest.mark.parametrize(
    ("asked", "limits", "side"),
    [
        (None, LOCAL, None),
        (500, LOCAL, 500),
        (None, HOSTED, 2048),
        (9999, HOSTED, 2048),
        (500, HOSTED, 500),
    ],
)
def test_the_longest_side_stays_within_the_limits(asked, limits, side):
    assert Host(limits).allowed(Look(max_side=asked)).max_side == side


def test_a_picture_and_its_content_are_of_the_size_that_is_allowed(picture, inputs):
    host = replace(HOST, limits=replace(LOCAL, longest_side=50))
    painted = stylize_picture(host, picture(40, 100), inputs, Look())
    assert painted.content.size == painted.stylized.size == (50, 20)


def test_a_clip_is_blended_and_masked_like_a_picture(tmp_path, clip, inputs):
    look = Look(mode="photo", max_side=48, stabilize="off")
    target = tmp_path / "new" / "out.gif"
    *_, last = stylize_clip(HOST, clip, target, inputs, look, VideoConfig(batch_size=1))
    assert (last.result.path, last.result.frames) == (target, 3)
    painted = preview_clip(HOST, clip, inputs, look)
    assert painted.stylized.size == (48, 32)
    alone = stylize_picture(HOST, painted.content, inputs, look).stylized
    gap = np.asarray(painted.stylized, np.int16) - np.asarray(alone, np.int16)
    assert np.abs(gap).max() <= 1
    assert np.array_equal(np.asarray(alone)[:, 30:], np.asarray(painted.content)[:, 30:])


def test_a_folder_that_cannot_be_made_is_named(tmp_path, clip, inputs):
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="cannot write"):
        next(stylize_clip(HOST, clip, tmp_path / "file" / "a.mp4", inputs, Look()))
