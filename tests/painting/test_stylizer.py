"""Stylizer: sizes, kinds, strength, transparency, caching, frames."""

import copy
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from ccpl import InputError, Look, load_stylizer
from ccpl.config import MODES
from ccpl.image import to_tensor
from ccpl.painting.stylizer import Stylizer
from ccpl.painting.tiles import finished
from tests.conftest import ROOT, draw_picture, random_network


@pytest.mark.parametrize("size", [(1, 1), (1, 200), (7, 7), (17, 33), (64, 48), (301, 203)])
def test_result_has_the_size_of_the_content(stylizer, picture, size):
    result = stylizer.stylize(picture(*size), picture(64, 80, 1))
    assert result.size == size[::-1] and result.mode == "RGB"


def test_any_style_size_works(stylizer, picture):
    for size in ((1, 1), (1, 300), (20, 33)):
        assert stylizer.stylize(picture(32, 32), picture(*size, 1)).size == (32, 32)


def test_strength_zero_is_the_content_and_more_moves_away(stylizer, picture):
    content, style = picture(48, 56), picture(64, 64, 1)
    original = np.asarray(content).astype(float)
    distances = [
        np.abs(np.asarray(stylizer.stylize(content, style, Look(strength=s))) - original).mean()
        for s in (0, 0.25, 0.5, 0.75, 1)
    ]
    assert distances[0] == 0
    assert all(a < b for a, b in zip(distances, distances[1:], strict=False))


@pytest.mark.parametrize("shape", [(40, 40), (40, 40, 1), (40, 40, 3), (40, 40, 4)])
def test_arrays_give_arrays(stylizer, shape):
    content = np.random.default_rng(0).integers(0, 256, shape, np.uint8)
    result = stylizer.stylize(content, draw_picture(64, 64, 1))
    assert isinstance(result, np.ndarray) and result.dtype == np.uint8
    assert result.shape == (40, 40, 4 if shape[2:] == (4,) else 3)


def test_alpha_is_kept_and_hidden_pixels_stay(stylizer, picture):
    pixels = np.dstack([draw_picture(40, 40), np.full((40, 40), 255, np.uint8)])
    pixels[:10, :, 3] = 0
    result = np.asarray(stylizer.stylize(Image.fromarray(pixels), picture(64, 64, 1)))
    assert np.array_equal(result[..., 3], pixels[..., 3])
    assert np.array_equal(result[:10], pixels[:10])


def test_a_mask_limits_the_change(stylizer, picture):
    content = picture(40, 40)
    mask = Image.new("L", (40, 40))
    mask.paste(255, (0, 0, 40, 20))
    for region, kept, changed in (
        ("inside", np.s_[24:], np.s_[:16]),
        ("outside", np.s_[:16], np.s_[24:]),
    ):
        look = Look(region=region)
        result = np.asarray(stylizer.stylize(content, picture(64, 64, 1), look, mask=mask))
        assert np.array_equal(result[kept], np.asarray(content)[kept])
        assert not np.array_equal(result[changed], np.asarray(content)[changed])


def test_max_side_bounds_the_result(stylizer, picture):
    result = stylizer.stylize(picture(60, 120), picture(64, 64, 1), Look(max_side=50))
    assert result.size == (50, 25)


def test_a_style_is_encoded_once(stylizer, picture, monkeypatch):
    code = stylizer.encode_style(picture(64, 64, 7))
    monkeypatch.setattr(stylizer.network, "encode_style", None)
    assert stylizer.encode_style(picture(64, 64, 7)) is code
    assert stylizer.encode_style(code) is code


def test_blending_one_style_is_that_style(stylizer, picture):
    content, a, b = picture(40, 40), picture(64, 64, 1), picture(64, 64, 2)
    alone = np.asarray(stylizer.stylize(content, a))
    for share, styles in ((0.0, (a, b)), (1.0, (b, a))):
        result = stylizer.stylize(content, styles, Look(share=share))
        assert np.array_equal(np.asarray(result), alone)
    mixed = np.asarray(stylizer.stylize(content, (a, b), Look(share=0.5)))
    assert not np.array_equal(mixed, alone)
    with pytest.raises(InputError, match="of two styles, got 3"):
        stylizer.stylize(content, (a, b, a))


def test_a_look_of_another_network_is_refused(stylizer, picture):
    for look in (Look(mode="photo"), Look(arch="vgg19")):
        with pytest.raises(InputError, match=r"this network is lite\.artistic"):
            stylizer.stylize(picture(16, 16), picture(64, 64), look)
        with pytest.raises(InputError, match=f"asks for {look.arch}.{look.mode}"):
            stylizer.frame_stylizer(picture(64, 64), look)


