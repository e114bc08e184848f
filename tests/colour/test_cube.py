""".cube files: written for other programs, read as they write them."""

import subprocess

import numpy as np
import pytest
import torch
from imageio_ffmpeg import get_ffmpeg_exe

from ccpl.colour.cube import load_cube, parse_cube, save_cube
from ccpl.colour.lut import identity, plain_lut
from ccpl.errors import InputError


def ramp(size=3):
    """The lines of an identity, red fastest, written without the code under test."""
    steps = [i / (size - 1) for i in range(size)]
    return [f"{r:g} {g:g} {b:g}" for b in steps for g in steps for r in steps]


def parse(*lines, end="\n"):
    return parse_cube(end.join(lines).encode(), "look.cube")


def curved(size):
    """A look that is no straight line anywhere."""
    points = identity(size)
    return (0.1 + 0.8 * points**1.7 - 0.15 * points.roll(1, -1) * (1 - points)).clamp(0, 1)


@pytest.mark.parametrize("size", [2, 17, 33])
def test_what_is_written_is_read_again(tmp_path, size):
    path = save_cube(plain_lut(curved(size), 'A "look"\nof mine'), tmp_path / "look.cube")
    lut = load_cube(path)
    assert (lut.size, lut.title) == (size, "A lookof mine")
    assert (lut.table - curved(size)).abs().max() < 1e-6


def test_the_header_is_what_editors_want(tmp_path):
    path = save_cube(plain_lut(identity(2), "Look"), tmp_path / "a.cube", ("Delta E 1",))
    lines = path.read_text("ascii").splitlines()
    assert lines[:5] == [
        'TITLE "Look"', "# Delta E 1", "LUT_3D_SIZE 2", "DOMAIN_MIN 0 0 0", "DOMAIN_MAX 1 1 1",
    ]  # fmt: skip
    assert lines[5:7] == ["0.000000 0.000000 0.000000", "1.000000 0.000000 0.000000"]


@pytest.mark.parametrize("size", [17, 33, 65])
def test_ffmpeg_reads_the_same_colours_from_it(tmp_path, size):
    save_cube(plain_lut(curved(size)), tmp_path / "look.cube")
    frame = np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8)
    raw = ["-f", "rawvideo", "-pix_fmt", "rgb24", "-s", "64x64", "-i", "-", "-frames:v", "1"]
    raw += ["-vf", "lut3d=file=look.cube:interp=tetrahedral", "-f", "rawvideo"]
    command = [get_ffmpeg_exe(), "-v", "error", *raw, "-pix_fmt", "rgb24", "-"]
    done = subprocess.run(
        command, cwd=tmp_path, input=frame.tobytes(), capture_output=True, check=True
    )
    theirs = np.frombuffer(done.stdout, np.uint8).reshape(frame.shape)
    image = torch.from_numpy(frame).permute(2, 0, 1)[None] / 255
    ours = load_cube(tmp_path / "look.cube")(image)[0].permute(1, 2, 0).numpy() * 255
    assert np.abs(ours - theirs).max() <= 1


def test_comments_empty_lines_crlf_a_bom_and_unknown_words_are_no_trouble():
    lines = ["\ufeff# by hand", 'TITLE "A look"', "", "LUT_IN_VIDEO_RANGE", "LUT_3D_SIZE 3"]
    lut = parse(*lines, *ramp(), "", "# the end", end="\r\n")
    assert lut.title == "A look" and torch.equal(lut.table, identity(3))


def test_values_beyond_0_to_1_are_kept_and_a_domain_is_heeded():
    table = [line.replace("1", "1.5").replace("0.5", "-0.25") for line in ramp()]
    lut = parse("LUT_3D_SIZE 3", "DOMAIN_MIN 0 0 0", "DOMAIN_MAX 2 2 2", *table)
    assert lut.table.max() == 1.5 and lut.table.min() == -0.25
    assert lut(torch.full((1, 3, 1, 1), 2.0)).flatten().tolist() == [1.5] * 3


def test_curves_alone_and_curves_before_a_lattice_are_read():
    square = [f"{(i / 64) ** 2:.6f} " * 3 for i in range(65)]
    image = torch.rand(1, 3, 50, 1, generator=torch.Generator().manual_seed(0))
    alone = parse("LUT_1D_SIZE 65", *square)
    both = parse("LUT_1D_SIZE 65", "LUT_1D_INPUT_RANGE 0 1", "LUT_3D_SIZE 3", *square, *ramp())
    assert (alone(image) - image**2).abs().max() < 1e-3
    assert (both(image) - image**2).abs().max() < 1e-3


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        (["LUT_3D_SIZE 3", *ramp()[:5], "0 0 x", *ramp()[6:]], "line 7: 'x' is no number"),
        (["LUT_3D_SIZE 3", *ramp()[:5], "0 nan 0", *ramp()[6:]], "line 7: 'nan' is no number"),
        (["LUT_3D_SIZE 3", "0 0", *ramp()[1:]], "line 2: a colour is 3 numbers, here are 2"),
        (["LUT_3D_SIZE 3", *ramp()[:20]], "line 21: 27 colours are needed, there are 20"),
        (["LUT_3D_SIZE 3", *ramp(), "0 0 0"], "line 29: 27 colours are needed, there are 28"),
        (["LUT_3D_SIZE 900"], "line 1: LUT_3D_SIZE must be a whole number from 2 to 129"),
        (["LUT_3D_SIZE two"], "line 1: LUT_3D_SIZE must be"),
        (["DOMAIN_MIN 0 0", "LUT_3D_SIZE 3", *ramp()], "line 1: DOMAIN_MIN must be followed by 3"),
        (["LUT_3D_SIZE 3", "DOMAIN_MIN 1 1 1", *ramp()], "its domain is empty"),
        (["hello"], "look.cube is no .cube LUT"),
        ([""], "look.cube is no .cube LUT"),
        (["\0\1\2"], "look.cube is no .cube LUT"),
    ],
)
def test_a_broken_one_is_refused_in_one_sentence_with_its_line(lines, words):
    with pytest.raises(InputError) as error:
        parse(*lines)
    assert words in str(error.value) and "\n" not in str(error.value)


def test_a_missing_one_and_a_wrong_name_are_refused(tmp_path):
    with pytest.raises(InputError, match="cannot read .*No such file"):
        load_cube(tmp_path / "none.cube")
    with pytest.raises(InputError, match="end the name in .cube"):
        save_cube(plain_lut(identity(2)), tmp_path / "look.txt")
