"""Log footage: the makers' curves and gamuts by their published values and by colour-science."""

import typing

import colour
import numpy as np
import pytest
import torch

from ccpl.colour.log import CAMERAS, LogSpace, decode_rec709, encode_rec709
from ccpl.colour.lut import identity, plain_lut
from ccpl.config import InputTransform, Log

PUBLISHED = {  # codes of 10 bits for black, 18 % grey and 90 % white
    "slog3": (95, 420, 598),
    "logc3": (95, 400, 572),
    "logc4": (95, 285, 428),
    "vlog": (128, 433, 602),
    "clog3": (128, 351, 577),
}
THEIRS = {
    "slog3": (colour.models.log_encoding_SLog3, "S-Gamut3.Cine"),
    "logc3": (colour.models.log_encoding_ARRILogC3, "ARRI Wide Gamut 3"),
    "logc4": (colour.models.log_encoding_ARRILogC4, "ARRI Wide Gamut 4"),
    "vlog": (colour.models.log_encoding_VLog, "V-Gamut"),
    "clog3": (colour.models.log_encoding_CanonLog3, "Cinema Gamut"),
}
LIGHT = torch.cat([torch.linspace(-0.01, 0.05, 300), torch.linspace(0.05, 30, 300)]).double()


def codes(count=4000, low=0.08, high=0.95):
    """Any codes that footage may have, (1, 3, 1, N)."""
    found = np.random.default_rng(0).uniform(low, high, (3, count))
    return torch.from_numpy(found)[None, :, None]


def grey(light):
    return torch.full((1, 3, 1, 1), light, dtype=torch.float64)


def test_every_log_is_a_choice():
    assert (
        typing.get_args(InputTransform)
        == ("rec709", *typing.get_args(Log))
        == (
            "rec709",
            *CAMERAS,
        )
    )


@pytest.mark.parametrize("log", CAMERAS)
def test_curves_have_the_published_codes_and_agree_with_colour_science(log):
    camera, (encode, _) = CAMERAS[log], THEIRS[log]
    shades = torch.tensor([0.0, 0.18, 0.9], dtype=torch.float64)
    assert (camera.encode(shades) * 1023).round().tolist() == list(PUBLISHED[log])
    light = LIGHT[LIGHT > -0.009] if log == "slog3" else LIGHT
    assert np.abs(camera.encode(light).numpy() - encode(light.numpy())).max() < 1e-6
    assert (camera.decode(camera.encode(light)) - light).abs().max() < 1e-5


@pytest.mark.parametrize("log", CAMERAS)
def test_gamuts_agree_with_colour_science(log):
    space = LogSpace(log, narrow=False)
    given = codes()
    ours = space.to_scene(given)[0, :, 0].T.numpy()
    own, target = colour.RGB_COLOURSPACES[THEIRS[log][1]], colour.RGB_COLOURSPACES["ITU-R BT.709"]
    light = CAMERAS[log].decode(given)[0, :, 0].T.numpy()
    matrix = np.linalg.solve(target.matrix_RGB_to_XYZ, own.matrix_RGB_to_XYZ)
    assert np.abs(ours - light @ matrix.T).max() < 2e-3 * np.abs(ours).max()
    assert np.allclose(space.to_scene(grey(0.5)), CAMERAS[log].decode(grey(0.5)), rtol=1e-6)


@pytest.mark.parametrize("narrow", [True, False])
@pytest.mark.parametrize("log", CAMERAS)
def test_grey_is_shown_at_the_code_of_a_rec709_camera(log, narrow):
    camera, value = CAMERAS[log], PUBLISHED[log][1] / 1023
    if narrow and camera.signal:  # as a decoder gives that code
        value = (PUBLISHED[log][1] - 64) / 876
    shown = LogSpace(log, narrow=narrow).to_display(grey(value))
    assert shown.colours.flatten().tolist() == pytest.approx([0.409] * 3, abs=0.002)
    assert float(shown.factor) == 1


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32])
@pytest.mark.parametrize("log", CAMERAS)
def test_what_is_not_changed_comes_back_exactly_highlights_and_wide_colours_too(log, dtype):
    space, given = LogSpace(log), codes().to(dtype)
    shown = space.to_display(given)
    assert shown.factor.max() > 5 and shown.outside.min() < -0.1
    back = space.from_display(shown.colours, shown)
    assert (back - given).abs().max() < (1e-9 if dtype == torch.float64 else 1e-4)


def test_the_picture_rises_with_the_light_and_never_clips():
    space = LogSpace("slog3")
    steps = torch.linspace(0.05, 1, 500, dtype=torch.float64).expand(1, 3, 1, -1)
    shown = space.to_display(steps).colours[0, 0, 0]
    assert (shown.diff() > 0).all() and 0.99 < float(shown[-1]) <= 1


def test_a_grade_multiplies_highlights():
    space = LogSpace("logc3")
    bright = space.from_scene(grey(8.0))
    shown = space.to_display(bright)
    darker = encode_rec709(decode_rec709(shown.colours) / 2)
    assert space.to_scene(space.from_display(darker, shown)).flatten().tolist() == pytest.approx(
        [4.0] * 3, rel=1e-4
    )
    white = space.from_display(torch.ones_like(darker), shown)
    assert float(space.to_scene(white).max()) < 12  # it does not explode


def test_results_may_be_rec709():
    space = LogSpace("vlog", kept=False)
    shown = space.to_display(codes())
    assert torch.equal(space.from_display(shown.colours, shown), shown.colours)


def test_rec709_is_the_curve_of_cameras():
    light = torch.linspace(0, 1, 1001, dtype=torch.float64)
    theirs = colour.models.oetf_BT709(light.numpy())
    assert np.abs(encode_rec709(light).numpy() - theirs).max() < 1e-3
    assert (decode_rec709(encode_rec709(light)) - light).abs().max() < 1e-9


@pytest.mark.parametrize("log", CAMERAS)
@pytest.mark.parametrize("kept", [True, False])
def test_a_baked_lut_does_what_the_lut_does_to_the_picture(log, kept):
    table = identity(9)
    table = (table * torch.tensor([1.0, 0.9, 0.75])).pow(0.9)
    space, lut = LogSpace(log, kept=kept), plain_lut(table)
    given = space.from_scene(torch.rand(1, 3, 1, 5000, dtype=torch.float64).pow(3) * 4)
    shown = space.to_display(given)
    exact = space.from_display(lut(shown.colours).clamp(0, 1), shown)
    apart = (space.baked(lut)(given) - exact).abs()
    assert apart.mean() < 2 / 255 and apart.flatten().quantile(0.95) < 7 / 255
    once = space.baked(plain_lut(identity(2)))(codes()) - codes()
    assert not kept or once.abs().max() < 1e-5
