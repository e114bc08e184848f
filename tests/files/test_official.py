"""The published files give the published result: compared with the formulas, written plainly."""

import pickle
from dataclasses import replace

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from PIL import Image

from ccpl.errors import InputError
from ccpl.files.official import import_official
from ccpl.files.weights import load_network, save_weights
from ccpl.painting.shipped import load_stylizer
from ccpl.painting.stylizer import Stylizer

# Convolutions (in, out, kernel) by their number in the published Sequentials.
VGG = {
    0: (3, 3, 1), 2: (3, 64, 3), 5: (64, 64, 3), 9: (64, 128, 3), 12: (128, 128, 3),
    16: (128, 256, 3), 19: (256, 256, 3), 22: (256, 256, 3), 25: (256, 256, 3),
    29: (256, 512, 3), 32: (512, 512, 3), 35: (512, 512, 3), 38: (512, 512, 3),
    42: (512, 512, 3), 45: (512, 512, 3), 48: (512, 512, 3), 51: (512, 512, 3),
}  # fmt: skip
DECODER = {
    1: (512, 256, 3), 5: (256, 256, 3), 8: (256, 256, 3), 11: (256, 256, 3), 14: (256, 128, 3),
    18: (128, 128, 3), 21: (128, 64, 3), 25: (64, 64, 3), 28: (64, 3, 3),
}  # fmt: skip
SCT = {
    "artistic": {
        "cnet.0": (512, 256, 1), "cnet.2": (256, 128, 1), "cnet.4": (128, 32, 1),
        "snet.0": (512, 256, 3), "snet.2": (256, 128, 3), "snet.4": (128, 32, 1),
        "uncompress": (32, 512, 1),
    },
    "photo": {
        "cnet.0": (256, 128, 1), "cnet.2": (128, 32, 1),
        "snet.0": (256, 128, 3), "snet.2": (128, 32, 1),
        "uncompress": (32, 256, 1),
    },
}  # fmt: skip


def draw(layers, seed):
    """A state dict of random layers that neither explode nor vanish."""
    generator = torch.Generator().manual_seed(seed)
    state = {}
    for name, (inputs, outputs, kernel) in layers.items():
        weight = torch.randn(outputs, inputs, kernel, kernel, generator=generator)
        state[f"{name}.weight"] = weight * (2 / (inputs * kernel**2)) ** 0.5
        state[f"{name}.bias"] = 0.1 * torch.randn(outputs, generator=generator)
    return state


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """Every published file: contents and paths by name."""
    folder = tmp_path_factory.mktemp("published")
    states = {
        "vgg": draw(VGG, 1),
        "decoder": draw(DECODER, 2),
        "artistic": draw(SCT["artistic"], 3),
        "photo": draw(SCT["photo"], 4),
    }
    for name, state in states.items():
        torch.save(state, folder / f"{name}.pth")
    return states, {name: folder / f"{name}.pth" for name in states}


def read(files, sct, mode=None):
    paths = files[1]
    return import_official(paths["vgg"], paths[sct], paths["decoder"], mode)


def conv(x, state, name, pad=0):
    x = F.pad(x, (pad,) * 4, mode="reflect") if pad else x
    return F.conv2d(x, state[f"{name}.weight"].double(), state[f"{name}.bias"].double())


def plain(states, mode, content, style):
    """CCPL in float64, one formula after the other."""
    vgg, sct, decoder = states["vgg"], states[mode], states["decoder"]

    def encode(x):
        x = conv(x.double(), vgg, 0)
        for n in (2, 5, 9, 12, 16, 19, 22, 25, 29):
            x = F.relu(conv(x, vgg, n, pad=1))
            if n == {"artistic": 29, "photo": 16}[mode]:
                return x
            if n in (5, 12, 25):
                x = F.max_pool2d(x, 2, 2, ceil_mode=True)

    def chain(x, name, numbers):
        for n in numbers[:-1]:
            x = F.relu(conv(x, sct, f"{name}.{n}"))
        return conv(x, sct, f"{name}.{numbers[-1]}")

    content, style = encode(content), encode(style)
    style_mean = style.mean((2, 3), keepdim=True)
    spread = (content.var((2, 3), keepdim=True) + 1e-5).sqrt()
    numbers = {"artistic": (0, 2, 4), "photo": (0, 2)}[mode]
    c = chain((content - content.mean((2, 3), keepdim=True)) / spread, "cnet", numbers)
    s = chain(style - style_mean, "snet", numbers).flatten(2)
    cov = s @ s.transpose(1, 2) / s.shape[2]
    x = conv((cov @ c.flatten(2)).view_as(c), sct, "uncompress") + style_mean
    for n in [n for n in DECODER if mode == "artistic" or n >= 11]:
        x = conv(x, decoder, n, pad=1)
        x = F.relu(x) if n != 28 else x
        if n in (1, 14, 21):
            x = x.repeat_interleave(2, 2).repeat_interleave(2, 3)
    return x


