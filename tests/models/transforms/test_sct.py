"""SCT: the fold of three matrices into one, codes, the balanced variant."""

import pytest
import torch
import torch.nn.functional as F

from ccpl.models.statistics import ChannelStats, channel_stats
from ccpl.models.transforms.sct import SCTNet


def draw(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def unfused(net, feats, code):
    """The formula of the paper with its three products one after the other."""
    spread = (feats.var((2, 3), keepdim=True) + 1e-5).sqrt()
    small = net.cnet((feats - feats.mean((2, 3), keepdim=True)) / spread)
    mixed = (code.cov @ small.flatten(2)).view_as(small)
    return F.conv2d(mixed, net.uncompress.weight, net.uncompress.bias) + code.mean


@pytest.mark.parametrize("styles", [1, 3])
def test_folded_product_equals_the_unfused_formula(styles):
    torch.manual_seed(0)
    net = SCTNet((24, 16, 8, 4))
    feats, style = draw(3, 24, 6, 7), draw(styles, 24, 9, 8, seed=1)
    code = net.encode_style(style)
    assert torch.allclose(net(feats, code), unfused(net, feats, code), atol=1e-5)


def test_code_is_the_mean_and_the_uncentred_product_of_the_small_style():
    torch.manual_seed(0)
    net, style = SCTNet((6, 5, 3)), draw(2, 6, 7, 9)
    mean = style.mean((2, 3), keepdim=True)
    small = net.snet(style - mean).flatten(2)
    code = net.encode_style(style)
    assert small.shape == (2, 3, 5 * 7)  # the 3x3 is not padded
    assert torch.allclose(code.mean, mean, atol=1e-6)
    assert torch.allclose(code.cov, torch.einsum("bkn,bln->bkl", small, small) / 35, atol=1e-6)


@pytest.mark.parametrize(
    "widths, kernels", [((512, 256, 128, 32), (3, 3, 1)), ((256, 128, 32), (3, 1))]
)
def test_style_convolutions_have_the_published_kernels(widths, kernels):
    net = SCTNet(widths)
    assert tuple(c.kernel_size[0] for c in net.snet[::2]) == kernels
    assert {c.kernel_size[0] for c in net.cnet[::2]} == {1}
    assert {c.padding for c in net.snet[::2]} == {(0, 0)}
    assert net.margin == sum(k - 1 for k in kernels)


def test_the_balanced_variant_tames_the_matrix_and_adds_the_channels_own_deviation():
    torch.manual_seed(0)
    net, feats, style = SCTNet((6, 4, 3), balanced=True), draw(1, 6, 8, 8), draw(1, 6, 7, 7, seed=1)
    plain = SCTNet((6, 4, 3))
    plain.load_state_dict({k: v for k, v in net.state_dict().items() if k != "gain"})
    plain.eps = net.eps
    code, original = net.encode_style(style), plain.encode_style(style)
    root = (original.cov.diagonal(dim1=1, dim2=2).mean() + net.eps).sqrt()
    assert torch.allclose(code.cov, original.cov / root, atol=1e-6)
    (mean, std), goal = channel_stats(feats, eps=net.eps), channel_stats(style, eps=net.eps)
    own = (feats - mean) / std * goal.std
    assert torch.allclose(net(feats, code), plain(feats, code) + own, atol=1e-4)


@pytest.mark.parametrize("styles", [1, 3])
def test_the_balanced_variant_of_one_layer_equals_its_formula(styles):
    torch.manual_seed(0)
    net, feats = SCTNet((6, 4), balanced=True), draw(3, 6, 8, 8)
    code = net.encode_style(draw(styles, 6, 7, 7, seed=1))
    (mean, std) = channel_stats(feats, eps=net.eps)
    normal = (feats - mean) / std
    mixed = (code.cov @ net.cnet(normal).flatten(2)).view(3, 4, 8, 8)
    wanted = F.conv2d(mixed, net.uncompress.weight, net.uncompress.bias) + code.mean
    assert torch.allclose(net(feats, code), wanted + net.gain * code.std * normal, atol=1e-5)


def test_the_balanced_variant_does_not_blow_up_a_channel_that_hardly_ever_fires():
    torch.manual_seed(0)
    net, plain = SCTNet((6, 4, 3), balanced=True), SCTNet((6, 4, 3))
    feats, style = torch.zeros(1, 6, 32, 32), draw(1, 6, 8, 8)
    feats[0, 0, 5, 5] = 0.1
    largest = [
        ((feats - stats.mean) / stats.std).abs().max()
        for stats in (channel_stats(feats, eps=n.eps) for n in (net, plain))
    ]
    assert largest[0] < 1.01 < 20 < largest[1]
    assert net(feats, net.encode_style(style)).isfinite().all()


def test_statistics_stay_float32_for_bfloat16_features():
    net = SCTNet((8, 4, 2)).to(torch.bfloat16)
    feats = draw(1, 8, 6, 6).to(torch.bfloat16)
    code = net.encode_style(feats)
    assert {t.dtype for t in (*code, *channel_stats(feats))} == {torch.float32}
    assert net(feats, code).dtype == torch.bfloat16


def test_given_statistics_replace_those_of_the_features():
    torch.manual_seed(0)
    net, feats = SCTNet((6, 4, 2)), draw(1, 6, 8, 8)
    code, stats = net.encode_style(feats), channel_stats(feats)
    assert torch.equal(net(feats, code, stats), net(feats, code))
    other = ChannelStats(stats.mean + 1, stats.std * 2)
    assert torch.allclose(
        net(feats * 2 + 1 + stats.mean, code, ChannelStats(stats.mean * 3 + 1, stats.std * 2)),
        net(feats, code),
        atol=1e-5,
    )
    assert not torch.allclose(net(feats, code, other), net(feats, code), atol=1e-2)
