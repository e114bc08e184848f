"""Losses: hand-computed values, and options that matter."""

import math

import pytest
import torch
import torch.nn.functional as F

from ccpl.config import train_config
from ccpl.models.vgg import WIDTHS
from ccpl.training.losses import (
    LEAST_ENERGY,
    CCPLoss,
    StyleTransferLoss,
    ccp_loss,
    content_loss,
    covariance_loss,
    draw_anchors,
    feature_stats,
    gram_matrix,
    neighbour_differences,
    perceptual_loss,
    style_loss,
    tv_loss,
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


def features(seed, taps):
    return {
        tap: draw(2, WIDTHS[tap.replace("relu", "conv")], 6, 6, seed=seed).relu() for tap in taps
    }


def test_all_terms_with_the_published_weights():
    taps = ("relu1_1", "relu2_1", "relu3_1")
    config = train_config("photo", "vgg19")
    loss = StyleTransferLoss(config, {t: WIDTHS[t.replace("relu", "conv")] for t in taps})
    feats, content, style = (features(seed, taps) for seed in range(3))
    terms = loss(torch.rand(2, 3, 6, 6), [feats], content, [style])
    total = loss.weigh(terms)["total"]
    assert terms["content"].item() == pytest.approx(
        content_loss(feats, content, layers=["relu3_1"]).item()
    )
    published = sum(  # every tap counts in full
        F.mse_loss(feats[t].mean((2, 3)), style[t].mean((2, 3)))
        + F.mse_loss(feats[t].std((2, 3)), style[t].std((2, 3)))
        for t in taps
    )
    weighted = 1 * terms["content"] + 10 * published + 5 * terms["ccp"]
    assert total.item() == pytest.approx(weighted.item(), rel=1e-4)


def test_number_of_contrastive_taps_counts_from_the_deepest():
    taps = ("relu1_1", "relu2_1", "relu3_1", "relu4_1")
    widths = {t: WIDTHS[t.replace("relu", "conv")] for t in taps}
    for count in (1, 3):
        loss = StyleTransferLoss(train_config(ccp_layers=count), widths)
        assert tuple(loss.ccp.project) == taps[-count:]
    first, _, last = loss.ccp.project["relu4_1"]
    assert (first.out_features, last.out_features) == (512, 128)
