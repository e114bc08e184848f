"""Windows: cutting pictures, and finding the core of a piece at any resolution."""

import torch

from ccpl.models.window import Box, Window, whole_window


def test_a_box_cuts_rows_and_columns():
    image = torch.arange(48.0).view(1, 1, 6, 8)
    assert torch.equal(Box(2, 4, 5, 8).cut(image), image[:, :, 2:4, 5:8])


def test_the_core_is_the_same_place_in_the_picture_and_in_the_piece():
    image = torch.rand(2, 3, 48, 64)
    window = Window((48, 64), Box(8, 40, 16, 64), Box(16, 32, 24, 56))
    assert torch.equal(window.core_of(window.box.cut(image)), window.core.cut(image))


def test_the_core_of_features_is_found_at_their_resolution():
    feats = torch.rand(1, 5, 4, 6)  # of a piece of 32 x 48 pixels, at 1/8
    window = Window((48, 64), Box(8, 40, 16, 64), Box(16, 32, 24, 56))
    assert torch.equal(window.core_of(feats), feats[:, :, 1:3, 1:5])


def test_the_whole_is_all_core():
    image = torch.rand(1, 3, 16, 24)
    window = whole_window(image)
    assert window.size == (16, 24)
    assert torch.equal(window.box.cut(image), image)
    assert torch.equal(window.core_of(image), image)
