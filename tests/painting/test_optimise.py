"""Optimising a picture: it comes nearer to the style, at every size, and stops in time."""

import pytest
import torch
import torch.nn.functional as F

from ccpl.errors import InputError
from ccpl.models.features import FeatureNet, init_weights
from ccpl.models.statistics import covariance_stats
from ccpl.painting.goals import GOALS
from ccpl.painting.optimise import join_bands, optimise, sizes_of, split_bands


@pytest.fixture(scope="module")
def encoder():
    torch.manual_seed(0)
    network = FeatureNet()
    init_weights(network)
    return network.requires_grad_(False)


def draw(height, width, seed=0):
    small = torch.rand(1, 3, 6, 8, generator=torch.Generator().manual_seed(seed))
    return F.interpolate(small, size=(height, width), mode="bicubic").clamp(0, 1)


@pytest.mark.parametrize("objective", GOALS)
def test_the_picture_comes_nearer_to_the_style(encoder, objective):
    content, style = draw(64, 80), draw(70, 64, seed=1) ** 2
    *_, last = optimise(content, style, content, encoder, objective=objective, steps=8)
    assert last.picture.shape == content.shape and last.share == 1 and last.seconds_left == 0
    assert last.picture.min() >= 0 and last.picture.max() <= 1
    goal = GOALS[objective](content, style, encoder, torch.Generator().manual_seed(0))
    goal.look_again(content)
    assert goal.loss(last.picture) < 0.9 * goal.loss(content)
    mean = covariance_stats(style).mean
    apart = [(covariance_stats(x).mean - mean).abs().sum() for x in (last.picture, content)]
    assert apart[0] < apart[1]


def test_it_begins_small_and_ends_at_full_size(encoder):
    content = draw(130, 140)
    reports = list(optimise(content, draw(64, 64, 1), content, encoder, steps=2))
    assert [tuple(r.picture.shape[2:]) for r in reports] == [(65, 70)] * 2 + [(130, 140)] * 3
    shares = [r.share for r in reports]
    assert shares == sorted(shares)


def test_without_time_every_size_gets_one_step(encoder):
    content = draw(130, 140)
    reports = list(optimise(content, draw(64, 64, 1), content, encoder, seconds=1e-9))
    assert len(reports) == 3 and reports[-1].picture.shape == content.shape


def test_detail_of_the_start_comes_in_at_its_size(encoder):
    """Nothing to do, so what comes out at full size is what went in."""

    class Content:
        def __init__(self, *_):
            pass

        def look_again(self, picture):
            pass

        def loss(self, picture):
            return 0 * picture.sum()

    start = draw(130, 140, seed=3)
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(GOALS, "nothing", Content)
        patch.setattr("ccpl.painting.optimise.PLAIN", 0.0)
        patch.setattr("ccpl.painting.optimise.CHROMA", 0.0)
        runs = optimise(draw(130, 140), start, start, encoder, objective="nothing", steps=1)
        *_, last = runs
    assert torch.allclose(last.picture, start, atol=2e-3)


def test_bands_make_up_the_picture():
    image = draw(37, 50)
    bands = split_bands(image)
    assert len(bands) > 2 and torch.allclose(join_bands(bands), image, atol=1e-6)


def test_sizes_double_up_to_the_full_one():
    assert sizes_of((300, 512)) == [(75, 128), (150, 256), (300, 512)]
    assert sizes_of((40, 90)) == [(40, 90)]


def test_an_unknown_objective_is_refused_with_the_choices(encoder):
    image = draw(64, 64)
    with pytest.raises(InputError, match="nnst"):
        next(optimise(image, image, image, encoder, objective="magic"))
