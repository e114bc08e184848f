"""The transforms before SCT: each against its plain formula, and all by one interface."""

import pytest
import torch

from ccpl.config import TRANSFORM_NAMES
from ccpl.models.statistics import channel_stats, covariance_stats, map_tensors
from ccpl.models.transforms import TRANSFORMS, build_transform
from ccpl.models.transforms.adain import AdaIN
from ccpl.models.transforms.linear import LinearTransform
from ccpl.models.transforms.style_swap import GRID, StyleSwap
from ccpl.models.transforms.wct import SHRINKAGE, WCT, matrix_roots, shrunk


def draw(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def mixed(channels, *size, seed=0):
    """Features whose channels depend on one another."""
    spread = draw(channels, channels, seed=seed + 9)
    return torch.einsum("ck,bkhw->bchw", spread, draw(1, channels, *size, seed=seed))


def test_every_name_has_a_transform():
    assert tuple(TRANSFORMS) == TRANSFORM_NAMES


@pytest.mark.parametrize("name", TRANSFORMS)
def test_one_interface(name):
    torch.manual_seed(0)
    transform = build_transform(name, (12, 4), eps=1e-4)
    feats, styles = draw(2, 12, 9, 10), draw(2, 12, 8, 11, seed=1)
    code = transform.encode_style(styles)
    result = transform(feats, code)
    assert result.shape == feats.shape and result.isfinite().all()
    stats = transform.moments(feats).finish(eps=transform.eps)
    assert torch.allclose(transform(feats, code, stats), result, atol=1e-5)
    for i in range(2):  # pictures do not see one another
        own = map_tensors(lambda part, i=i: part[i : i + 1], code)
        assert torch.allclose(transform(feats[i : i + 1], own), result[i : i + 1], atol=1e-4)
    one = map_tensors(lambda part: part[:1], code)
    assert torch.allclose(transform(feats, one)[0], result[0], atol=1e-4)  # one style for all


@pytest.mark.parametrize("name", ["sct", "adain", "wct", "linear"])
def test_pieces_give_the_statistics_of_the_whole(name):
    torch.manual_seed(0)
    transform, feats = build_transform(name, (12, 4), eps=1e-4), draw(1, 12, 9, 10)
    code = transform.encode_style(draw(1, 12, 8, 8, seed=1))
    left, right = feats[..., :4], feats[..., 4:]
    stats = transform.moments(left).merge(transform.moments(right)).finish(eps=transform.eps)
    pieces = torch.cat([transform(piece, code, stats) for piece in (left, right)], 3)
    assert torch.allclose(pieces, transform(feats, code), atol=1e-4)


def test_adain_takes_over_means_and_deviations():
    feats, style = draw(1, 4, 8, 8), 3 * draw(1, 4, 5, 9, seed=1) + 2
    adain = AdaIN()
    now, goal = channel_stats(adain(feats, adain.encode_style(style))), channel_stats(style)
    assert torch.allclose(now.mean, goal.mean, atol=1e-5)
    assert torch.allclose(now.std, goal.std, rtol=1e-4)


@pytest.mark.parametrize("channels", [6, 128])
def test_roots_by_products_are_those_by_eigenvalues(channels):
    cov = shrunk(covariance_stats(mixed(channels, 9, 9)).cov.double())
    root, inverse = matrix_roots(cov)
    values, vectors = torch.linalg.eigh(cov)
    expected = vectors @ values.sqrt().diag_embed() @ vectors.mT
    assert torch.allclose(root, expected, rtol=1e-6, atol=1e-6 * float(expected.abs().max()))
    identity = torch.eye(channels, dtype=cov.dtype)
    assert torch.allclose(root @ inverse, identity.expand_as(root), atol=1e-6)


def test_wct_is_whitening_and_colouring_by_the_formula():
    feats, style, wct = mixed(6, 12, 13), mixed(6, 10, 9, seed=1) + 2, WCT()
    parts = []
    for x in (feats, style):
        flat = x.double().flatten(2)[0]
        flat, mean = flat - flat.mean(1, keepdim=True), flat.mean(1, keepdim=True)
        cov = flat @ flat.T / flat.shape[1] + 1e-5 * torch.eye(6)
        cov = (1 - SHRINKAGE) * cov + SHRINKAGE * cov.trace() / 6 * torch.eye(6)
        parts.append((flat, mean, *torch.linalg.eigh(cov)))
    (flat, _, own, axes), (_, mean, goal, style_axes) = parts
    white = axes @ (own**-0.5).diag() @ axes.T @ flat
    expected = style_axes @ goal.sqrt().diag() @ style_axes.T @ white + mean
    result = wct(feats, wct.encode_style(style)).double().flatten(2)[0]
    assert torch.allclose(result, expected, rtol=1e-3, atol=1e-3)


def test_linear_is_a_matrix_of_both_covariances_between_two_convolutions():
    torch.manual_seed(0)
    linear, feats, style = LinearTransform(6, 3), draw(1, 6, 8, 7), draw(1, 6, 9, 9, seed=1)
    with torch.no_grad():
        linear.of_style.layer.weight.normal_(0, 0.1)
    small = linear.compress(feats - feats.mean((2, 3), keepdim=True)).flatten(2)[0]
    of_style = linear.compress_style(style).flatten(2)[0]
    said = []
    for rows, head in ((small, linear.of_content), (of_style, linear.of_style)):
        cov = torch.cov(rows, correction=0) + 1e-5 * torch.eye(3)
        scale = cov.trace() / 3
        said.append(head.layer((cov / scale).flatten()).view(3, 3) * scale**head.power)
    matrix = said[1] @ said[0]
    moved = torch.einsum("ck,kn->cn", linear.uncompress.weight[:, :, 0, 0], matrix @ small)
    expected = moved.view(1, 6, 8, 7) + linear.uncompress.bias.view(1, 6, 1, 1)
    expected = expected + style.mean((2, 3), keepdim=True)
    assert torch.allclose(linear(feats, linear.encode_style(style)), expected, atol=1e-4)


def plain_swap(feats, patches):
    """Patch by patch: correlate, take the best, lay it down, average."""
    _, channels, height, width = feats.shape
    padded = torch.nn.functional.pad(feats, (1, 1, 1, 1), mode="replicate")[0]
    summed, counts = (
        torch.zeros(channels, height + 2, width + 2),
        torch.zeros(1, height + 2, width + 2),
    )
    for y in range(height):
        for x in range(width):
            own = padded[:, y : y + 3, x : x + 3]
            likeness = [(own * p).sum() / p.norm() for p in patches]
            summed[:, y : y + 3, x : x + 3] += patches[int(torch.stack(likeness).argmax())]
            counts[:, y : y + 3, x : x + 3] += 1
    return (summed / counts)[None, :, 1:-1, 1:-1]


def test_style_swap_takes_the_patches_most_like_the_contents():
    swap, feats, style = StyleSwap(), draw(1, 5, 11, 6), draw(1, 5, 4, 5, seed=1)
    code = swap.encode_style(style)
    assert code.patches.shape == (1, GRID * GRID, 5, 3, 3)
    assert torch.allclose(swap(feats, code), plain_swap(feats, code.patches[0]), atol=1e-5)


def test_a_style_swapped_with_itself_stays():
    swap, style = StyleSwap(), draw(1, 5, GRID + 2, GRID + 2)  # every patch of it is kept
    result = swap(style, swap.encode_style(style))
    inner = (..., slice(2, -2), slice(2, -2))  # away from patches that the border made
    assert torch.allclose(result[inner], style[inner], atol=1e-5)
