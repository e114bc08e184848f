"""What one training step computes: the terms that have a weight, at which scales, how exactly."""

from dataclasses import fields

import pytest
import torch
import torch.nn.functional as F

from ccpl.config import ModelConfig
from ccpl.models import build_network
from ccpl.models.vgg import VGG19
from ccpl.training.comparison import Comparison, VGGFeatures
from ccpl.training.config import TrainConfig, train_config
from ccpl.training.data import Batch
from ccpl.training.losses.content import content_loss
from ccpl.training.losses.motion import consistency_loss, random_flow_grid
from ccpl.training.losses.style import covariance_loss, feature_stats, style_loss
from ccpl.training.objective import Objective
from ccpl.training.step import MixedPrecision, TrainingStep

WEIGHTS = [f.name for f in fields(TrainConfig) if f.name.endswith("_weight")]


SMALL = {
    "batch_size": 2, "crop_size": 64, "picture_side": None, "warmup": 0, "deep_scale": 1.0,
    "style_scales": (1.0,), "ccp_scales": (1.0,), "smooth_scale": 1, "content_goal": None,
    "relative_style": False, "relative_content": False,
}  # fmt: skip


PAINTING = {"draft_widths": (8, 12, 16), "draft_rank": 4, "revision_widths": (8, 8)}


def draw(*shape, seed):
    return torch.rand(*shape, generator=torch.Generator().manual_seed(seed))


def build_vgg(*taps):
    torch.manual_seed(1)
    return VGG19(taps or ("relu1_1", "relu2_1", "relu3_1")).requires_grad_(False)


@pytest.fixture(scope="module")
def batch():
    content, style = draw(2, 3, 64, 64, seed=1), draw(2, 3, 64, 64, seed=2)
    return Batch(content, style, style)


@pytest.fixture(scope="module")
def make():
    """A function (**options) -> a step whose networks are always the same."""

    def make(vgg=None, mode="artistic", **options):
        torch.manual_seed(0)
        shape = {} if mode == "photo" else PAINTING
        network = build_network(ModelConfig(mode=mode, **shape))
        config = train_config(mode, **SMALL | options)
        return TrainingStep(network, Objective(config, vgg or build_vgg()))

    return make


@pytest.fixture(scope="module")
def together(make, batch):
    """All terms of one step."""
    return make(**dict.fromkeys(WEIGHTS, 1.0))(batch, 3)


def only(**weights):
    """All other terms left out."""
    return dict.fromkeys(WEIGHTS, 0.0) | {f"{name}_weight": w for name, w in weights.items()}


def slopes(step, batch, dtype=torch.float32):
    """The gradient of a step's total, as one vector."""
    MixedPrecision(step, dtype)(batch, 0)["total"].backward()
    slopes = [p.grad for p in step.network.parameters() if p.grad is not None]
    return torch.cat([slope.flatten() for slope in slopes])


def test_every_weight_has_a_term_and_every_term_a_weight(together):
    terms = together
    assert {f"{name}_weight" for name in terms} == {*WEIGHTS, "total_weight"}
    total = sum(value for name, value in terms.items() if name != "total")
    assert terms["total"].item() == pytest.approx(total.item(), rel=1e-5)
    assert all(value.isfinite() and value.ndim == 0 for value in terms.values())


@pytest.mark.parametrize("name", [name.removesuffix("_weight") for name in WEIGHTS])
def test_a_term_alone_is_what_it_is_beside_the_others(make, batch, together, name):
    step = make(**only(**{"range": 1e-9, name: 2.0}))  # with it colours are clamped
    alone = step(batch, 3)
    assert set(alone) == {name, "range", "total"}
    assert alone[name].item() == pytest.approx(together[name].item(), rel=1e-4, abs=1e-7)
    alone["total"].backward()
    assert all(p.grad.isfinite().all() for p in step.network.parameters() if p.grad is not None)
    assert any(p.grad is not None for p in step.network.parameters())


def test_style_terms_grow_during_the_warm_up(make, batch):
    step = make(**only(style=4.0, tv=2.0), warmup=10)
    for number, share in ((0, 0.1), (4, 0.5), (9, 1), (50, 1)):
        terms = step(batch, number)
        expected = share * 4 * terms["style"] + 2 * terms["tv"]
        assert terms["total"].item() == pytest.approx(expected.item(), rel=1e-5)


def one_small(batch):
    """Few processors compute in half precision quickly."""
    return Batch(*(pictures[:1, :, :48, :48] for pictures in batch))


def test_in_half_precision_float32_weights_learn_nearly_the_same(make, batch):
    batch = one_small(batch)
    exact = slopes(make(), batch)
    rough = slopes(make(vgg=build_vgg().to(torch.bfloat16)), batch, torch.bfloat16)
    assert rough.dtype == torch.float32
    assert not torch.equal(rough, exact)
    assert F.cosine_similarity(rough, exact, dim=0) > 0.98


def test_a_step_leaves_the_weights_in_float32(make, batch):
    step = make(vgg=build_vgg().to(torch.bfloat16))
    before = {name: p.clone() for name, p in step.named_parameters()}
    MixedPrecision(step, torch.bfloat16)(one_small(batch), 0)
    for name, p in step.named_parameters():
        assert p.dtype == torch.float32
        assert torch.equal(p, before[name])


