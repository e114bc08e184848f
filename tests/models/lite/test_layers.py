"""Layers of the small networks: edges, shuffles and the blur after them."""

import pytest
import torch
import torch.nn.functional as F

from ccpl.models.lite.layers import Conv3x3, blocks_of, soften


@pytest.mark.parametrize("stride", [1, 2])
def test_edges_are_repeated_outwards(stride):
    layer, x = Conv3x3(2, 3, stride=stride), torch.randn(1, 2, 4, 6)
    rows, columns = torch.tensor([0, *range(4), 3]), torch.tensor([0, *range(6), 5])
    wide = x[:, :, rows][..., columns]
    expected = F.conv2d(wide, layer.weight, layer.bias, stride)
    assert torch.allclose(layer(x), expected, atol=1e-5)


def test_blocks_are_those_of_the_pixel_unshuffle_in_channels_last():
    image = torch.rand(2, 3, 8, 12)
    for layout in (torch.contiguous_format, torch.channels_last):
        blocks = blocks_of(image.contiguous(memory_format=layout))
        assert torch.equal(blocks, F.pixel_unshuffle(image, 4))
        assert blocks.is_contiguous(memory_format=torch.channels_last)


def test_softening_removes_a_checkerboard_and_keeps_flat_colours():
    board = (torch.arange(8)[:, None] + torch.arange(8)) % 2 * 1.0
    soft = soften(board.expand(1, 3, 8, 8))
    assert torch.allclose(soft[..., 1:-1, 1:-1], torch.full((1, 3, 6, 6), 0.5))
    flat = torch.full((2, 3, 4, 6), 0.7)
    assert torch.allclose(soften(flat), flat)


def test_softening_is_a_binomial_kernel():
    point = torch.zeros(1, 1, 7, 7)
    point[0, 0, 3, 3] = 16
    expected = torch.tensor([[1.0, 2, 1], [2, 4, 2], [1, 2, 1]])
    assert torch.equal(soften(point)[0, 0, 2:5, 2:5], expected)
    assert soften(point).sum() == 16