def pictures(*sizes):
    generator = torch.Generator().manual_seed(7)
    return [torch.rand(1, 3, *size, generator=generator) for size in sizes]


@pytest.mark.parametrize("mode", ["artistic", "photo"])
@torch.inference_mode()
def test_output_equals_the_formulas_at_any_style_size(files, mode):
    network = read(files, mode)
    for size in ((40, 48), (33, 33), (37, 50), (71, 34)):
        content, style = pictures((40, 32), size)
        ours = network(content, network.encode_style(style))
        expected = plain(files[0], mode, content, style)
        assert expected.std() > 0.05
        assert torch.allclose(ours.double(), expected, atol=1e-4, rtol=0), size


@pytest.mark.parametrize("mode", ["artistic", "photo"])
@torch.inference_mode()
def test_sides_that_are_no_multiples_of_8_pad_and_crop(files, mode):
    pixels = np.random.default_rng(0).integers(0, 256, (21, 35, 3), np.uint8)
    (style,) = pictures((40, 40))
    network = read(files, mode)
    result = Stylizer(network).stylize(Image.fromarray(pixels), network.encode_style(style))
    content = torch.from_numpy(pixels).permute(2, 0, 1)[None] / 255
    padded = F.pad(content, (0, 5, 0, 3), mode="reflect")
    expected = plain(files[0], mode, padded, style)[..., :21, :35].clamp(0, 1) * 255
    assert result.size == (35, 21)
    difference = torch.from_numpy(np.array(result)).permute(2, 0, 1) - expected[0]
    assert difference.abs().max() < 0.52


@pytest.mark.parametrize("mode", ["artistic", "photo"])
@pytest.mark.parametrize("size", [(1, 1), (1, 40), (7, 7), (17, 33)])
def test_contents_of_any_size_keep_it(files, mode, size):
    network = read(files, mode)
    with torch.inference_mode():
        code = network.encode_style(pictures((40, 40))[0])
    content = np.full((*size, 3), 90, np.uint8)
    assert Stylizer(network).stylize(content, code).shape == (*size, 3)


@pytest.mark.parametrize("mode", ["artistic", "photo"])
@pytest.mark.parametrize("size", [(1, 1), (8, 40), (32, 32)])
@torch.inference_mode()
def test_tiny_styles_are_enlarged(files, mode, size):
    content, style = pictures((16, 16), size)
    network = read(files, mode)
    assert network(content, network.encode_style(style)).isfinite().all()


def test_the_shape_tells_the_mode_and_perceptual_must_be_asked_for(files):
    assert read(files, "artistic").config.name == "vgg19.artistic"
    assert read(files, "photo").config.name == "vgg19.photo"
    assert read(files, "artistic", "perceptual").config.name == "vgg19.perceptual"
    assert not read(files, "photo").training


@pytest.mark.parametrize("sct, mode", [("photo", "artistic"), ("photo", "perceptual")])
def test_a_mode_other_than_the_file_s_is_refused(files, sct, mode):
    with pytest.raises(InputError, match=rf"photo\.pth is of photo mode .* {mode} was asked for"):
        read(files, sct, mode)
    with pytest.raises(InputError, match=r"artistic\.pth is of artistic mode"):
        read(files, "artistic", "photo")


def test_an_unknown_mode_lists_the_choices(files):
    with pytest.raises(ValueError, match="expected one of artistic, photo, perceptual"):
        read(files, "artistic", "art")


def test_files_given_in_the_wrong_place_are_named(files):
    paths = files[1]
    with pytest.raises(InputError, match=r"decoder\.pth holds a published decoder file; .* SCT"):
        import_official(paths["vgg"], paths["decoder"], paths["artistic"])
    with pytest.raises(InputError, match=r"photo\.pth holds a published SCT file; .* encoder"):
        import_official(paths["photo"], paths["artistic"], paths["decoder"])


def test_photo_mode_ignores_the_deep_entries_of_the_decoder(files, tmp_path):
    states, paths = files
    shallow = {k: v for k, v in states["decoder"].items() if int(k.split(".")[0]) > 10}
    torch.save(shallow, tmp_path / "decoder.pth")
    network = import_official(paths["vgg"], paths["photo"], tmp_path / "decoder.pth")
    other = read(files, "photo").state_dict()
    assert all(torch.equal(v, other[k]) for k, v in network.state_dict().items())
    with pytest.raises(InputError, match=r"decoder\.pth lacks 1\.weight"):
        import_official(paths["vgg"], paths["artistic"], tmp_path / "decoder.pth")


