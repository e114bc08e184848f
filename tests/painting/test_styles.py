"""Styles as people give them: pictures, LUTs, and lists of them for the scenes of a clip."""

import pytest
from PIL import Image

from ccpl.colour.cube import save_cube
from ccpl.colour.lut import Lut, identity, plain_lut
from ccpl.errors import InputError
from ccpl.painting.styles import load_scene_styles, load_style, style_of_scene


@pytest.fixture
def styles(tmp_path, picture):
    picture(32, 32).save(tmp_path / "day.png")
    picture(32, 32, 1).save(tmp_path / "dusk.png")
    save_cube(plain_lut(identity(2)), tmp_path / "film.CUBE")
    return tmp_path


def test_a_file_is_a_picture_or_a_lut(styles):
    assert isinstance(load_style(styles / "day.png"), Image.Image)
    assert isinstance(load_style(styles / "film.CUBE"), Lut)


def test_styles_follow_the_scenes_and_the_last_one_holds(styles):
    found = load_scene_styles([styles / "day.png", styles / "dusk.png"])
    names = [style_of_scene(found, number, 9.0 * number).name for number in range(4)]
    assert names == ["day", "dusk", "dusk", "dusk"]


def test_a_csv_says_when_each_begins(styles):
    table = styles / "cues.csv"
    table.write_text("start,style\n# morning\n0, day.png\n\n1:02.5, film.CUBE\n", "utf-8-sig")
    found = load_scene_styles([table])
    assert [(style.start, style.name) for style in found] == [(0, "day"), (62.5, "film")]
    assert style_of_scene(found, 7, 62.5).name == "film"
    assert style_of_scene(found, 0, 62.0).name == "day"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("0 day.png", "line 1: expected a start and a style"),
        ("0,day.png\nsoon,dusk.png", "line 2: 'soon' is no time"),
        ("5,day.png\n5,dusk.png", "line 2: 5 does not come after"),
        ("0,none.png", "No such file"),
        ("\n", "holds no lines"),
    ],
)
def test_a_broken_csv_is_refused_with_its_line(styles, text, words):
    table = styles / "cues.csv"
    table.write_text(text)
    with pytest.raises(InputError, match=words):
        load_scene_styles([table])
    with pytest.raises(InputError, match="not both"):
        load_scene_styles([table, styles / "day.png"])