def test_a_mask_and_the_kept_colours_lie_over_every_frame(stylizer, picture):
    content, style, mask = picture(40, 56), picture(64, 64, 1), Image.new("L", (56, 40))
    mask.paste(255, (0, 0, 56, 20))
    look = Look(keep_colors=True, region="outside")
    paint = stylizer.frame_stylizer(style, look, mask=mask)
    frames = to_tensor(content).expand(2, -1, -1, -1)
    result = paint(frames, torch.ones(2), torch.tensor([True, False]))
    alone = to_tensor(stylizer.stylize(content, style, look, mask=mask))
    assert (result.clamp(0, 1) - alone).abs().max() <= 0.5 / 255 + 1e-5
    assert torch.equal(result[..., :16, :], frames[..., :16, :])


def test_float_arrays_are_refused(stylizer, picture):
    with pytest.raises(InputError, match="uint8"):
        stylizer.stylize(np.zeros((8, 8, 3)), picture(64, 64))


def test_a_frame_equals_the_picture(stylizer, picture):
    style = picture(64, 64, 1)
    paint = stylizer.frame_stylizer(style)
    for seed, cut in ((0, True), (5, False)):
        frame = paint(to_tensor(picture(40, 56, seed)), torch.ones(1), torch.tensor([cut]))
        alone = to_tensor(stylizer.stylize(picture(40, 56, seed), style))
        assert (frame - alone).abs().max() <= 0.5 / 255 + 1e-5


def test_statistics_of_frames_are_smoothed(picture):
    stylizer = Stylizer(random_network("photo"))
    content, style = picture(40, 56), picture(64, 64, 1)
    frames = stylizer.frame_stylizer(style)
    batch = to_tensor(content).expand(2, -1, -1, -1)
    first = frames(batch, torch.ones(2), torch.tensor([True, False]))
    expected = to_tensor(stylizer.stylize(content, style))
    assert (first - expected).abs().max() <= 0.5 / 255 + 1e-5
    assert torch.allclose(first[0], first[1], atol=1e-5)
    other = to_tensor(picture(40, 56, 5))
    smooth = frames(other, torch.ones(1), torch.tensor([False]))
    cut = frames(other, torch.ones(1), torch.tensor([True]))
    assert not torch.allclose(smooth, cut, atol=1e-3)
    alone = to_tensor(stylizer.stylize(picture(40, 56, 5), style))
    assert (cut - alone).abs().max() <= 0.5 / 255 + 1e-5


def test_unknown_modes_list_the_choices():
    with pytest.raises(ValueError, match="artistic, photo, perceptual"):
        load_stylizer("cubist")
    with pytest.raises(ValueError, match="lite, vgg19"):
        load_stylizer("photo", arch="vgg16")


def test_a_missing_weight_file_is_named(tmp_path):
    with pytest.raises(InputError, match=r"lite\.photo\.safetensors is missing"):
        load_stylizer("photo", weights_dir=tmp_path)


def edge_agreement(stylized, content):
    """Correlation of the steps of brightness from one column to the next."""
    steps = [np.diff(x.astype(float).mean(2), axis=1).ravel() for x in (stylized, content)]
    return np.corrcoef(steps)[0, 1]


def test_the_three_shipped_modes_differ_and_photo_keeps_edges(picture):
    content, style = picture(96, 96), picture(96, 96, 3)
    results = {m: np.asarray(load_stylizer(m).stylize(content, style)).astype(int) for m in MODES}
    for a, b in (("artistic", "photo"), ("artistic", "perceptual"), ("photo", "perceptual")):
        assert np.abs(results[a] - results[b]).mean() > 2
    kept = {m: edge_agreement(result, np.asarray(content)) for m, result in results.items()}
    assert kept["artistic"] < kept["perceptual"] < 0.9 and kept["photo"] > 0.97


EXAMPLES = ("contents/auburn-portrait", "styles/river-dots", "styles/misty-peaks")


def example(name):
    return to_tensor(
        Image.open(ROOT / "examples" / f"{name}.jpg").convert("RGB").resize((256, 256))
    )


def differ(one, other):
    """Every part of two modulations, by at least a little."""
    return all((a - b).abs().mean() > 1e-3 for a, b in zip(one, other, strict=True))


