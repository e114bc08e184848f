"""Look-up tables: what they read where, against ffmpeg and against arithmetic."""

import pytest
import torch

from ccpl.colour.lut import Curves, Lut, identity, interpolate, lattice_weights, plain_lut


def colours(count=4000):
    return torch.rand(1, 3, count, 1, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize("size", [2, 3, 17, 65])
def test_the_identity_changes_nothing(size):
    image = colours()
    assert (plain_lut(identity(size))(image) - image).abs().max() < 1e-6


def test_lattice_points_are_read_exactly_and_red_comes_first():
    table = torch.rand(5, 5, 5, 3, generator=torch.Generator().manual_seed(1))
    read = plain_lut(table)(identity(5).view(1, -1, 1, 3).movedim(-1, 1))
    assert torch.allclose(read[0, :, :, 0].T, table.view(-1, 3), atol=1e-6)


def test_neutral_colours_depend_on_neutral_points_alone():
    grey = torch.linspace(0, 1, 50)[:, None].expand(-1, 3)
    index, share = lattice_weights(grey, 9)
    used = index[share > 1e-6]
    assert {int(i) % (81 + 9 + 1) for i in used} == {0}


def test_shares_sum_to_one_and_hold_the_place():
    places = torch.rand(500, 3, generator=torch.Generator().manual_seed(2)).double()
    weights = lattice_weights(places, 17)
    assert torch.allclose(weights.share.sum(1), torch.ones(500).double())
    assert torch.allclose(interpolate(identity(17).double().view(-1, 3), weights), places)


def test_a_domain_moves_the_lattice_and_what_is_outside_takes_the_border():
    lut = Lut(identity(3), torch.full((3,), -1.0), torch.full((3,), 3.0))
    image = torch.tensor([-2.0, 0.0, 1.0, 5.0]).view(1, 1, 4, 1).expand(-1, 3, -1, -1)
    assert lut(image)[0, 0, :, 0].tolist() == [0, 0.25, 0.5, 1]


def test_curves_come_first():
    curves = Curves(torch.tensor([[1.0], [0.0]]).expand(-1, 3), torch.zeros(3), torch.ones(3))
    lut = Lut(identity(2), torch.zeros(3), torch.ones(3), curves)
    image = colours()
    assert torch.allclose(lut(image), 1 - image, atol=1e-6)