def test_a_photo_decoder_with_an_artistic_sct_is_refused(files, tmp_path):
    states, paths = files
    fresh = {n: torch.nn.Conv2d(*DECODER[n]).state_dict() for n in (1, 5, 8)}
    untrained = {f"{n}.{part}": v for n, layer in fresh.items() for part, v in layer.items()}
    torch.save(states["decoder"] | untrained, tmp_path / "decoder.pth")
    with pytest.raises(InputError, match="decoder of photo mode .* artistic mode"):
        import_official(paths["vgg"], paths["artistic"], tmp_path / "decoder.pth")
    import_official(paths["vgg"], paths["photo"], tmp_path / "decoder.pth")


def changed(state, key, value):
    return {k: v for k, v in state.items() if k != key} | ({} if value is None else {key: value})


@pytest.mark.parametrize(
    "key, value, message",
    [
        ("cnet.0.weight", None, r"lacks cnet\.0\.weight"),
        ("cnet.0.weight", torch.zeros(256, 256, 1, 1), r"cnet\.0\.weight .* \(256, 256, 1, 1\)"),
        ("snet.2.bias", torch.full((128,), torch.nan), r"snet\.2\.bias .* not finite"),
        ("snet.6.bias", torch.zeros(3), r"has snet\.6\.bias"),
        ("uncompress.weight", torch.zeros(64, 32, 1, 1), "64 channels; expected 512"),
    ],
)
def test_anything_but_the_published_layout_is_refused(files, tmp_path, key, value, message):
    states, paths = files
    torch.save(changed(states["artistic"], key, value), tmp_path / "sct.pth")
    with pytest.raises(InputError, match=r"sct\.pth") as error:
        import_official(paths["vgg"], tmp_path / "sct.pth", paths["decoder"])
    assert error.match(message)


class Evil:
    """A pickle that runs code when it is loaded carelessly."""

    def __reduce__(self):
        return (exec, ("raise SystemExit('loaded unsafely')",))


def test_pickles_with_code_damaged_and_missing_files_are_refused(files, tmp_path):
    paths = files[1]
    bad = tmp_path / "sct.pth"
    for content in (
        pickle.dumps(Evil(), protocol=2),
        b"",
        b"not a checkpoint",
        paths["photo"].read_bytes()[:999],
    ):
        bad.write_bytes(content)
        with pytest.raises(InputError, match=r"sct\.pth"):
            import_official(paths["vgg"], bad, paths["decoder"])
    torch.save({"state": Evil()}, bad)
    with pytest.raises(InputError, match="more than tensors"):
        import_official(paths["vgg"], bad, paths["decoder"])
    torch.save([torch.zeros(1)], bad)
    with pytest.raises(InputError, match="no table of tensors"):
        import_official(paths["vgg"], bad, paths["decoder"])
    with pytest.raises(InputError, match=r"none\.pth is missing"):
        import_official(tmp_path / "none.pth", bad, paths["decoder"])


@pytest.mark.parametrize("half, tolerance", [(False, 0.0), (True, 1e-3)])
def test_an_imported_network_survives_saving(files, tmp_path, half, tolerance):
    network = read(files, "photo")
    save_weights(network, tmp_path / "vgg19.photo.safetensors", half=half)
    again = load_network(tmp_path / "vgg19.photo.safetensors")
    assert again.config == network.config
    for key, value in network.state_dict().items():
        assert torch.allclose(again.state_dict()[key], value, atol=tolerance, rtol=0)


def test_an_imported_model_is_offered_beside_lite_in_either_precision(files, tmp_path):
    save_weights(read(files, "photo"), tmp_path / "vgg19.photo.safetensors", half=True)
    style = Image.new("RGB", (64, 64), (200, 60, 40))
    results = []
    for dtype in ("float32", "bfloat16"):
        stylizer = load_stylizer("photo", arch="vgg19", dtype=dtype, weights_dir=tmp_path)
        assert {str(p.dtype) for p in stylizer.network.parameters()} == {f"torch.{dtype}"}
        code = stylizer.encode_style(style)
        content = np.random.default_rng(0).integers(0, 256, (16, 16, 3), np.uint8)
        look = stylizer.look
        weak, none = (replace(look, strength=strength) for strength in (0.3, 0.0))
        results.append(stylizer.stylize(content, code, weak).astype(float))
        assert np.array_equal(stylizer.stylize(content, code, none), content)
    assert np.abs(results[0] - results[1]).mean() < 2
