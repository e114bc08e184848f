"""The command line as a user runs it; where the process itself matters, in one of its own."""

import argparse
import io
import logging
import os
import signal
import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout
from functools import partial

import numpy as np
import pytest
import torch
from imageio_ffmpeg import get_ffmpeg_exe
from PIL import Image

from app import COMMANDS, main
from ccpl.config import VideoConfig
from ccpl.files.weights import load_network
from ccpl.look import Look
from ccpl.models.vgg import CONVS, WIDTHS
from ccpl.options import options
from ccpl.termination import ENDING
from ccpl.training.config import TrainConfig
from ccpl.video import probe
from tests.conftest import ROOT


def start(*args):
    """`python app.py` to its end."""
    command = [sys.executable, str(ROOT / "app.py"), *map(str, args)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def run(*args, cwd=None):
    """The same in this process, which has loaded torch already."""
    out, err = (io.TextIOWrapper(io.BytesIO(), "utf-8") for _ in range(2))
    threads, handlers = torch.get_num_threads(), {s: signal.getsignal(s) for s in ENDING}
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(out), redirect_stderr(err):
        patch.setattr(logging.root, "handlers", [])  # pytest's own
        patch.chdir(cwd or os.getcwd())
        try:
            code = main(list(map(str, args)))
        except SystemExit as end:
            code = end.code
    torch.set_num_threads(threads)
    for number, handler in handlers.items():
        signal.signal(number, handler)
    said = []
    for stream in (out, err):
        stream.flush()
        said.append(stream.buffer.getvalue().decode())
    return subprocess.CompletedProcess(args, code, *said)


@pytest.fixture
def files(tmp_path, picture):
    picture(48, 64).save(tmp_path / "content.png")
    picture(64, 64, 1).save(tmp_path / "style.png")
    return tmp_path


def test_a_picture_is_stylized_and_its_path_printed(files):
    out = files / "new" / "result.png"
    args = ["--stylize", files / "content.png", "--style", files / "style.png", "--output", out]
    done = start(*args)
    assert (done.returncode, done.stdout.strip(), done.stderr) == (0, str(out), "")
    with Image.open(out) as image:
        assert image.size == (64, 48)
    done = start(*args[:-2])
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("app.py: say where") and done.stderr.count("\n") == 1


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
    assert names == ["1-style-photo-2.png", "1-style-photo.png", "deep/2-style-photo.png"]


def test_two_styles_and_a_mask_are_taken_and_told_in_name_and_metadata(files, picture):
    picture(40, 40, 2).save(files / "second.png")
    mask = Image.new("L", (8, 6))
    mask.paste(255, (0, 0, 4, 6))
    mask.save(files / "mask.png")
    args = ["--style", files / "style.png", "--second-style", files / "second.png"]
    args += ["--share", 0.3, "--mask", files / "mask.png", "--region", "outside"]
    done = run("--stylize", files / "content.png", *args, "--output", files / "out")
    out = files / "out" / "content-style-second-artistic-share-0.3-outside.png"
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
        ({"--max-side": "0"}, "--max-side: longest side in pixels must be at least 1"),
        ({"--stroke-contrast": "2"}, "--stroke-contrast: fine where you look must lie between"),
        ({"--feather": "soft"}, "--feather: invalid float value: soft"),
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
    assert done.stdout.split() == [str(out / "clip-style-artistic.mp4")]
    assert [p.name for p in out.iterdir()] == ["clip-style-artistic.mp4"]
    info = probe(out / "clip-style-artistic.mp4")
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
        "--crop-size": 64, "--batch-size": 1, "--device": "cpu", "--picture-side": 64,
        "--style-side": 64, "--style-scales": 1, "--ccp-scales": 1, "--deep-scale": 1,
    }  # fmt: skip
    script = (
        "import sys; missing = ('gradio', 'spaces', 'imageio', 'imageio_ffmpeg', 'pillow_heif');"
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
    flags = ("--weights", 3, 1, "--scale", "draft.head=0.5", "--output", out)
    done = run("--average", shipped, shipped, *flags)
    assert (done.returncode, done.stdout.strip()) == (0, str(out)), done.stderr
    before, after = (load_network(path).state_dict() for path in (shipped, out))
    for name, value in before.items():
        factor = 0.5 if name.startswith("draft.head.") else 1
        assert torch.allclose(after[name], factor * value), name


def test_training_without_the_vgg_file_says_so(files):
    done = run("--train", "--vgg", files / "none.pth", cwd=files)
    assert done.returncode == 2 and "no VGG-19 file" in done.stderr


@pytest.fixture
def clip(files):
    """Draws short clips: (name, seconds=0.2) -> path."""

    def draw(name, seconds=0.2):
        path = files / name
        picture = f"testsrc2=size=64x48:rate=10:duration={seconds}"
        ffmpeg = [get_ffmpeg_exe(), "-v", "error", "-f", "lavfi", "-i", picture]
        subprocess.run([*ffmpeg, "-pix_fmt", "yuv420p", f"file:{path}"], check=True)
        return path

    return draw


def test_a_second_run_takes_no_results_and_names_what_it_leaves_out(files, clip, picture):
    folder = files / "all"
    folder.mkdir()
    clip("a.mts").rename(folder / "a.mts")
    picture(16, 16).save(folder / "b.jfif", "JPEG")
    (folder / "notes.txt").write_text("no")
    args = ("--style", files / "style.png", "--strength", 0, "--output", folder)
    first, second = (run("--stylize", folder, *args) for _ in range(2))
    results = [
        str(folder / name)
        for name in ("a-style-artistic-strength-0.mp4", "b-style-artistic-strength-0.png")
    ]
    assert first.stdout.split() == second.stdout.split() == results
    assert first.returncode == second.returncode == 0
    assert "1 left out, not readable as pictures or clips: notes.txt" in first.stderr
    assert "2 left out, results of earlier runs" in second.stderr


def test_a_picture_of_an_animation_or_of_pages_is_said_to_be_one(files, picture):
    frames = [picture(16, 16, seed) for seed in range(3)]
    for name in ("a.gif", "a.avif", "a.tif"):
        frames[0].save(files / name, save_all=True, append_images=frames[1:])
    for name in ("a.gif", "a.avif", "a.tif"):
        args = ("--style", files / "a.avif", "--strength", 0, "--output", files / "out.png")
        done = run("--stylize", files / name, *args)
        assert done.returncode == 0 and done.stdout.split() == [str(files / "out.png")]
        assert f"{name}: " in done.stderr and "of its 3 p" in done.stderr
        assert done.stderr.count("of its 3 p") == 2  # the style is said to be one, too


@pytest.mark.parametrize(
    ("name", "words"), [("a.jxl", "JPEG XL"), ("a.psd", "not a picture"), ("a.jp2", "damaged")]
)
def test_a_picture_that_cannot_be_read_is_not_taken_for_a_clip(files, name, words):
    start = {"a.jxl": b"\xff\x0a", "a.psd": b"8BPS", "a.jp2": b"\xff\x4f\xff\x51"}[name]
    (files / name).write_bytes(start + bytes(200))
    done = run(
        "--stylize", files / name, "--style", files / "style.png", "--output", files / "o.png"
    )
    assert done.returncode == 2 and words in done.stderr and done.stderr.count("\n") == 1


def test_names_at_the_limit_cost_a_sentence_and_not_the_batch(files, clip, picture):
    folder = files / "long"
    folder.mkdir()
    clip("a.mp4").rename(folder / ("m" * 251 + ".mp4"))
    picture(16, 16).save(folder / ("p" * 251 + ".png"))
    picture(16, 16).save(folder / "z.png")
    out = files / "out"
    done = run("--stylize", folder, "--style", files / "style.png", "--output", out)
    assert done.returncode == 2 and done.stdout.split() == [str(out / "z-style-artistic.png")]
    assert done.stderr.count("File name too long") == 2 and "Traceback" not in done.stderr
    for too_long in ("o" * 300, "o" * 300 + ".png"):
        args = ("--style", files / "style.png", "--output", files / too_long)
        done = run("--stylize", folder / "z.png", *args)
        assert done.returncode == 2 and "File name too long" in done.stderr
        assert "Traceback" not in done.stderr


@pytest.mark.parametrize("encoding", ["cp1252", "utf-8"])
def test_a_name_the_console_cannot_show_is_printed_all_the_same(files, picture, encoding):
    folder = files / "names"
    folder.mkdir()
    names = ["漢字.png", "\udcff.png", "é.png"]  # the second is no UTF-8
    for name in names:
        picture(16, 16).save(folder / name)
    (folder / "broken 漢字.png").write_text("no")
    command = [sys.executable, str(ROOT / "app.py"), "--stylize", folder, "--strength", "0"]
    command += ["--style", files / "style.png", "--output", files / "out"]
    environment = {**os.environ, "PYTHONIOENCODING": encoding}
    done = subprocess.run(command, capture_output=True, env=environment, check=False)
    assert done.returncode == 2 and done.stdout.count(b"\n") == 3
    assert b"Traceback" not in done.stderr and b"broken" in done.stderr
    made = sorted(path.name for path in (files / "out").iterdir())
    assert made == sorted(name.replace(".png", "-style-artistic-strength-0.png") for name in names)


@pytest.mark.parametrize("sent", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_leaves_nothing_behind(files, clip, sent):
    source, out = clip("long.mp4", seconds=600), files / "out"
    command = [sys.executable, str(ROOT / "app.py"), "--stylize", source]
    command += ["--style", files / "style.png", "--output", out]
    heard = partial(signal.signal, sent, signal.SIG_DFL)  # nohup lets programs ignore SIGHUP
    pipes = {"stderr": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen(command, **pipes, preexec_fn=heard) as process:
        said = b""
        while b"/6000 [" not in said:  # it is in the middle
            said += process.stderr.read(1)
        assert [path.suffix for path in out.iterdir()] == [".part"]
        process.send_signal(sent)
        assert b"Traceback" not in process.communicate()[1]
    assert process.returncode == 128 + sent
    assert list(out.iterdir()) == []


def test_the_style_is_never_overwritten(files, clip):
    for content in (files / "content.png", clip("a.mp4")):
        style = files / "style.png"
        before = style.read_bytes()
        done = run("--stylize", content, "--style", style, "--output", style)
        assert done.returncode == 2 and style.read_bytes() == before
        assert "would overwrite" in done.stderr and done.stderr.count("\n") == 1


def test_a_look_is_written_as_a_lut_and_applied_again(files):
    content, cube = files / "content.png", files / "look.cube"
    args = ["--style", files / "style.png", "--mode", "photo", "--lut", cube, "--lut-size", 17]
    done = run("--stylize", content, *args)
    assert (done.returncode, done.stdout.strip()) == (0, str(cube))
    assert "Delta E 2000 mean" in done.stderr and "LUT_3D_SIZE 17" in cube.read_text()
    out = files / "again.png"
    done = run("--stylize", content, "--style", cube, "--strength", 0.5, "--output", out)
    assert (done.returncode, done.stdout.strip(), done.stderr) == (0, str(out), "")
    with Image.open(out) as result:
        assert result.info["Mode"] == "photo"


def test_a_clip_takes_one_style_a_scene(files):
    frames = np.zeros((12, 32, 48, 3), np.uint8)
    frames[:6, ..., 0], frames[6:, ..., 1] = 200, 200
    raw = ["-f", "rawvideo", "-pix_fmt", "rgb24", "-s", "48x32", "-r", "12", "-i", "-"]
    make = [get_ffmpeg_exe(), "-v", "error", *raw, files / "clip.mp4"]
    subprocess.run(make, input=frames.tobytes(), check=True)
    (files / "cues.csv").write_text("0,style.png\n0.5,invert.cube\n")
    lines = [f"{1 - r} {1 - g} {1 - b}" for b in (0, 1) for g in (0, 1) for r in (0, 1)]
    (files / "invert.cube").write_text("\n".join(["LUT_3D_SIZE 2", *lines]))
    out = files / "out.mp4"
    args = ["--style", files / "cues.csv", "--consistency", "lut", "--output", out]
    done = run("--stylize", files / "clip.mp4", *args)
    assert (done.returncode, done.stdout.strip()) == (0, str(out)), done.stderr
    decode = [get_ffmpeg_exe(), "-v", "error", "-i", out, "-f", "rawvideo", "-pix_fmt", "rgb24"]
    shown = subprocess.run([*decode, "-"], capture_output=True, check=True).stdout
    last = np.frombuffer(shown, np.uint8).reshape(-1, 32, 48, 3)[-1].mean((0, 1))
    assert np.abs(last - (255, 55, 255)).max() < 12


def test_a_contact_sheet_shows_every_look_of_a_folder(files, picture):
    looks = files / "looks"
    looks.mkdir()
    for seed, name in enumerate(("a", "b")):
        picture(32, 32, seed).save(looks / f"{name}.png")
    (looks / "c.png").write_text("no")
    args = ["--style", looks, "--mode", "photo", "--output", files / "sheet.png"]
    done = run("--contact-sheet", files / "content.png", *args)
    assert (done.returncode, done.stdout.strip()) == (0, str(files / "sheet.png"))
    assert "c.png" in done.stderr and "Traceback" not in done.stderr
    with Image.open(files / "sheet.png") as sheet:
        assert sheet.width > 900
    done = run("--contact-sheet", files / "content.png", *args, "--at", 2)
    assert done.returncode == 2 and "--at" in done.stderr
