"""Fitting a LUT to colours before and after."""

import pytest
import torch

from ccpl.colour.fit import ColourPairs, fit_lut
from ccpl.colour.lut import identity


def pairs(look, low=0.0, high=1.0, count=20_000):
    random = torch.Generator().manual_seed(0)
    before = low + (high - low) * torch.rand(count, 3, generator=random)
    found = ColourPairs()
    found.add(before, look(before))
    return found


def warm(colours):
    """A smooth look."""
    return torch.stack([c ** (0.8 + 0.2 * i) for i, c in enumerate(colours.unbind(1))], 1)


@pytest.mark.parametrize("size", [17, 32])
def test_a_smooth_look_is_found_to_less_than_can_be_seen(size):
    lut, error = fit_lut(pairs(warm), size)
    assert lut.size == size and error.mean < 0.3 and error.p95 < 0.8 and error.warning is None


def test_far_from_any_data_nothing_changes():
    lut, _ = fit_lut(pairs(lambda c: (c + 0.1).clamp(0, 1), high=0.3), 33)
    change = (lut.table - identity(33)).abs()
    assert change[30:, 30:, 30:].max() < 0.02 < 0.08 < change[4, 4, 4].min()


def test_neutral_colours_keep_their_order_whatever_the_look_does():
    lut, _ = fit_lut(pairs(lambda c: 0.5 + 0.4 * torch.cos(9 * c)), 33)
    grey = torch.linspace(0, 1, 500).view(1, 1, -1, 1).expand(-1, 3, -1, -1)
    assert lut(grey)[0].diff(dim=1).min() >= -1e-6


def test_a_ramp_is_not_torn_into_bands_by_grain():
    random = torch.Generator().manual_seed(1)

    def grainy(colours):
        return (warm(colours) + 0.03 * torch.randn(colours.shape, generator=random)).clamp(0, 1)

    lut, _ = fit_lut(pairs(grainy, count=5000), 33)
    ramp = torch.linspace(0.05, 0.95, 461)  # steps of half a code
    blue_sky = torch.stack([0.5 * ramp, 0.8 * ramp, ramp])[None, :, :, None]
    steps = lut(blue_sky)[0].diff(dim=1) * 255
    assert steps.max() < 1.5 and steps.min() > -0.5


def test_what_no_lut_can_do_is_told():
    random = torch.Generator().manual_seed(1)
    found = pairs(lambda c: torch.rand(c.shape, generator=random))
    error = fit_lut(found, 17).error
    assert error.mean > 10 and "A LUT cannot express this look well" in error.warning


def test_values_stay_within_0_and_1():
    lut, _ = fit_lut(pairs(lambda c: (3 * c - 1).clamp(0, 1)), 17)
    assert lut.table.min() >= 0 and lut.table.max() <= 1
