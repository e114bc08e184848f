import importlib.util

import numpy as np
import pytest
import torch
from PIL import Image
from skimage.metrics import structural_similarity

from ccpl.errors import InputError
from ccpl.evaluation.features import (
    MetricFeatures,
    metric_features,
    own_features,
    vgg_features,
)
from ccpl.evaluation.metrics import (
    compare_figures,
    content_distance,
    figures,
    gram_distance,
    lpips,
    measure,
    moments,
    resized,
    ssim,
    style_distance,
)
from ccpl.models.features import FEATURE_TAPS
from ccpl.models.vgg import CONVS, WIDTHS


def noise(*size: int, seed: int = 0) -> torch.Tensor:
    return torch.rand(size, generator=torch.Generator().manual_seed(seed))


def squares(image: torch.Tensor) -> dict[str, torch.Tensor]:
    """Features cheap enough for tests: colours and their squares."""
    return {"first": image, "second": 3 * torch.cat([image, image.square()], 1)}


FEATURES = MetricFeatures("squares", squares, "second")


def test_ssim_is_one_for_equal_pictures():
    image = noise(2, 3, 32, 40)
    assert ssim(image, image).tolist() == pytest.approx([1, 1])


def test_ssim_agrees_with_scikit_image():
    first, second = noise(1, 1, 48, 64), noise(1, 1, 48, 64, seed=1) * 0.3 + 0.5
    expected = structural_similarity(
        first[0, 0].double().numpy(),
        second[0, 0].double().numpy(),
        data_range=1.0,
        gaussian_weights=True,
        sigma=1.5,
        use_sample_covariance=False,
    )
    assert ssim(first, second).item() == pytest.approx(expected, abs=1e-6)


def test_ssim_is_negative_for_a_negative():
    image = noise(1, 3, 32, 32)
    assert ssim(image, 1 - image).item() < 0


@pytest.mark.parametrize("other", [(1, 3, 32, 33), (1, 3, 10, 32)])
def test_ssim_names_the_sizes_it_cannot_compare(other):
    with pytest.raises(ValueError, match="11x11"):
        ssim(torch.zeros(other if other[2] < 11 else (1, 3, 32, 32)), torch.zeros(other))


def test_distances_between_equal_statistics_are_zero():
    values = moments(squares(noise(1, 3, 16, 16)))
    assert style_distance(values, values).item() == 0
    assert gram_distance(values, values).item() == 0


def test_style_and_gram_distance_do_not_care_where_things_are():
    image = noise(1, 3, 16, 24)
    first, second = moments(squares(image)), moments(squares(image.flip(3).roll(5, 2)))
    assert style_distance(first, second).item() == pytest.approx(0, abs=1e-12)
    assert gram_distance(first, second).item() == pytest.approx(0, abs=1e-12)


def test_style_distance_of_a_shift_is_its_square():
    image = noise(1, 3, 16, 16)
    pair = moments({"first": image}), moments({"first": image + 0.5})
    assert style_distance(*pair).item() == pytest.approx(0.25)
    assert gram_distance(*pair).item() == pytest.approx(0, abs=1e-10)


def test_content_distance_is_relative_to_the_content():
    content = noise(2, 4, 8, 8) + 1
    assert content_distance(content, content).tolist() == [0, 0]
    assert content_distance(0 * content, content).tolist() == pytest.approx([1, 1])
    assert content_distance(5 * content, content).tolist() == pytest.approx([16, 16])


def test_figures_of_the_content_itself_say_nothing_was_transferred():
    content, style = (
        measure(noise(1, 3, 32, 32), FEATURES),
        measure(noise(1, 3, 40, 24) ** 3, FEATURES),
    )
    result = figures(content, style, content)
    assert result == pytest.approx((1, 1, 0, 1))


def test_figures_of_the_style_itself_say_everything_was():
    content, style = (
        measure(noise(1, 3, 32, 32), FEATURES),
        measure(noise(1, 3, 32, 32) ** 3, FEATURES),
    )
    result = figures(content, style, style)
    assert (result.style, result.gram) == pytest.approx((0, 0))
    assert result.ssim < 1 and result.content > 0


def test_our_own_features_say_what_they_are():
    features = own_features()
    assert "our own" in features.name and "VGG-19" in features.name
    assert tuple(features(noise(1, 3, 37, 50))) == FEATURE_TAPS


def test_compare_figures_take_pictures_of_any_size_and_mode():
    content = Image.fromarray((noise(60, 90, 3).numpy() * 255).astype(np.uint8))
    style = np.full((20, 30, 3), 200, np.uint8)
    result = compare_figures(content, style, content.resize((45, 30)).convert("RGBA"))
    assert set(result) == {"style", "gram", "content", "ssim"}
    assert compare_figures(content, style, content) == pytest.approx(
        {"style": 1, "gram": 1, "content": 0, "ssim": 1}
    )
    assert compare_figures(content, style, style)["style"] < 0.01


def test_pictures_are_compared_with_the_short_side_at_256():
    assert resized(Image.new("L", (300, 600))).size == (256, 512)
    assert resized(Image.new("RGB", (300, 600)), (10, 20)).size == (10, 20)


def test_lpips_is_left_out_where_the_package_is_missing(monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    assert lpips(noise(1, 3, 32, 32), noise(1, 3, 32, 32)) is None


def test_a_named_vgg_file_that_is_missing_is_an_error(tmp_path):
    with pytest.raises(InputError, match="no VGG-19 file"):
        metric_features(tmp_path / "vgg.pth")


def test_vgg_features_are_used_where_a_file_is_given(tmp_path):
    generator, width, state = torch.Generator().manual_seed(0), 3, {}
    for name in CONVS[: CONVS.index("conv3_4") + 1]:
        state[f"{name}.weight"] = torch.randn(WIDTHS[name], width, 3, 3, generator=generator) / 20
        state[f"{name}.bias"] = torch.zeros(WIDTHS[name])
        width = WIDTHS[name]
    path = tmp_path / "vgg.pth"
    torch.save(state, path)
    features = vgg_features(path)
    picture = measure(noise(1, 3, 24, 24), features)
    assert features.name == "VGG-19 (vgg.pth)"
    assert picture.content_feats.shape == (1, 256, 6, 6)
    assert list(picture.moments) == ["relu1_1", "relu2_1", "relu3_1", "relu3_4"]
