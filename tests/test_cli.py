"""The command line as a user runs it, in a process of its own."""

import argparse
import subprocess
import sys

import numpy as np
import pytest
import torch
from imageio_ffmpeg import get_ffmpeg_exe
from PIL import Image

from app import COMMANDS
from ccpl.config import VideoConfig
from ccpl.files.weights import load_network
from ccpl.look import Look
from ccpl.models.vgg import CONVS, WIDTHS
from ccpl.options import options
from ccpl.training.config import TrainConfig
from ccpl.video import probe
from tests.conftest import ROOT


def run(*args, cwd=None):
    command = [sys.executable, str(ROOT / "app.py"), *map(str, args)]
    return subprocess.run(command, capture_output=True, text=True, cwd=cwd, check=False)


@pytest.fixture
def files(tmp_path, picture):
    picture(48, 64).save(tmp_path / "content.png")
    picture(64, 64, 1).save(tmp_path / "style.png")
    return tmp_path


def test_a_picture_is_stylized_and_its_path_printed(files):
    out = files / "new" / "result.png"
    done = run("--stylize", files / "content.png", "--style", files / "style.png", "--output", out)
    assert (done.returncode, done.stdout.strip()) == (0, str(out))
    with Image.open(out) as image:
        assert image.size == (64, 48)


def test_a_folder_is_stylized_whole_and_bad_files_are_named(files, picture):
    folder = files / "photos"
    (folder / "deep").mkdir(parents=True)
    picture(32, 32).save(folder / "1.png")
    picture(32, 32).save(folder / "1.jpg")
    picture(32, 32).save(folder / "deep" / "2.png")
    (folder / "broken.png").write_bytes(b"oops")
    out = files / "out"
    done = run(
        "--stylize", folder, "--style", files / "style.png", "--mode", "photo", "--output", out
    )
    assert done.returncode == 2 and "broken.png is not a picture" in done.stderr
    names = sorted(p.relative_to(out).as_posix() for p in out.rglob("*.*"))
    assert names == ["1-photo-2.png", "1-photo.png", "deep/2-photo.png"]


def test_two_styles_and_a_mask_are_taken_and_told_in_name_and_metadata(files, picture):
    picture(40, 40, 2).save(files / "second.png")
    mask = Image.new("L", (8, 6))
    mask.paste(255, (0, 0, 4, 6))
    mask.save(files / "mask.png")
    args = ["--style", files / "style.png", "--second-style", files / "second.png"]
    args += ["--share", 0.3, "--mask", files / "mask.png", "--region", "outside"]
    done = run("--stylize", files / "content.png", *args, "--output", files / "out")
    out = files / "out" / "content-artistic-share-0.3-outside.png"
    assert (done.returncode, done.stdout.strip(), done.stderr) == (0, str(out), "")
    with Image.open(out) as result, Image.open(files / "content.png") as content:
        assert result.info["Style"] == "style + second"
        assert result.info["Share of the second style"] == "0.3"
        after, before = np.asarray(result), np.asarray(content)
    assert np.array_equal(after[:, :24], before[:, :24])
    assert not np.array_equal(after[:, 40:], before[:, 40:])


def test_comparing_prints_a_result_and_its_figures_for_every_mode(files):
    out = files / "out"
    done = run("--compare", files / "content.png", "--style", files / "style.png", "--output", out)
    assert done.returncode == 0 and "SSIM" in done.stdout
    names = [f"content-{mode}.png" for mode in ("artistic", "photo", "perceptual")]
    assert sorted(p.name for p in out.iterdir()) == sorted(names)
    assert all(str(out / name) in done.stdout for name in names)


def test_strength_zero_returns_the_picture(files):
    out = files / "same.png"
    args = ("--style", files / "style.png", "--strength", 0, "--output", out)
    assert run("--stylize", files / "content.png", *args).returncode == 0
    with Image.open(out) as a, Image.open(files / "content.png") as b:
        assert np.array_equal(np.asarray(a), np.asarray(b))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"--mode": "cubist"}, "'artistic', 'photo', 'perceptual'"),
        ({"--style": "none.png"}, "cannot read"),
        ({"--strength": "7"}, "between 0 and 1"),
        ({"--output": "result.xyz"}, "end the name in"),
        ({"--max-side": "0"}, "longest side in pixels must be at least 1"),
        ({"--output": "content.png"}, "would overwrite"),
        ({"--device": "abacus"}, "unknown device"),
        ({"--share": "0.3"}, "--share needs --second-style"),
        ({"--region": "outside"}, "--region needs --mask"),
        ({"--end-strength": "0.5"}, "--end-strength needs a clip"),
        ({"--second-style": "none.png"}, "cannot read"),
    ],
)
def test_bad_input_is_one_sentence_on_stderr(files, change, words):
    flags = {"--style": "style.png", "--output": "result.png", **change}
    args = [word for flag in flags.items() for word in flag]
    done = run("--stylize", "content.png", *args, cwd=files)
    assert done.returncode == 2 and not done.stdout
    assert words.replace("'", "") in done.stderr.replace("'", "")
    assert done.stderr.count("\n") == 1 and "Traceback" not in done.stderr
    assert sorted(p.name for p in files.iterdir()) == ["content.png", "style.png"]


