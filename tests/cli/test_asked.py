"""What is asked for by flags that mean nothing together is refused in one sentence."""

import pytest
from PIL import Image

from app import define_stylize, stylize
from ccpl.cli.flags import Parser
from ccpl.colour.cube import save_cube
from ccpl.colour.lut import identity, plain_lut
from ccpl.errors import InputError


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("content", "style"):
        Image.new("RGB", (32, 32), "teal").save(f"{name}.png")
    save_cube(plain_lut(identity(2)), "film.cube")
    return tmp_path


def ask(*args):
    parser = Parser(prog="app.py")
    define_stylize(parser)
    return stylize(parser.parse_args(["content.png", *args]))


@pytest.mark.parametrize(
    ("args", "words"),
    [
        ("--lut a.cube --output a.png", "choose mode photo, not artistic"),
        ("--mode photo --lut a.txt", "end the name in .cube"),
        ("--lut-size 17 --output a.png", "--lut-size needs --lut"),
        ("--mode photo", "say where results go with --output"),
        ("--consistency lut --output a.mp4", "--consistency needs a clip and --mode photo"),
        ("--mode photo --consistency lut --output a.png", "needs a clip"),
        ("--style style.png --output a.png", "several styles are for the scenes of a clip"),
        ("--style style.png --second-style style.png --output a.png", "not both"),
        ("--mode photo --stroke-contrast 1 --output a.png", "--stroke-contrast needs mode art"),
        ("--mode photo --stroke-map style.png --output a.png", "--stroke-map needs mode artistic"),
        ("--stroke-contrast 0 --stroke-map style.png --output a.png", "--stroke-contrast above 0"),
    ],
)
def test_flags_that_mean_nothing_together_are_refused(folder, args, words):
    with pytest.raises(InputError) as error:
        ask("--style", "style.png", *args.split())
    assert words in str(error.value)


def test_a_lut_is_for_photo_mode_alone(folder):
    with pytest.raises(InputError, match="a .cube LUT is a look for mode photo, not artistic"):
        ask("--style", "film.cube", "--mode", "artistic", "--output", "a.png")


def test_a_map_of_strokes_is_taken(folder):
    Image.new("L", (8, 8), 255).save("fine.png")
    Image.effect_noise((300, 200), 60).convert("RGB").save("content.png")
    for name, *flags in (
        ("plain.png",),
        ("mapped.png", "--stroke-map", "fine.png"),
        ("finest.png", "--stroke-size", "0.5"),
    ):
        ask("--style", "style.png", *flags, "--output", name)
    plain, mapped, finest = (Image.open(f"{n}.png") for n in ("plain", "mapped", "finest"))
    assert mapped.tobytes() == finest.tobytes() != plain.tobytes()
