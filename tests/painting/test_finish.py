"""What of the content is kept: colours, and what lies outside of a region."""

import numpy as np
import pytest
import torch
from PIL import Image

from ccpl.look import Look
from ccpl.oklab import to_oklab
from ccpl.painting.finish import colours_done, finish, region_share


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


def coloured(seed):
    """Colours that fit into sRGB at any lightness nearby."""
    return 0.4 + 0.2 * torch.rand(1, 3, 8, 8, generator=torch.Generator().manual_seed(seed))


def test_colour_alone_or_light_alone_comes_from_the_style():
    content, painted = coloured(0), coloured(1)
    before, after = to_oklab(content), to_oklab(painted)
    for transfer, light, colour in (("colour", before, after), ("light", after, before)):
        out = to_oklab(finish(content, painted, Look(mode="photo", transfer=transfer)))
        torch.testing.assert_close(out[:, 0], light[:, 0], atol=1e-3, rtol=0)
        torch.testing.assert_close(out[:, 1:], colour[:, 1:], atol=1e-3, rtol=0)


def test_skin_is_protected_as_far_as_asked_and_the_rest_is_not():
    skin = torch.tensor([0.76, 0.59, 0.51]).view(1, 3, 1, 1)
    content, painted = torch.cat([skin, 1 - skin], -1), torch.zeros(1, 3, 1, 2)
    for share in (0.5, 1.0):
        out = finish(content, painted, Look(mode="photo", protect_skin=share))
        torch.testing.assert_close(out[..., 0], share * skin[..., 0], atol=0.05, rtol=0)
        assert out[..., 1].max() < 0.02


def test_exposure_and_white_balance_are_kept_on_request():
    content, painted = coloured(0), (coloured(0) * 0.6)
    painted[:, 2] *= 0.7
    look = Look(mode="photo", keep_exposure=True, keep_white_balance=True)
    out = to_oklab(finish(content, painted, look)).mean((2, 3))
    torch.testing.assert_close(out, to_oklab(content).mean((2, 3)), atol=0.02, rtol=0)


def test_a_lut_that_has_learned_all_that_is_not_finished_twice():
    look = Look(mode="photo", transfer="colour", protect_skin=1, keep_exposure=True, strength=0.5)
    assert colours_done(look) == Look(mode="photo", strength=0.5)