@torch.inference_mode()
def test_no_part_of_the_photo_network_is_silent():
    """What lost its gradient in training would go unseen: the rest makes up for it."""
    network = copy.deepcopy(load_stylizer("photo").network)
    content, *styles = map(example, EXAMPLES)
    codes = [network.encode_style(style) for style in styles]
    feats = network.encode_content(content)
    stats = network.content_stats(feats, content)
    first, second = (network.decoder.modulation(code, stats).layers for code in codes)
    for name, one in first.items():
        assert differ(one, second[name]), name
    result = network.decode(feats, content, codes[0])
    for tap, x in feats.items():
        assert (x.std((0, 2, 3)) > 1e-2).float().mean() > 0.9
        blind = network.decode(feats | {tap: x.flip(3)}, content, codes[0])
        assert (blind - result).abs().mean() > 1e-3
    decoder = network.decoder
    for part in (
        decoder.modulation.embed_content, decoder.embed_base, decoder.regions.outputs
    ):  # fmt: skip
        kept = part.weight.clone()
        part.weight.zero_()
        assert (network.decode(feats, content, codes[0]) - result).abs().mean() > 1e-3
        part.weight.copy_(kept)


@pytest.mark.parametrize("mode", ["artistic", "perceptual"])
@torch.inference_mode()
def test_no_part_of_a_painting_network_is_silent(mode):
    """Every style changes every layer, and what the SCT and the revisions do is seen."""
    network = copy.deepcopy(load_stylizer(mode).network)
    content, *styles = map(example, EXAMPLES)
    first, second = (network.encode_style(style) for style in styles)
    drafted = [network.draft.modulator(code.draft.embedding) for code in (first, second)]
    for one, other in zip(*(made.blocks for made in drafted), strict=True):
        assert differ(one, other)
    assert differ(drafted[0].up_half, drafted[1].up_half)
    assert differ(drafted[0].up_full, drafted[1].up_full)
    for name, revision in network.revisions.items():
        one, other = (
            revision.modulations(code.draft.embedding, code.fine[name]) for code in (first, second)
        )
        assert all(differ(one[layer], other[layer]) for layer in one), name
    large = torch.nn.functional.interpolate(content, scale_factor=2, mode="bilinear")
    result = network(large, first)
    parts = [network.draft.transform.uncompress, *(r.head for r in network.revisions.values())]
    for part in parts:
        kept = part.weight.clone()
        part.weight.zero_()
        assert (network(large, first) - result).abs().mean() > 1e-3
        part.weight.copy_(kept)


@pytest.mark.parametrize("mode", MODES)
def test_a_flat_place_stays_flat(mode):
    """Whatever shows there would be the network's own grid, the same in every picture."""
    network = load_stylizer(mode).network
    style = Image.open(ROOT / "examples/styles/river-dots.jpg").convert("RGB").resize((256, 256))
    content = torch.rand(1, 3, 16, 48, generator=torch.Generator().manual_seed(0))
    content = torch.nn.functional.interpolate(content, scale_factor=16, mode="bicubic").clamp(0, 1)
    content[..., 256:] = 0.2
    with torch.inference_mode():
        result = network(content, network.encode_style(to_tensor(style)))
    flat = result[..., 608:]
    assert max(flat.diff(n=2, dim=axis).abs().max() for axis in (2, 3)) < 0.1 / 255
    if mode != "photo":  # there a flat place may turn smoothly from one colour to another
        assert flat.std((2, 3)).max() < 0.1 / 255


@pytest.mark.parametrize("mode", MODES)
def test_no_frame_is_painted_along_the_border(mode):
    """Neighbours differ about as much by the sides of a picture as inside; a frame: 2.5 times."""
    examples = Path(__file__).parents[2] / "examples"
    contents = [Image.open(path).resize((512, 384)) for path in (examples / "contents").iterdir()]
    stylizer = load_stylizer(mode)
    for name in ("fir-woodcut", "red-sun-wave"):
        style = Image.open(examples / "styles" / f"{name}.jpg")
        x = np.stack([np.asarray(stylizer.stylize(c, style), np.float32) for c in contents])
        for axis in (1, 2):
            steps = np.abs(np.diff(x, axis=axis)).mean((0, 3 - axis, 3))
            assert max(*steps[:5], *steps[-5:]) < 2 * steps[8:-8].mean()


def test_a_result_comes_with_what_it_would_be_at_full_strength(picture):
    stylizer, content, style = load_stylizer("artistic"), picture(40, 56, 5), picture(64, 64, 1)
    half, full = finished(stylizer.steps(content, style, Look(strength=0.5)))
    assert full == stylizer.stylize(content, style)
    between = (np.asarray(content, float) + np.asarray(full, float)) / 2
    # What lies beyond black and white is cut off after the blend.
    assert np.abs(np.asarray(half, float) - between).mean() < 2


def test_small_pictures_in_several_styles_are_those_of_one_at_a_time(stylizer, picture):
    content, styles = picture(40, 56, 5), [picture(64, 64, 1), picture(80, 64, 2)]
    together = stylizer.stylize_small(content, styles, Look(strength=0.3))
    for style, result in zip(styles, together, strict=True):
        alone = np.asarray(stylizer.stylize(content, style), int)
        assert np.abs(np.asarray(result, int) - alone).max() <= 1
