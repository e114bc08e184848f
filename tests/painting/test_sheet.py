"""Contact sheets of looks: what is in a folder, named, and what cannot be used said."""

import numpy as np
import pytest
from PIL import Image

from ccpl import InputError, Look
from ccpl.colour.cube import save_cube
from ccpl.colour.lut import identity, plain_lut
from ccpl.config import VideoConfig
from ccpl.files.sheets import CAPTION, GAP, Captioned, captioned_sheet
from ccpl.painting.requests import Host, Inputs, stylize_picture
from ccpl.painting.sheet import SIDE, frame_of, looks_in, make_sheet

HOST = Host(device="cpu")


@pytest.fixture
def folder(tmp_path, picture):
    folder = tmp_path / "looks"
    folder.mkdir()
    picture(32, 48, 1).save(folder / "dusk.jpg")
    save_cube(plain_lut(1 - identity(2)), folder / "invert.cube")
    (folder / "broken.png").write_bytes(b"no picture")
    (folder / "notes.txt").write_text("no look")
    return folder


def drain(steps):
    done = []
    while True:
        try:
            done.append(next(steps))
        except StopIteration as end:
            return done, end.value


def cell(sheet, row, column, width, height):
    left, top = column * (width + 2 * GAP) + GAP, row * (height + CAPTION + 2 * GAP) + GAP
    return np.asarray(sheet.crop((left, top, left + width, top + height)), int)


def test_every_look_of_a_folder_is_painted_and_what_is_none_is_named(folder, picture):
    assert [path.name for path in looks_in(folder)] == ["broken.png", "dusk.jpg", "invert.cube"]
    content, look = picture(60, 120), Look(mode="photo")
    steps, (sheet, notes) = drain(make_sheet(HOST, content, looks_in(folder), look))
    assert [step.done for step in steps] == [2, 3] and steps[0].total == 3
    assert len(notes) == 1 and "broken.png" in notes[0]
    width, height = SIDE, SIDE // 2
    large = content.resize((width, height), Image.Resampling.LANCZOS)
    first = cell(sheet, 0, 0, width, height)
    assert np.abs(first - np.asarray(large)).max() <= 1
    style = Image.open(folder / "dusk.jpg").convert("RGB")
    painted = stylize_picture(HOST, content, Inputs([style]), look).stylized
    wanted = np.asarray(painted.resize((width, height), Image.Resampling.LANCZOS), int)
    second = cell(sheet, 0, 1, width, height)
    right = slice(width // 3, None)  # beside the reference in the corner
    assert np.abs(second[:, right] - wanted[:, right]).max() <= 1
    assert np.abs(second - wanted)[-20:, :20].mean() > 5
    last = cell(sheet, 1, 0, width, height)
    assert np.abs(last - (255 - np.asarray(large, int))).max() <= 2


def test_names_stand_below_and_long_ones_are_cut():
    black = Image.new("RGB", (40, 40))
    items = [Captioned("a", black), Captioned("a very long name " * 9, black)]
    sheet = np.asarray(captioned_sheet(items, side=100).convert("L"))
    ink = [(sheet[104:, left + GAP : left + 100] < 128).any(0) for left in (0, 104)]
    assert 0 < ink[0].sum() < 20 < ink[1].sum()
    assert sheet.shape == (100 + CAPTION + 2 * GAP, 2 * (100 + 2 * GAP))


def test_the_look_that_cannot_be_used_is_named(folder, picture):
    looks = [folder / "dusk.jpg", folder / "invert.cube"]
    _, (_, notes) = drain(make_sheet(HOST, picture(8, 8), looks, Look(strength=0.0)))
    assert notes == ["invert.cube was left out: a .cube LUT is a look for mode photo, not artistic"]


@pytest.mark.parametrize("size", [(3000, 1), (1, 3000)])
def test_very_long_pictures_have_a_sheet(size):
    items = [Captioned("a", Image.new("RGB", size), Image.new("RGB", (40, 30)))] * 3
    columns, rows = (1, 3) if size[0] > 1 else (3, 1)
    width, height = (max(1, round(n / 30)) for n in size)
    wanted = (columns * (width + 2 * GAP), rows * (height + CAPTION + 2 * GAP))
    sheet = captioned_sheet(items, side=100)
    assert sheet.size[0] * sheet.size[1] >= wanted[0] * wanted[1]


def test_a_folder_without_looks_is_one_sentence(tmp_path, folder, picture):
    with pytest.raises(InputError, match="there is no picture and no .cube LUT in"):
        looks_in(tmp_path)
    with pytest.raises(InputError, match="cannot read"):
        looks_in(tmp_path / "none")
    broken = [folder / "broken.png"]
    with pytest.raises(InputError, match="none of the looks can be used; .*broken.png"):
        drain(make_sheet(HOST, picture(8, 8), broken, Look()))


def test_a_frame_of_a_clip_is_shown_as_it_is(tmp_path, picture):
    frames = [picture(40, 60, seed) for seed in range(3)]
    path = tmp_path / "clip.gif"
    frames[0].save(path, save_all=True, append_images=frames[1:], duration=100)
    shown = np.asarray(frame_of(HOST, path, VideoConfig(), 0.1), int)
    assert np.abs(shown - np.asarray(frames[1])).mean() < 12  # a GIF has 256 colours
    assert np.abs(shown - np.asarray(frames[0])).mean() > 30
