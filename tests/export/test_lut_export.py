"""A look as a .cube file: it gives what the network gives, in ffmpeg too."""

import subprocess
from dataclasses import replace

import numpy as np
import pytest
import torch
from imageio_ffmpeg import get_ffmpeg_exe
from PIL import Image

from ccpl.colour.cube import load_cube
from ccpl.colour.difference import delta_e
from ccpl.config import MODES, VideoConfig
from ccpl.errors import InputError
from ccpl.export.lut import check_lut_request, fit_look, fit_picture, save_look
from ccpl.image import to_tensor
from ccpl.look import Look
from ccpl.painting.requests import Host, Inputs, stylize_picture
from tests.conftest import ROOT

HOST = Host(device="cpu")
PHOTO = Look(mode="photo")


def example(kind, name, side=320):
    image = Image.open(ROOT / "examples" / kind / f"{name}.jpg").convert("RGB")
    image.thumbnail((side, side))
    return image


@pytest.fixture(scope="module")
def inputs():
    return Inputs([example("styles", "charcoal-fruit")], names=["charcoal-fruit"])


def errors(first, second):
    return delta_e(*(to_tensor(x)[0].flatten(1).T for x in (first, second)))


def test_ffmpeg_gives_our_picture_and_the_networks_within_the_reported_error(tmp_path, inputs):
    content = example("contents", "alpine-lake")
    content.save(tmp_path / "content.png")
    fitted = fit_look(HOST, [(tmp_path / "content.png", False)], inputs, PHOTO)
    save_look(fitted, tmp_path / "look.cube")
    command = [get_ffmpeg_exe(), "-v", "error", "-i", "content.png", "-vf"]
    command += ["lut3d=file=look.cube:interp=tetrahedral", "-pix_fmt", "rgb24", "theirs.png"]
    subprocess.run(command, cwd=tmp_path, check=True)
    theirs = Image.open(tmp_path / "theirs.png")
    lut = Inputs([load_cube(tmp_path / "look.cube")])
    ours = stylize_picture(HOST, content, lut, PHOTO).stylized
    assert np.abs(np.asarray(ours).astype(int) - np.asarray(theirs)).max() <= 1
    network = stylize_picture(HOST, content, inputs, PHOTO).stylized
    apart = errors(theirs, network)
    assert apart.mean() < fitted.error.mean + 0.2
    assert apart.quantile(0.95) < fitted.error.p95 + 0.5
    assert fitted.error.mean < 3 < errors(content, network).mean()


def test_strength_is_part_of_the_lut(tmp_path, inputs):
    example("contents", "canal-houses", 160).save(tmp_path / "a.png")
    none = fit_look(HOST, [(tmp_path / "a.png", False)], inputs, Look(mode="photo", strength=0))
    assert none.error.p95 < 0.1


def test_a_clip_and_a_picture_share_one_lut(tmp_path, inputs):
    clip = ROOT / "examples" / "clips" / "sailing-boat.mp4"
    example("contents", "alpine-lake", 160).save(tmp_path / "a.png")
    look = Look(mode="photo", max_side=160)
    sources = [(clip, True), (tmp_path / "a.png", False)]
    fitted = fit_look(HOST, sources, inputs, look, size=17)
    assert fitted.lut.size == 17 and fitted.lut.title == "charcoal-fruit"
    assert 0 < fitted.error.mean < 12


def test_a_picture_before_and_after_is_enough():
    content = example("contents", "alpine-lake", 160)
    after = Image.fromarray(np.asarray(content) // 2 + 60)
    fitted = fit_picture(content, after.resize((after.width // 2, after.height // 2)))
    assert fitted.error.mean < 0.5
    grey = torch.full((1, 3, 1, 1), 0.4)
    assert (fitted.lut(grey) - (0.2 + 60 / 255)).abs().max() < 0.02


@pytest.mark.parametrize("mode", [mode for mode in MODES if mode != "photo"])
def test_only_photo_mode_has_luts(tmp_path, inputs, mode):
    with pytest.raises(InputError, match="choose mode photo"):
        check_lut_request(Look(mode=mode), inputs, tmp_path / "a.cube")


def test_what_no_lut_can_hold_is_refused(tmp_path, inputs):
    with pytest.raises(InputError, match="leave the mask out"):
        masked = Inputs(inputs.styles, Image.new("L", (8, 8)))
        check_lut_request(PHOTO, masked, tmp_path / "a.cube")
    with pytest.raises(InputError, match="does not change in time"):
        check_lut_request(Look(mode="photo", end_strength=0.5), inputs, tmp_path / "a.cube")
    with pytest.raises(InputError, match="end the name in .cube"):
        check_lut_request(PHOTO, inputs, tmp_path / "a.txt")


def test_of_log_footage_the_lut_goes_from_log_to_log_or_to_rec709(tmp_path, inputs):
    flat = np.asarray(example("contents", "alpine-lake", 160)) // 3 + 70
    raw = ["-f", "rawvideo", "-pix_fmt", "rgb24", "-s", f"{flat.shape[1]}x{flat.shape[0]}"]
    make = [get_ffmpeg_exe(), "-v", "error", *raw, "-i", "-", "-c:v", "ffv1"]
    subprocess.run([*make, tmp_path / "a.mkv"], input=flat.astype(np.uint8).tobytes(), check=True)
    source = [(tmp_path / "a.mkv", True)]
    same, shown = (
        fit_look(HOST, source, inputs, replace(PHOTO, strength=0.0), config).lut
        for config in (
            VideoConfig(input_transform="slog3"),
            VideoConfig(input_transform="slog3", output_transform="rec709"),
        )
    )
    codes = torch.from_numpy(flat).permute(2, 0, 1)[None] / 255
    assert (same(codes) - codes).abs().max() < 0.01
    grey = torch.full((1, 3, 1, 1), (420 - 64) / 876)
    assert shown(grey).flatten().tolist() == pytest.approx([0.409] * 3, abs=0.01)
    both = [*source, (tmp_path / "b.png", False)]
    example("contents", "alpine-lake", 160).save(tmp_path / "b.png")
    with pytest.raises(InputError, match="one LUT is for one kind of footage"):
        fit_look(HOST, both, inputs, PHOTO, VideoConfig(input_transform="slog3"))
