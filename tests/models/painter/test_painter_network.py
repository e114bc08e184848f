import copy

import pytest
import torch
import torch.nn.functional as F

from ccpl.config import ModelConfig
from ccpl.models import build_network, mix_codes
from ccpl.models.painter.network import pyramid, working_size

SMALL = ModelConfig(draft_widths=(8, 12, 16), draft_rank=4, revision_widths=(8, 8))


@pytest.fixture(scope="module")
def network():
    torch.manual_seed(0)
    network = build_network(SMALL).eval()
    with torch.no_grad():  # heads that start near nothing would hide what is tested
        for revision in network.revisions.values():
            revision.head.weight.mul_(10)
    return network


@pytest.fixture(scope="module")
def code(network):
    with torch.inference_mode():
        return network.encode_style(smooth(torch.rand(1, 3, 256, 320)))


def smooth(image):
    return F.avg_pool2d(image, 9, 1, 4)


@pytest.mark.parametrize(
    ("size", "stroke_size", "draft"),
    [
        ((512, 512), 1, (160, 160)),
        ((3000, 4000), 1, (160, 212)),
        ((750, 1000), 1, (160, 212)),
        ((512, 512), 2, (80, 80)),
        ((512, 512), 0.5, (320, 320)),
        ((1, 4000), 1, (16, 640)),
        ((1, 1), 1, (160, 160)),
    ],
)
def test_the_draft_is_as_large_as_the_strokes_want(size, stroke_size, draft):
    assert working_size(size, stroke_size) == draft


@pytest.mark.parametrize(
    ("side", "levels"),
    [(64, []), (160, []), (200, [200]), (320, [320]), (512, [256, 512]), (1000, [250, 500, 1000])],
)
def test_every_doubling_is_a_level(side, levels):
    found = pyramid(torch.rand(1, 3, side, side), (160, 160))
    assert [level.shape[3] for level in found] == levels


@pytest.mark.parametrize("size", [(1, 1), (7, 7), (17, 33), (1, 300), (131, 257), (300, 141)])
@torch.inference_mode()
def test_results_have_the_size_of_the_content(network, code, size):
    assert network(torch.rand(1, 3, *size), code).shape == (1, 3, *size)


@torch.inference_mode()
def test_strength_0_is_the_content_and_half_lies_between(network, code):
    content = smooth(torch.rand(1, 3, 200, 300))
    full, half = network(content, code), network(content, code, strength=0.5)
    assert torch.equal(network(content, code, strength=0.0), content)
    torch.testing.assert_close(half, (content + full) / 2, atol=1e-5, rtol=0)


@torch.inference_mode()
def test_strokes_belong_to_the_picture_not_to_the_pixel(network, code):
    network = copy.deepcopy(network)
    for revision in network.revisions.values():  # untrained ones add anything
        revision.head.weight.zero_()
    content = smooth(smooth(torch.rand(1, 3, 256, 256)))
    twice = F.interpolate(content, scale_factor=2, mode="bilinear")
    once, large = network(content, code), F.avg_pool2d(network(twice, code), 2)
    broad = network(content, code, stroke_size=2)
    assert (large - once).abs().mean() < 0.5 * (broad - once).abs().mean()


@torch.inference_mode()
def test_a_batch_is_its_pictures_one_by_one(network, code):
    other = network.encode_style(smooth(torch.rand(1, 3, 256, 256)))
    contents = smooth(torch.rand(2, 3, 260, 260))
    both = mix_codes([code, other], [1, 1])
    for one in (code, both):
        single = torch.cat([network(content[None], one) for content in contents])
        torch.testing.assert_close(network(contents, one), single, atol=1e-4, rtol=1e-4)


@torch.inference_mode()
def test_the_style_matters_at_every_level(network, code):
    content = smooth(torch.rand(1, 3, 512, 512))
    plain = network(content, code)
    for name in ("strokes", "grain"):
        fine = {**code.fine, name: code.fine[name] + 3}
        assert (network(content, code._replace(fine=fine)) - plain).abs().max() > 1e-3


def test_everything_learns():
    torch.manual_seed(0)
    network = build_network(SMALL).train()
    code = network.encode_style(torch.rand(2, 3, 256, 256))
    network(torch.rand(2, 3, 512, 512), code).square().mean().backward()
    still = [name for name, p in network.named_parameters() if p.grad is None]
    assert still == []


@torch.inference_mode()
def test_bfloat16_stays_within_40_decibels(network):
    half = copy.deepcopy(network).to(torch.bfloat16)
    content, style = (smooth(torch.rand(1, 3, 256, 256)) for _ in range(2))
    exact = network(content, network.encode_style(style))
    error = (half(content, half.encode_style(style)) - exact).square().mean()
    assert -10 * error.log10() > 40