def test_a_folder_of_clips_is_stylized_with_their_sound_and_bad_ones_are_named(files):
    folder = files / "clips"
    folder.mkdir()
    picture = "testsrc2=size=96x64:rate=10:duration=1"
    ffmpeg = [get_ffmpeg_exe(), "-v", "error", "-f", "lavfi", "-i", picture]
    ffmpeg += ["-f", "lavfi", "-i", "sine=duration=1", "-pix_fmt", "yuv420p", "-c:a", "aac"]
    subprocess.run([*ffmpeg, folder / "clip.mp4"], check=True)
    (folder / "broken.mp4").write_bytes(b"no clip")
    out = files / "new" / "out"
    done = run("--stylize", folder, "--style", files / "style.png", "--output", out)
    assert done.returncode == 2 and "broken.mp4" in done.stderr and "Traceback" not in done.stderr
    assert done.stdout.split() == [str(out / "clip-artistic.mp4")]
    assert [p.name for p in out.iterdir()] == ["clip-artistic.mp4"]
    info = probe(out / "clip-artistic.mp4")
    assert (info.height, info.width, info.rate, info.audio) == (64, 96, 10, ("aac",))


@pytest.mark.parametrize("name", COMMANDS)
def test_every_flag_of_every_command_has_a_sentence_of_help(name):
    parser = argparse.ArgumentParser()
    COMMANDS[name][0](parser)
    assert [action.dest for action in parser._actions if not action.help] == []


@pytest.mark.parametrize(
    ("name", "config"),
    [
        ("--stylize", Look),
        ("--stylize", VideoConfig),
        ("--train", TrainConfig),
    ],
)
def test_every_field_is_a_flag(name, config):
    parser = argparse.ArgumentParser()
    COMMANDS[name][0](parser)
    assert {item.name for item in options(config)} <= {action.dest for action in parser._actions}


@pytest.mark.parametrize(
    ("flag", "value", "words"),
    [
        ("--crop-size", "100", "multiple of 8"),
        ("--smooth-scale", "99", "at most a quarter of the crop size"),
        ("--anchors", "100000", "anchors must lie between 1 and 256"),
        ("--resume", __file__, "no PyTorch file"),
    ],
)
def test_a_training_option_out_of_range_is_one_sentence(flag, value, words):
    done = run("--train", flag, value)
    assert done.returncode == 2
    assert words in done.stderr
    assert done.stderr.count("\n") == 1 and "Traceback" not in done.stderr


def test_training_needs_neither_the_pages_nor_a_video_library(files, picture_folder):
    """In a process where gradio, spaces and imageio cannot be imported."""
    state, width = {}, 3
    for name in CONVS[:5]:
        state[f"{name}.weight"] = torch.randn(WIDTHS[name], width, 3, 3) / (3 * width**0.5)
        state[f"{name}.bias"] = torch.zeros(WIDTHS[name])
        width = WIDTHS[name]
    torch.save(state, files / "vgg.pth")
    flags = {
        "--content-dir": picture_folder("photos"), "--style-dir": picture_folder("paintings"),
        "--vgg": files / "vgg.pth", "--output-dir": files / "run", "--steps": 1,
        "--crop-size": 64, "--batch-size": 1, "--device": "cpu",
    }  # fmt: skip
    script = (
        "import sys; missing = ('gradio', 'spaces', 'imageio', 'imageio_ffmpeg');"
        "sys.modules |= dict.fromkeys(missing); import app; sys.exit(app.main(sys.argv[1:]))"
    )
    args = [str(word) for flag in flags.items() for word in flag]
    command = [sys.executable, "-c", script, "--train", *args]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == str(files / "run" / "lite.artistic.safetensors")
    assert (files / "run" / "samples" / "000001.png").is_file()


def test_weight_files_are_averaged_and_scaled(tmp_path):
    out = tmp_path / "mean.safetensors"
    shipped = ROOT / "weights" / "lite.artistic.safetensors"
    flags = ("--weights", 3, 1, "--scale", "decoder.recolour=0.5", "--output", out)
    done = run("--average", shipped, shipped, *flags)
    assert (done.returncode, done.stdout.strip()) == (0, str(out)), done.stderr
    before, after = (load_network(path).state_dict() for path in (shipped, out))
    for name, value in before.items():
        factor = 0.5 if name.startswith("decoder.recolour.") else 1
        assert torch.allclose(after[name], factor * value), name


def test_training_without_the_vgg_file_says_so(files):
    done = run("--train", "--vgg", files / "none.pth", cwd=files)
    assert done.returncode == 2 and "no VGG-19 file" in done.stderr
