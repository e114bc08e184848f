"""What one training step computes: its precision, and the share of every pair."""

import pytest
import torch
import torch.nn.functional as F

from ccpl.config import ModelConfig, train_config
from ccpl.models import build_network
from ccpl.models.vgg import VGG19
from ccpl.training.losses import covariance_loss, feature_stats, style_loss
from ccpl.training.objective import TrainingModel, smooth_loss


def draw(*shape, seed):
    return torch.rand(*shape, generator=torch.Generator().manual_seed(seed))


@pytest.fixture
def make():
    """A function (dtype of the VGG, **options) -> a model whose networks are always the same."""

    def make(dtype=torch.float32, **options):
        torch.manual_seed(0)
        vgg = VGG19(["relu1_1", "relu2_1"]).to(dtype)
        config = train_config(batch_size=2, image_size=64, warmup=0, **options)
        return TrainingModel(config, build_network(ModelConfig()), vgg)

    return make


def slopes(model, content, style):
    """The gradient of a step's total, as one vector."""
    model(content, style, 0)["total"].backward()
    return torch.cat([p.grad.flatten() for p in model.network.parameters()])


def test_in_half_precision_float32_weights_learn_nearly_the_same(make):
    content, style = draw(2, 3, 64, 64, seed=1), draw(2, 3, 64, 64, seed=2)
    exact, rough = (
        slopes(make(dtype), content, style) for dtype in (torch.float32, torch.bfloat16)
    )
    assert rough.dtype == torch.float32
    assert not torch.equal(rough, exact)
    assert F.cosine_similarity(rough, exact, dim=0) > 0.98


def test_a_step_leaves_the_weights_in_float32(make):
    model = make(torch.bfloat16)
    before = {name: p.clone() for name, p in model.named_parameters()}
    model(draw(2, 3, 64, 64, seed=1), draw(2, 3, 64, 64, seed=2), 0)
    for name, p in model.named_parameters():
        assert p.dtype == torch.float32
        assert torch.equal(p, before[name])


def test_relative_terms_divide_by_the_distance_of_the_pair(make):
    content, style = draw(2, 3, 64, 64, seed=1), draw(2, 3, 64, 64, seed=2)
    style[1] = style[1] * 0.2  # a pair that is further apart than the other
    model = make(relative_style=True)
    with torch.no_grad():
        terms = model(content, style, 0)
        stylized = model.network(content, model.network.encode_style(style)).clamp(0, 1)
        ours, own, goal = (feature_stats(model.features(x)) for x in (stylized, content, style))
    for name, distance, least in (("style", style_loss, 0.1), ("gram", covariance_loss, 0.25)):
        share = (distance(ours, goal) / (distance(own, goal) + least)).mean()
        assert terms[name].item() == pytest.approx(share.item(), rel=1e-3)


def test_smoothness_counts_steps_only_where_the_guide_is_flat():
    picture, edge = torch.zeros(1, 3, 8, 8), torch.zeros(1, 3, 8, 8)
    picture[..., 4:] = 0.5
    edge[..., 4:] = 1
    flat = smooth_loss(picture, torch.zeros_like(picture)).item()
    assert flat == pytest.approx(0.5 / 7)  # one of seven columns of steps
    assert smooth_loss(picture, edge).item() == pytest.approx(0, abs=1e-6)
    assert smooth_loss(picture.mT, torch.zeros_like(picture)).item() == pytest.approx(flat)


def test_smoothness_at_a_coarse_scale_sees_blotches_but_no_grain():
    plain = torch.zeros(1, 3, 16, 16)
    grain, blotch = plain.clone(), plain.clone()
    grain[..., ::2] = 0.5
    blotch[..., 8:] = 0.5
    assert smooth_loss(grain, plain, scale=4).item() == pytest.approx(0, abs=1e-6)
    assert smooth_loss(blotch, plain, scale=4).item() == pytest.approx(0.5 / 3)  # of 3 steps one
    assert smooth_loss(blotch, grain, scale=4).item() == pytest.approx(0.5 / 3)  # grain is flat


def test_colours_no_screen_shows_do_not_count_as_style(make):
    content, style = draw(2, 3, 64, 64, seed=1), draw(2, 3, 64, 64, seed=2)
    model, free = make(), make(range_weight=0.0)
    for m in (model, free):
        with torch.no_grad():
            m.network.decoder.recolour.bias[9:12] = 5.0  # far too bright everywhere
    white = model.criterion(
        torch.ones(2, 3, 64, 64),
        model.scaled_features(torch.ones(2, 3, 64, 64)),
        model.features(content),
        model.scaled_features(style),
    )
    terms = model(content, style, 0)
    assert torch.allclose(terms["style"], white["style"], rtol=1e-5)
    assert terms["range"] > 1
    assert free(content, style, 0)["style"] > 2 * terms["style"]


def slope_of_style(model, image):
    """The gradient of the style term with respect to what the network paints."""
    image = image.clone().requires_grad_()
    model.network.forward = lambda content, code: image
    content, style = draw(2, 3, 64, 64, seed=1), draw(2, 3, 64, 64, seed=2)
    model(content, style, 0)["style"].backward()
    return image.grad


def test_colours_outside_learn_only_how_to_come_back(make):
    image = draw(2, 3, 64, 64, seed=3) * 3 - 1
    slope = slope_of_style(make(), image)
    assert slope[image < 0].max() == 0 and slope[image < 0].min() < 0
    assert slope[image > 1].min() == 0 and slope[image > 1].max() > 0
    free = slope_of_style(make(range_weight=0.0), image)
    assert free[image < 0].max() > 0 and free[image > 1].min() < 0


@pytest.mark.parametrize(("side", "counts"), [(1, False), (4, True)])
def test_what_the_blur_of_moving_takes_away_is_no_inconsistency(make, side, counts):
    squares = torch.arange(64) // side
    board = (squares[:, None] + squares) % 2 - 0.5
    model, grey = make(), torch.full((2, 3, 64, 64), 0.5)
    painted = iter([grey + board / 2, grey])  # as if the move had erased the board
    model.network.forward = lambda content, code: next(painted)
    term = model(grey, draw(2, 3, 64, 64, seed=2), 0)["consistency"].item()
    assert (term > 0.002) == counts
