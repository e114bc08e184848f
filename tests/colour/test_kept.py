"""What a grade leaves as it was."""

import pytest
import torch

from ccpl.colour.kept import keep_exposure, keep_white_balance, skin_likelihood
from ccpl.oklab import to_oklab
from tests.conftest import draw_picture

# The Monk Skin Tone Scale but for its palest and its darkest, which are nearly grey; and the two
# skins of the ColorChecker.
SKINS = ("f7ead0", "eadaba", "d7bd96", "a07e56", "825c43", "604134", "735244", "c29682")
OTHERS = {
    "sky": "6ea0dc", "grass": "5a8232", "red": "c81e28", "grey": "808080", "white": "ffffff",
    "black": "050505", "violet": "8040a0", "turquoise": "30b0a0",
}  # fmt: skip


def colour(code):
    return torch.tensor([int(code[i : i + 2], 16) / 255 for i in (0, 2, 4)]).view(1, 3, 1, 1)


def content():
    return torch.from_numpy(draw_picture(48, 64)).permute(2, 0, 1)[None] / 255


def lightness(image):
    return to_oklab(image)[:, 0].mean()


@pytest.mark.parametrize("code", SKINS)
def test_skin_of_every_tone_is_known(code):
    assert skin_likelihood(colour(code)) > (0.3 if code in SKINS[:2] else 0.6)


@pytest.mark.parametrize("code", OTHERS.values(), ids=OTHERS)
def test_what_is_far_from_any_skin_is_not_taken_for_it(code):
    assert skin_likelihood(colour(code)) < 0.05


def test_likelihood_has_no_steps():
    for start, end in (("c29682", "6ea0dc"), ("c29682", "808080"), ("604134", "000000")):
        way = torch.linspace(0, 1, 256).view(1, 1, 1, -1)
        values = skin_likelihood(torch.lerp(colour(start), colour(end), way))
        assert values.diff(dim=-1).abs().max() < 0.06


@pytest.mark.parametrize("gain", [0.6, 1.3])
def test_exposure_stays(gain):
    before = 0.15 + 0.5 * content()
    kept = keep_exposure(before, (gain * before).clamp(0, 1))
    assert abs(lightness(kept) - lightness(before)) < 0.01


def test_white_balance_stays_and_light_with_it():
    grey = torch.linspace(0.1, 0.8, 64).view(1, 1, 1, -1).expand(1, 3, 8, -1)
    warm = grey * torch.tensor([1.15, 1.0, 0.8]).view(1, 3, 1, 1)
    kept = keep_white_balance(grey, warm)
    assert to_oklab(kept)[:, 1:].abs().max() < 0.01
    assert (to_oklab(kept)[:, 0] - to_oklab(warm)[:, 0]).abs().max() < 0.005


@pytest.mark.parametrize("keep", [keep_exposure, keep_white_balance])
def test_what_did_not_change_is_left_alone(keep):
    image = content()
    assert (keep(image, image) - image).abs().max() < 2e-3


@pytest.mark.parametrize("keep", [keep_exposure, keep_white_balance])
def test_black_and_white_pictures_do_no_harm(keep):
    for before, after in ((0.0, 1.0), (1.0, 0.0), (0.0, 0.0)):
        out = keep(torch.full((1, 3, 4, 4), before), torch.full((1, 3, 4, 4), after))
        assert out.isfinite().all() and 0 <= out.min() <= out.max() <= 1
