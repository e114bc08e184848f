"""The lite encoder and decoder: shapes, and a start at nothing."""

import itertools

import pytest
import torch
import torch.nn.functional as F

from ccpl.config import MODES, ModelConfig
from ccpl.models import build_network
from ccpl.models.lite import LiteEncoder, apply_colour_maps, blocks_of, pixels_of, soften


def test_encoder_sees_a_quarter_and_an_eighth():
    feats = LiteEncoder((12, 20), (6,))(torch.rand(2, 3, 32, 48))
    assert {tap: f.shape for tap, f in feats.items()} == {
        "quarter": (2, 12, 8, 12),
        "eighth": (2, 20, 4, 6),
    }


@pytest.mark.parametrize("mode", MODES)
def test_an_untrained_decoder_returns_the_picture_it_starts_from(mode):
    network = build_network(ModelConfig(mode=mode))
    content, base = torch.rand(2, 1, 3, 32, 32)
    code = network.encode_style(torch.rand(1, 3, 64, 64))
    feats = network.encoder(content)
    stats = network.content_stats(feats, content)
    result = network.decoder(feats, content, base, code, stats)
    assert torch.allclose(result, base, atol=1e-6)


def test_photo_mode_has_no_paint_head():
    photo, artistic = (build_network(ModelConfig(mode=m)).decoder for m in ("photo", "artistic"))
    assert (photo.paint, photo.recolour.out_channels) == (None, 26)
    assert (artistic.paint is None, artistic.recolour.out_channels) == (False, 13)


def test_colour_maps_are_a_matrix_and_an_offset_at_every_place():
    matrix, offset = torch.randn(3, 3), torch.randn(3)
    maps = torch.cat([matrix.flatten(), offset]).view(1, 12, 1, 1).expand(1, 12, 2, 2)
    image = torch.rand(1, 3, 8, 8)
    expected = torch.einsum("ij,bjhw->bihw", matrix, image) + offset.view(3, 1, 1)
    assert torch.allclose(apply_colour_maps(maps, image), expected, atol=1e-6)


def test_further_maps_are_gains_of_layers():
    maps = torch.zeros(1, 14, 2, 2)
    maps[:, 12:] = torch.tensor([0.5, -2.0]).view(2, 1, 1)
    image, *layers = torch.rand(3, 1, 3, 8, 8)
    expected = layers[0] / 2 - 2 * layers[1]
    assert torch.allclose(apply_colour_maps(maps, image, layers), expected, atol=1e-6)


def test_the_second_half_of_the_maps_is_for_bright_colours():
    dark, bright = torch.randn(2, 1, 13, 2, 2)
    image, layer, tone = torch.rand(1, 3, 8, 8), torch.rand(1, 3, 8, 8), torch.rand(1, 1, 8, 8)
    result = apply_colour_maps(torch.cat([dark, bright], 1), image, [layer], tone=tone)
    ends = [apply_colour_maps(maps, image, [layer]) for maps in (dark, bright)]
    assert torch.allclose(result, torch.lerp(*ends, tone), atol=1e-5)


def apply_pixel_by_pixel(maps, image, layers, tone):
    """The formula, place by place, on maps that `F.interpolate` enlarged."""
    maps = F.interpolate(maps, size=image.shape[2:], mode="bilinear", align_corners=False)
    result = torch.empty_like(image)
    for b, y, x in itertools.product(*map(range, (len(image), *image.shape[2:]))):
        here = maps[b, :, y, x]
        if tone is not None:
            dark, bright = here.chunk(2)
            here = dark + tone[b, 0, y, x] * (bright - dark)
        colour = here[:9].view(3, 3) @ image[b, :, y, x] + here[9:12]
        result[b, :, y, x] = colour + sum(
            gain * layer[b, :, y, x] for gain, layer in zip(here[12:], layers, strict=True)
        )
    return result


@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
@pytest.mark.parametrize(("count", "toned"), [(0, False), (1, False), (1, True), (2, True)])
@pytest.mark.parametrize("size", [(4, 4), (4, 20), (24, 8), (16, 28)])
def test_colour_maps_are_enlarged_bilinearly_and_applied_to_every_pixel(size, count, toned, layout):
    generator = torch.Generator().manual_seed(0)
    channels = (12 + count) * (2 if toned else 1)
    maps = torch.randn(2, channels, *(n // 4 for n in size), generator=generator)
    image, *layers = torch.rand(1 + count, 2, 3, *size, generator=generator)
    tone = torch.rand(2, 1, *size, generator=generator) if toned else None
    expected = apply_pixel_by_pixel(maps, image, layers, tone)
    maps, image = (x.contiguous(memory_format=layout) for x in (maps, image))
    result = apply_colour_maps(maps, image, layers, tone=tone)
    assert result.is_contiguous()
    assert torch.allclose(result, expected, atol=1e-5)


def test_photo_mode_can_take_the_first_coat_back():
    network = build_network(ModelConfig(mode="photo"))
    network.decoder.recolour.bias.data[[12, 25]] = 1.0
    content, base = torch.rand(2, 1, 3, 32, 32)
    code = network.encode_style(torch.rand(1, 3, 64, 64))
    feats = network.encoder(content)
    stats = network.content_stats(feats, content)
    result = network.decoder(feats, content, base, code, stats)
    assert torch.allclose(result, content, atol=1e-6)


def test_spread_moves_colours_about_the_mean_of_the_style():
    network = build_network(ModelConfig())
    network.decoder.spread.data = torch.eye(3) / 2
    content, base = torch.rand(2, 2, 3, 32, 32)
    feats = network.encoder(content)
    stats = network.content_stats(feats, content)
    for count in (1, 2):  # one style for both, or one for each
        code = network.encode_style(torch.rand(count, 3, 64, 64) * torch.rand(count, 3, 1, 1))
        mean = code["image"].mean
        expected = mean + 1.5 * (base - mean)
        result = network.decoder(feats, content, base, code, stats)
        assert torch.allclose(result, expected, atol=1e-5)


def test_blocks_are_those_of_the_pixel_unshuffle_in_channels_last():
    image = torch.rand(2, 3, 8, 12)
    for layout in (torch.contiguous_format, torch.channels_last):
        blocks = blocks_of(image.contiguous(memory_format=layout))
        assert torch.equal(blocks, F.pixel_unshuffle(image, 4))
        assert blocks.is_contiguous(memory_format=torch.channels_last)


def test_pixels_are_those_of_the_pixel_shuffle():
    blocks = torch.rand(2, 12, 4, 6)
    for layout in (torch.contiguous_format, torch.channels_last):
        pixels = pixels_of(blocks.contiguous(memory_format=layout))
        assert torch.equal(pixels, F.pixel_shuffle(blocks, 2))
        assert pixels.is_contiguous()


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
    assert torch.equal(soften(point, step=2)[0, 0, 1::2, 1::2], expected)
    assert soften(point, step=2).sum() == 16
