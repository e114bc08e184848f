"""Guided filters around a revision: edges sharp before it, speckle and fringes gone after it."""

import pytest
import torch
import torch.nn.functional as F

from ccpl.models.painter.guided import REACH, box_mean, clean, sharpen


def step_edge(*, low=0.2, high=0.8):
    """A grey picture, dark on the left and bright on the right."""
    picture = torch.full((1, 3, 64, 64), low)
    picture[..., 32:] = high
    return picture


def test_box_means_are_those_of_pooling():
    x = torch.rand(2, 4, 12, 17)
    padded = F.pad(x, (2, 2, 2, 2), mode="replicate")
    torch.testing.assert_close(box_mean(x, 2), F.avg_pool2d(padded, 5, 1))


def test_faint_speckle_goes_and_edges_stay():
    edge = step_edge()
    cleaned = clean((edge + 0.02 * torch.randn(1, 1, 64, 64)).expand(1, 3, 64, 64))
    away = [slice(2, 24), slice(40, 62)]
    for columns in away:
        assert cleaned[..., columns].std() < 0.008
    assert (cleaned - edge).abs().mean() < 0.01
    assert (cleaned[..., 33] - cleaned[..., 30]).min() > 0.5


def test_coloured_fringes_of_a_grey_edge_fade():
    fringed = step_edge()
    fringed[:, 0, :, 31] += 0.2
    fringed[:, 2, :, 32] += 0.2

    def colour(picture):
        return (picture - picture.mean(1, keepdim=True)).abs()[..., 30:34].mean()

    assert colour(clean(fringed)) < 0.5 * colour(fringed)


def test_a_flat_colour_stays_what_it_is():
    flat = torch.tensor([0.9, 0.1, 0.4]).view(1, 3, 1, 1).expand(1, 3, 32, 48)
    torch.testing.assert_close(clean(flat), flat.clone(), atol=1e-5, rtol=0)


@pytest.mark.parametrize("change", [clean, lambda picture: sharpen(picture, picture)])
def test_nothing_farther_than_the_reach_matters(change):
    picture = torch.rand(1, 3, 96, 96)
    other = picture.clone()
    other[..., 48:50, 48:50] += 1
    changed = (change(picture) - change(other)).abs().amax((0, 1)).nonzero()
    assert changed.min() >= 48 - REACH and changed.max() < 50 + REACH


def test_an_enlarged_edge_gets_as_sharp_as_the_contents():
    content = step_edge()
    blurred = F.interpolate(F.avg_pool2d(content, 2), scale_factor=2, mode="bilinear")
    tint = torch.tensor([0.9, -0.5, 0.1]).view(1, 3, 1, 1)
    picture, sharp = blurred * tint + 0.5, content * tint + 0.5
    sharpened = sharpen(picture, content)
    assert (sharpened - sharp).abs().mean() < 0.35 * (picture - sharp).abs().mean()


def test_a_flat_content_sharpens_nothing():
    picture = torch.rand(1, 3, 32, 48)
    flat = torch.full_like(picture, 0.3)
    torch.testing.assert_close(sharpen(picture, flat), picture, atol=1e-4, rtol=0)


def test_detail_that_the_picture_has_not_is_not_put_into_it():
    plain, content = torch.full((1, 3, 32, 48), 0.6), torch.rand(1, 3, 32, 48)
    torch.testing.assert_close(sharpen(plain, content), plain, atol=1e-4, rtol=0)
