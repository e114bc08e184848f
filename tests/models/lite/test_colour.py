"""Colours: the transfer in closed form, and maps of local transforms."""

import itertools

import pytest
import torch
import torch.nn.functional as F

from ccpl.models.lite.colour import (
    FLOOR,
    apply_colour_maps,
    transfer_by_products,
    transfer_colours,
    transfer_matrix,
    triangular_root,
)
from ccpl.models.statistics import covariance_stats


def test_transferred_colours_have_the_mean_and_the_covariance_of_the_style():
    image = torch.rand(2, 3, 40, 40) * torch.tensor([1.0, 0.5, 0.7]).view(3, 1, 1)
    own, style = covariance_stats(image), covariance_stats(torch.rand(2, 3, 40, 40) ** 2)
    found = covariance_stats(transfer_colours(image, own, style))
    assert torch.allclose(found.mean, style.mean, atol=1e-5)
    matrix = transfer_matrix(own.cov, style.cov)
    floors = FLOOR * (torch.eye(3) - matrix @ matrix)  # of the style, and of the picture, moved too
    assert torch.allclose(found.cov, style.cov + floors, atol=1e-5)
    assert floors.abs().max() < 5e-3


def test_one_style_serves_a_batch():
    images, style = torch.rand(2, 3, 8, 8), covariance_stats(torch.rand(1, 3, 8, 8))
    both = transfer_colours(images, covariance_stats(images), style)
    for i in range(2):
        one = images[i : i + 1]
        alone = transfer_colours(one, covariance_stats(one), style)
        assert torch.allclose(both[i : i + 1], alone, atol=1e-5)


def test_a_grey_picture_is_not_blown_up():
    image = 0.5 + 1e-3 * torch.randn(1, 3, 32, 32)
    result = transfer_colours(
        image, covariance_stats(image), covariance_stats(torch.rand(1, 3, 32, 32))
    )
    assert result.std() < 0.02


def test_the_transfer_matrix_is_symmetric_and_maps_one_covariance_to_the_other():
    a, b = torch.randn(2, 1, 3, 3)
    source, target, floor = a @ a.mT, b @ b.mT, FLOOR * torch.eye(3)
    matrix = transfer_matrix(source, target)
    assert torch.allclose(matrix, matrix.mT, atol=1e-4)
    assert torch.allclose(matrix @ (source + floor) @ matrix, target + floor, atol=1e-3)


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


@pytest.mark.parametrize("source", [0.0, 1e-4, 0.1])
@pytest.mark.parametrize("target", [0.0, 1e-4, 0.1])
def test_the_transfer_by_products_is_the_one_by_eigenvalues(source, target):
    generator = torch.Generator().manual_seed(0)
    a, b = torch.randn(2, 4, 3, 3, dtype=torch.float64, generator=generator)  # symmetric products
    a, b = source * a @ a.mT, target * b @ b.mT
    floor = FLOOR * torch.eye(3, dtype=torch.float64)
    found = transfer_by_products(a + floor, b + floor).float()
    assert torch.allclose(found, transfer_matrix(a, b), rtol=1e-5, atol=1e-6)


def test_the_triangular_root_is_that_of_cholesky():
    a = torch.randn(4, 3, 3, generator=torch.Generator().manual_seed(0))
    matrix = a @ a.mT + FLOOR * torch.eye(3)
    assert torch.allclose(triangular_root(matrix), torch.linalg.cholesky(matrix), atol=1e-4)