def test_relative_terms_divide_by_the_distance_of_the_pair_at_every_scale(make, batch):
    style = torch.cat([batch.style[:1], 0.2 * batch.style[1:]])  # a pair that is further apart
    batch = Batch(batch.content, style, style)
    step = make(relative_style=True, style_scales=(1.0, 0.5))
    with torch.no_grad():
        terms = step(batch, 0)
        stylized = step.network(batch.content, step.network.encode_style(batch.style)).clamp(0, 1)
    vgg, shares = build_vgg(), {"style": [], "gram": []}
    for scale in (1, 2):
        ours, own, goal = (
            feature_stats(vgg(F.avg_pool2d(x, scale)))
            for x in (stylized, batch.content, batch.style)
        )
        for name, distance, least in (("style", style_loss, 0.1), ("gram", covariance_loss, 0.25)):
            shares[name].append((distance(ours, goal) / (distance(own, goal) + least)).mean())
    for name, values in shares.items():
        assert terms[name].item() == pytest.approx(sum(values).item() / 2, rel=1e-3)


def test_above_the_deep_scale_only_shallow_taps_are_computed(batch):
    pictures = VGGFeatures(batch.content, build_vgg("relu1_1", "relu2_1", "relu3_1"), 0.5)
    assert list(pictures.features(1)) == ["relu1_1", "relu2_1"]
    assert (
        list(pictures.features(0.5))
        == list(pictures.features())
        == ["relu1_1", "relu2_1", "relu3_1"]
    )
    assert pictures.features()["relu1_1"].shape == (2, 64, 32, 32)
    assert pictures.features() is pictures.features(0.5)  # computed once


def test_every_content_meets_as_many_styles_as_asked_for(make, batch):
    """Two pairs for each content are what two batches are, one with the styles exchanged."""
    weights = only(content=1.0, style=2.0, gram=1.0, adain=1.0, palette=1.0)
    crossed = Batch(batch.content, batch.style.flip(0), batch.style.flip(0))
    alone = [make(**weights)(b, 0) for b in (batch, crossed)]
    together = make(**weights, styles_each=2)(batch, 0)
    for name, value in together.items():
        expected = (alone[0][name] + alone[1][name]) / 2
        assert value.item() == pytest.approx(expected.item(), rel=1e-4), name


def test_the_published_terms_add_up_as_published(batch):
    taps = ("relu1_1", "relu2_1", "relu3_1")
    config = train_config("photo", "vgg19", crop_size=64)
    vgg = build_vgg(*taps)
    objective = Objective(config, vgg)
    stylized = draw(2, 3, 64, 64, seed=3)

    class Painted:
        def encode_style(self, style):
            return None

        def __call__(self, content, code):
            return stylized

    terms = objective(Painted(), batch, 0)
    feats, content, style = (vgg(x) for x in (stylized, batch.content, batch.style))
    assert terms["content"].item() == pytest.approx(
        content_loss(feats, content, layers=["relu3_1"]).item()
    )
    published = sum(  # every tap counts in full
        F.mse_loss(feats[t].mean((2, 3)), style[t].mean((2, 3)))
        + F.mse_loss(feats[t].std((2, 3)), style[t].std((2, 3)))
        for t in taps
    )
    weighted = 1 * terms["content"] + 10 * published + 5 * terms["ccp"]
    assert terms["total"].item() == pytest.approx(weighted.item(), rel=1e-4)


def test_number_of_contrastive_taps_counts_from_the_deepest():
    taps = ("relu1_1", "relu2_1", "relu3_1", "relu4_1")
    for count in (1, 3):
        objective = Objective(train_config(ccp_layers=count), build_vgg(*taps))
        assert tuple(objective.ccp.project) == taps[-count:]
    first, _, last = objective.ccp.project["relu4_1"]
    assert (first.out_features, last.out_features) == (512, 128)


def test_the_network_is_shown_the_picture_of_the_style_and_judged_by_its_crop(make, batch):
    other = batch._replace(style_picture=draw(2, 3, 128, 128, seed=4))
    step = make()
    plain, shown = step(batch, 0), step(other, 0)
    assert plain["content"].item() != shown["content"].item()  # another code
    code = step.network.encode_style(other.style_picture)
    comparison = Comparison(step.network, build_vgg(), other, step.objective.config, 0)
    assert torch.equal(comparison.painted, step.network(batch.content, code))
    assert comparison.style.image is batch.style


def test_colours_no_screen_shows_do_not_count_as_style(make, batch):
    step, free = make(mode="photo"), make(mode="photo", range_weight=0.0)
    for s in (step, free):
        with torch.no_grad():
            s.network.decoder.recolour.bias[9:12] = 5.0  # far too bright everywhere
    vgg, white = build_vgg(), torch.ones(2, 3, 64, 64)
    expected = style_loss(feature_stats(vgg(white)), feature_stats(vgg(batch.style))).mean()
    terms = step(batch, 0)
    assert torch.allclose(terms["style"], expected, rtol=1e-5)
    assert terms["range"] > 1
    assert free(batch, 0)["style"] > 2 * terms["style"]


@pytest.mark.parametrize(("side", "counts"), [(1, False), (4, True)])
def test_what_the_blur_of_moving_takes_away_is_no_inconsistency(side, counts):
    squares = torch.arange(64) // side
    board = ((squares[:, None] + squares) % 2 - 0.5).expand(2, 3, 64, 64)
    grey = torch.full((2, 3, 64, 64), 0.5)
    grid = random_flow_grid(grey, torch.Generator().manual_seed(0))
    term = consistency_loss(grey + board / 2, grey, grid).item()  # as if moving had erased it
    assert (term > 0.002) == counts
