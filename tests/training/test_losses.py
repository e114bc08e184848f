"""Losses: hand-computed values, and options that matter."""

import math

import pytest
import torch

from ccpl.training.losses.coherence import (
    CCPLoss,
    ccp_loss,
    draw_anchors,
    neighbour_differences,
)
from ccpl.training.losses.content import (
    LEAST_ENERGY,
    adain_target,
    content_loss,
    perceptual_loss,
)
from ccpl.training.losses.smoothness import (
    chroma_tv_loss,
    plainness,
    range_loss,
    shown,
    smooth_loss,
    thread_loss,
    tv_loss,
)
from ccpl.training.losses.style import (
    covariance_loss,
    feature_stats,
    gram_matrix,
    relative_to_pair,
    style_loss,
)
from ccpl.training.losses.transport import (
    cosine_costs,
    palette_loss,
    relaxed_emd,
    sample_places,
)


def draw(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


# Two channels over four positions: means 2 and 1, squared deviations 2 and 4 in sum.
FEATS = torch.tensor([[1.0, 2.0, 2.0, 3.0], [0.0, 2.0, 0.0, 2.0]]).view(1, 2, 2, 2)


def test_content_loss_is_the_mean_squared_error_at_the_given_taps():
    other = {"a": FEATS + 2, "b": FEATS + 1}
    feats = {"a": FEATS, "b": FEATS}
    assert content_loss(feats, other, layers=["a"]).item() == pytest.approx(4)
    assert content_loss(feats, other, layers=["a", "b"]).item() == pytest.approx(2.5)


def test_relative_content_loss_divides_every_sample_by_what_it_holds():
    target = {"a": torch.cat([FEATS, 3 * FEATS])}  # mean squares 26 / 8 and nine times that
    feats = {"a": target["a"] + 2}
    parts = [4 / (26 / 8 + LEAST_ENERGY), 4 / (9 * 26 / 8 + LEAST_ENERGY)]
    found = content_loss(feats, target, layers=["a"], relative=True).item()
    assert found == pytest.approx(sum(parts) / 2)


def test_statistics_of_a_hand_computed_case():
    mean, std, cov = feature_stats({"a": FEATS})["a"]
    assert mean.tolist() == [[2, 1]]
    assert std[0].tolist() == pytest.approx([(2 / 3 + 1e-5) ** 0.5, (4 / 3 + 1e-5) ** 0.5])
    assert torch.allclose(cov, torch.tensor([[[0.5, 0.5], [0.5, 1.0]]]))


def test_gradients_of_statistics_are_those_of_the_plain_formulas():
    given = draw(2, 5, 6, 7).requires_grad_()
    mean, std, cov = feature_stats({"a": given})["a"]
    own = torch.autograd.grad((mean.sin() + std.cos()).sum() + cov.exp().sum(), given)[0]
    rows = given.flatten(2)
    mean, std = rows.mean(2), (rows.var(2) + 1e-5).sqrt()
    cov = torch.stack([torch.cov(r, correction=0) for r in rows])
    plain = torch.autograd.grad((mean.sin() + std.cos()).sum() + cov.exp().sum(), given)[0]
    assert torch.allclose(own, plain, atol=1e-5)


def test_statistics_of_half_precision_features_are_float32_and_close():
    feats = 3 + draw(1, 16, 32, 32)
    exact, rough = (feature_stats({"a": f})["a"] for f in (feats, feats.bfloat16()))
    for one, other in zip(exact, rough, strict=True):
        assert other.dtype == torch.float32
        assert torch.allclose(one, other, atol=0.02)


def test_style_loss_adds_means_and_standard_deviations_and_averages_taps():
    one = feature_stats({"a": FEATS})
    moved = feature_stats({"a": FEATS * 2 + 1})  # means 5 and 3, deviations doubled
    expected = (3**2 + 2**2) / 2 + (2 / 3 + 4 / 3) / 2
    assert style_loss(one, moved).tolist() == pytest.approx([expected], rel=1e-4)
    assert style_loss(one | {"b": one["a"]}, moved | {"b": one["a"]}).tolist() == pytest.approx(
        [expected / 2], rel=1e-4
    )
    spread = 9 * (0.5**2 * 3 + 1) / 4  # the covariance is four times as large
    assert covariance_loss(one, moved).tolist() == pytest.approx([spread], rel=1e-4)


def test_style_loss_is_per_sample():
    feats, goal = draw(3, 4, 5, 5), draw(3, 4, 6, 6, seed=1)
    together = style_loss(feature_stats({"a": feats}), feature_stats({"a": goal}))
    for i in range(3):
        alone = style_loss(
            feature_stats({"a": feats[i : i + 1]}), feature_stats({"a": goal[i : i + 1]})
        )
        assert alone.item() == pytest.approx(together[i].item(), rel=1e-4)


def gram_of(feats):
    return gram_matrix(feature_stats({"a": feats})["a"])


def test_gram_is_divided_by_its_size_and_independent_of_the_batch():
    # Channels by themselves: 18 and 8, together 10; C * H * W = 8.
    assert torch.allclose(gram_of(FEATS)[0] * 8, torch.tensor([[18.0, 10.0], [10.0, 8.0]]))
    batch = torch.cat([FEATS, draw(1, 2, 2, 2)])
    assert torch.allclose(gram_of(batch)[:1], gram_of(FEATS))


def test_perceptual_loss_is_twice_the_content_and_once_the_gram_terms():
    feats, content = {"a": FEATS, "b": FEATS}, {"a": FEATS + 1, "b": FEATS + 2}
    stats, style = feature_stats({"a": FEATS}), feature_stats({"a": FEATS * 2})
    value = perceptual_loss(feats, content, stats, style, content_layers=["a"])
    grams = (gram_of(FEATS) * 3).square().mean().item()
    assert value.item() == pytest.approx(2 * 1 + grams)
    both = perceptual_loss(feats, content, stats, style, content_layers=["a", "b"])
    assert both.item() == pytest.approx(2 * (1 + 4) + grams)
    none = perceptual_loss(feats, content, {}, {}, content_layers=["a"])
    assert none.item() == pytest.approx(2)


def test_total_variation_of_a_hand_computed_picture():
    image = torch.tensor([[0.0, 1.0], [0.5, 0.5]]).view(1, 1, 2, 2)
    assert tv_loss(image).item() == pytest.approx(0.5 + 0.5)


@pytest.mark.parametrize("height, width", [(3, 3), (3, 7), (12, 9)])
def test_anchors_are_distinct_and_off_the_border(height, width):
    spots = draw_anchors(height, width, 8)
    assert len(spots) == len({tuple(s) for s in spots.tolist()})
    assert len(spots) == min(8, (height - 2) * (width - 2))
    assert spots.min() >= 1
    assert spots[:, 0].max() <= height - 2
    assert spots[:, 1].max() <= width - 2


def test_every_interior_point_can_be_an_anchor():
    spots = draw_anchors(5, 4, 100)
    assert {tuple(s) for s in spots.tolist()} == {(y, x) for y in (1, 2, 3) for x in (1, 2)}


def test_a_map_without_interior_is_named():
    with pytest.raises(ValueError, match="2x9 feature map has no interior"):
        draw_anchors(2, 9, 8)


def test_differences_of_a_hand_computed_neighbourhood():
    feats = torch.arange(9.0).view(1, 1, 3, 3)
    differences = neighbour_differences(feats, torch.tensor([[1, 1]]))
    assert differences.flatten().tolist() == [4, 3, 2, 1, -1, -2, -3, -4]


def test_ccp_of_a_hand_computed_pair():
    query, key = torch.eye(2)[None], torch.eye(2)[None]
    assert ccp_loss(query, key, tau=0.5).item() == pytest.approx(math.log(1 + math.exp(-2)))
    swapped = ccp_loss(query, key.flip(1), tau=0.5).item()
    assert swapped == pytest.approx(2 + math.log(1 + math.exp(-2)))


def test_ccp_at_chance_is_the_logarithm_of_the_candidates():
    same = torch.ones(3, 16, 4) / 2
    assert ccp_loss(same, same).item() == pytest.approx(math.log(16), rel=1e-5)


def test_negatives_come_from_the_same_picture():
    query = torch.nn.functional.normalize(draw(2, 8, 5), dim=2)
    key = torch.nn.functional.normalize(draw(2, 8, 5, seed=1), dim=2)
    alone = [ccp_loss(query[i : i + 1], key[i : i + 1]).item() for i in range(2)]
    assert ccp_loss(query, key).item() == pytest.approx(sum(alone) / 2, rel=1e-5)


def run_ccp(*, size=12, seed=0, **options):
    torch.manual_seed(0)
    loss = CCPLoss({"a": 8, "b": 16}, **options)
    feats = {"a": draw(2, 8, size, size), "b": draw(2, 16, size, size)}
    content = {"a": draw(2, 8, size, size, seed=1), "b": draw(2, 16, size, size, seed=1)}
    return loss(feats, content, generator=torch.Generator().manual_seed(seed)).item()


def test_temperature_anchors_and_taps_matter():
    assert run_ccp() == run_ccp()
    assert abs(run_ccp(tau=0.07) - run_ccp(tau=0.5)) > 0.1
    assert run_ccp(anchors=16, tau=10.0) == pytest.approx(2 * math.log(128), abs=0.1)
    assert run_ccp(anchors=8, tau=10.0) == pytest.approx(2 * math.log(64), abs=0.1)


def test_maps_with_fewer_interior_points_than_anchors_work():
    assert math.isfinite(run_ccp(size=3))
    assert run_ccp(size=3, tau=10.0) == pytest.approx(2 * math.log(8), abs=0.1)


def test_gradients_reach_the_stylized_features_and_the_projection_only():
    loss = CCPLoss({"a": 8})
    feats, content = draw(1, 8, 6, 6).requires_grad_(), draw(1, 8, 6, 6, seed=1).requires_grad_()
    loss({"a": feats}, {"a": content}).backward()
    assert feats.grad.abs().sum() > 0
    assert content.grad is None
    assert all(p.grad is not None for p in loss.parameters())


def test_a_relative_distance_is_one_where_nothing_was_transferred():
    pair = torch.tensor([0.5, 8.0], requires_grad=True)
    assert relative_to_pair(pair, pair, least=0.0).tolist() == [1, 1]
    half = relative_to_pair(torch.tensor([1.0]), torch.tensor([1.5]), least=0.5)
    assert half.tolist() == [0.5]
    assert not relative_to_pair(torch.ones(2), pair, least=0.1).requires_grad


def test_adain_targets_are_the_content_with_the_statistics_of_the_style():
    content, style = 3 + draw(2, 4, 6, 5).tanh(), 20 + 3 * draw(2, 4, 7, 7, seed=1)
    stats = [feature_stats({"a": x})["a"] for x in (content, style)]
    found = feature_stats({"a": adain_target(content, *stats)})["a"]
    assert torch.allclose(found.mean, stats[1].mean, rtol=1e-4)
    assert torch.allclose(found.std, stats[1].std, rtol=1e-3)
    assert torch.allclose(adain_target(content, stats[0], stats[0]), content, atol=1e-4)
    low = adain_target(content, stats[0], feature_stats({"a": style - 20})["a"])
    assert low.min() == 0  # what no ReLU lets pass is no goal


def test_relaxed_transport_costs_what_the_harder_way_costs():
    # Both of the first are near the second's first; its second is far from both.
    cost = torch.tensor([[[0.1, 2.0], [0.3, 3.0]]])
    assert relaxed_emd(cost).item() == pytest.approx((0.1 + 2.0) / 2)
    assert relaxed_emd(cost.mT).item() == pytest.approx((0.1 + 2.0) / 2)
    assert relaxed_emd(torch.tensor([[[1.0], [3.0]]])).item() == pytest.approx(2)


def test_cosine_costs_do_not_see_length():
    rows = torch.tensor([[[1.0, 0.0], [0.0, 5.0], [-2.0, 0.0]]])
    assert cosine_costs(rows[:, :1], 7 * rows).flatten().tolist() == pytest.approx([0, 1, 2])


def test_places_are_the_same_in_all_pictures_and_none_twice():
    feats = torch.arange(2 * 3 * 5 * 4.0).view(2, 3, 5, 4)
    places = sample_places(feats, 8, torch.Generator().manual_seed(0))
    assert places.shape == (2, 8, 3)
    assert torch.equal(places[1] - places[0], torch.full((8, 3), 60.0))
    assert torch.equal(places[0, :, 2] - places[0, :, 0], torch.full((8,), 40.0))
    assert len(set(places[0, :, 0].tolist())) == 8
    assert sample_places(feats, 99, torch.Generator()).shape == (2, 20, 3)


def test_palettes_are_equal_wherever_the_colours_are():
    image = torch.rand(2, 3, 32, 32, generator=torch.Generator().manual_seed(0))
    assert palette_loss(image, image.flip(3)).tolist() == pytest.approx([0, 0], abs=1e-3)
    black, white = torch.zeros(1, 3, 32, 32), torch.ones(1, 3, 30, 50)
    assert palette_loss(black, white).item() == pytest.approx(3**0.5)
    half = torch.cat([black, torch.ones(1, 3, 32, 32)], 3)  # white goes to black, black far to it
    assert palette_loss(black, half).item() == pytest.approx(3**0.5 / 2)


def test_palettes_teach_even_where_colours_are_equal():
    image = torch.full((1, 3, 32, 32), 0.5, requires_grad=True)
    palette_loss(image, torch.full((1, 3, 32, 32), 0.5)).sum().backward()
    assert image.grad.isfinite().all()


def test_total_variation_of_chroma_sees_fringes_but_no_light():
    grey = torch.tensor([0.0, 1.0, 0.0, 1.0]).expand(1, 3, 4, 4)
    assert chroma_tv_loss(grey).item() == pytest.approx(0)
    red = grey * torch.tensor([1.0, 0.0, 0.0]).view(1, 3, 1, 1)
    assert chroma_tv_loss(red).item() == pytest.approx((2 / 3 + 1 / 3 + 1 / 3) / 3)


def test_range_counts_what_lies_outside():
    image = torch.tensor([-0.5, 0.5, 1.5, 1.0]).view(1, 1, 2, 2)
    assert range_loss(image).item() == pytest.approx((0.25 + 0.25) / 4)


def test_shown_colours_learn_only_how_to_come_back():
    image = torch.tensor([-0.5, 0.5, 1.5]).repeat(2, 1).requires_grad_()
    pull = torch.tensor([[1.0, 1.0, 1.0], [-1.0, -1.0, -1.0]])  # down, then up
    assert shown(image).tolist() == [[0, 0.5, 1], [0, 0.5, 1]]
    (shown(image) * pull).sum().backward()
    assert image.grad.tolist() == [[0, 1, 1], [-1, -1, 0]]


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


def weave(side, period):
    """Columns of two greys, this many pixels from one to the next of its kind."""
    x = torch.arange(side) * 2 // period % 2
    return (0.5 + 0.05 * (x - 0.5)).expand(1, 3, side, side).clone()


@pytest.mark.parametrize("turned", [False, True])
def test_threads_are_straight_lines_where_all_should_be_plain(turned):
    plain = torch.full((1, 3, 64, 64), 0.5)
    marks = plain + 0.02 * torch.randn(plain.shape, generator=torch.Generator().manual_seed(0))
    for period in (2, 4, 6):
        image = weave(64, period)
        image = image.mT if turned else image
        found = thread_loss(image, plain, plain)
        assert found > 3 * thread_loss(marks, plain, plain)
        assert thread_loss(image, plain, image) < 0.01 * found  # the style has them too
    assert thread_loss(plain, plain, plain) < 1e-6


def test_threads_on_what_is_busy_cost_nothing():
    plain = torch.full((1, 3, 64, 64), 0.5)
    guide = plain.clone()
    rows, columns = torch.arange(64)[:, None] // 6, torch.arange(32) // 6
    guide[..., 32:] = ((rows + columns) % 2).float()
    image = plain.clone()
    image[..., 48:] = weave(64, 4)[..., 48:]
    assert thread_loss(image, guide, plain) < 0.1 * thread_loss(image, plain, plain)


def test_what_is_plain_has_no_edge_near_by():
    image = torch.full((1, 3, 64, 64), 0.2)
    image[..., 32:] = 0.8
    weight = plainness(image)[0, 0]
    assert weight[:, :20].min() > 0.95 and weight[:, 30:34].max() < 0.05
