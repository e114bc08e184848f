"""What of the content is kept: colours, and what lies outside of a region."""

import numpy as np
import pytest
import torch
from PIL import Image

from ccpl.look import Look
from ccpl.painting.finish import finish, region_share


@pytest.fixture
def mask():
    """White on the left half, (40, 80)."""
    image = Image.new("L", (80, 40))
    image.paste(255, (0, 0, 40, 40))
    return image


def test_without_a_mask_and_kept_colours_the_painting_stays():
    contents, painted = torch.rand(2, 3, 4, 6), torch.rand(2, 3, 4, 6)
    assert torch.equal(finish(contents, painted, Look()), painted)


@pytest.mark.parametrize("kind", [Image.Image, np.ndarray])
def test_the_region_is_the_white_part_or_the_rest_at_any_size(mask, kind):
    given = np.asarray(mask) if kind is np.ndarray else mask
    inside = region_share(given, (160, 80), Look())
    assert inside.shape == (1, 1, 80, 160)
    assert inside[..., :70].min() == 1 and inside[..., 90:].max() == 0
    assert torch.equal(region_share(given, (160, 80), Look(region="outside")), 1 - inside)


def test_a_region_cuts_painting_from_content(mask):
    contents, painted = torch.zeros(2, 3, 40, 80), torch.ones(2, 3, 40, 80)
    result = finish(contents, painted, Look(), mask)
    assert torch.equal(result[..., :40], painted[..., :40])
    assert torch.equal(result[..., 40:], contents[..., 40:])


def test_a_feathered_region_fades_evenly_over_about_a_sixth_of_the_picture(mask):
    sharp, half, full = (
        region_share(mask, (400, 200), Look(feather=f))[0, 0, 100] for f in (0.0, 0.5, 1.0)
    )
    width = [int(((row > 0.05) & (row < 0.95)).sum()) for row in (sharp, half, full)]
    assert width[0] < 10 and width[1] == pytest.approx(33, abs=6)
    assert width[2] == pytest.approx(66, abs=8)
    assert full.diff().max() <= 0
    assert full[200] == pytest.approx(0.5, abs=0.05)
