"""Original colours at a new lightness."""

import pytest
import torch

from ccpl.oklab import keep_colors, to_oklab


def colour(*levels: int) -> torch.Tensor:
    """One pixel."""
    return torch.tensor(levels).view(1, 3, 1, 1) / 255


def hue(image: torch.Tensor) -> torch.Tensor:
    """Angle of the colour in radians."""
    lab = to_oklab(image)
    return torch.atan2(lab[:, 2], lab[:, 1])


def test_published_values_of_oklab():
    # the primaries of sRGB, from the author's page and CSS Color 4
    for rgb, lab in {
        (255, 255, 255): (1.0, 0.0, 0.0),
        (255, 0, 0): (0.6280, 0.2249, 0.1258),
        (0, 0, 255): (0.4520, -0.0324, -0.3115),
    }.items():
        assert to_oklab(colour(*rgb)).flatten().tolist() == pytest.approx(lab, abs=2e-4)


def test_grey_stays_grey_at_the_lightness_of_the_stylized_picture():
    content = colour(12, 12, 12).expand(1, 3, 16, 16)
    stylized = torch.rand(1, 3, 16, 16)
    kept = keep_colors(content, stylized)
    assert (kept.amax(1) - kept.amin(1)).max() < 1 / 255
    assert torch.allclose(to_oklab(kept)[:, 0], to_oklab(stylized)[:, 0], atol=1e-3)


@pytest.mark.parametrize("rgb", [(40, 110, 50), (150, 30, 30), (30, 50, 160)])
@pytest.mark.parametrize("pale", [60, 160, 235, 250])
def test_no_hue_turns_on_a_paler_or_darker_style(rgb: tuple[int, ...], pale: int):
    content, stylized = colour(*rgb), colour(pale, pale, pale)
    kept = keep_colors(content, stylized)
    assert hue(kept) == pytest.approx(hue(content).item(), abs=0.15)
    assert to_oklab(kept)[:, 0].item() == pytest.approx(to_oklab(stylized)[:, 0].item(), abs=0.02)


def test_a_picture_with_its_own_lightness_stays_as_it_is():
    content = torch.rand(2, 3, 8, 8)
    assert torch.allclose(keep_colors(content, content), content, atol=2e-3)


def test_black_and_white_are_reached():
    content = torch.rand(1, 3, 8, 8)
    assert keep_colors(content, torch.zeros_like(content)).max() < 1e-3
    assert keep_colors(content, torch.ones_like(content)).min() > 0.998
