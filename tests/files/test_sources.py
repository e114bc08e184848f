"""Which files a command takes."""

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from pillow_heif import from_pillow

from ccpl.errors import InputError
from ccpl.files.sources import find_sources, is_clip, left_out
from ccpl.image import JPEG_XL, save_image
from ccpl.video import VideoWriter


@pytest.fixture
def folder(tmp_path, picture):
    picture(8, 8).save(tmp_path / "2.png")
    picture(8, 8).save(tmp_path / "10.png")
    picture(8, 8).save(tmp_path / "2.jpg")
    frames = [picture(8, 8, seed) for seed in range(3)]
    frames[0].save(tmp_path / "moving.gif", save_all=True, append_images=frames[1:])
    (tmp_path / "clip.mp4").write_bytes(b"whatever it is")
    (tmp_path / "notes.txt").write_text("no")
    return tmp_path


def test_a_folder_gives_its_pictures_and_clips_in_natural_order(folder):
    names = [below.name for _, below in find_sources([str(folder)])]
    assert names == ["2.jpg", "2.png", "10.png", "clip.mp4", "moving.gif"]


def test_only_what_moves_is_a_clip(folder):
    assert [p.name for p in sorted(folder.iterdir()) if is_clip(p)] == [
        "clip.mp4",
        "moving.gif",
        "notes.txt",
    ]
    assert not is_clip(folder / "missing.mp4")


@pytest.fixture
def phone(tmp_path, picture):
    """A folder as it comes from a phone, a camera and a browser."""
    for name in ("a.jfif", "b.jpe", "c.JPG", "noname", "old.jpg~"):
        picture(8, 8).save(tmp_path / name, "JPEG")
    heif = from_pillow(picture(8, 8))
    heif.save(tmp_path / "d.heic")
    picture(8, 8).save(tmp_path / "e.jp2")
    for name in ("f.mts", "g.3gp", "h.wmv", "i.flv", "j.dv", "k.vob"):
        (tmp_path / name).write_bytes(b"whatever it is")
    (tmp_path / ".trash").mkdir()
    for name in ("._c.jpg", ".trash/x.jpg"):
        picture(8, 8).save(tmp_path / name)
    (tmp_path / "photo.jxl").write_bytes(b"\xff\x0a" + bytes(20))
    (tmp_path / "notes.txt").write_text("no")
    (tmp_path / "Thumbs.db").write_text("no")
    return tmp_path


def test_a_folder_gives_whatever_the_readers_take_and_names_the_rest(phone):
    taken = [below.name for _, below in find_sources([str(phone)])]
    assert taken == [
        "a.jfif", "b.jpe", "c.JPG", "d.heic", "e.jp2", "f.mts", "g.3gp", "h.wmv", "i.flv", "j.dv",
        "k.vob", "noname",
    ]  # fmt: skip
    assert left_out([str(phone)]) == [
        "3 left out, not readable as pictures or clips: notes.txt, old.jpg~, photo.jxl"
    ]


def test_of_many_left_out_a_few_are_named(tmp_path):
    for n in range(14):
        (tmp_path / f"{n}.txt").write_text("no")
    (sentence,) = left_out([str(tmp_path)])
    assert sentence.startswith("14 left out") and sentence.endswith("8.txt, 9.txt and 4 more")


@pytest.mark.parametrize("suffix", ["png", "jpg", "webp", "tif"])
def test_own_pictures_are_not_taken_again(tmp_path, picture, suffix):
    picture(8, 8).save(tmp_path / "a.png")
    save_image(picture(8, 8), tmp_path / f"a-photo.{suffix}", settings={"Software": "ccpl 1.2"})
    assert [below.name for _, below in find_sources([str(tmp_path)])] == ["a.png"]
    assert left_out([str(tmp_path)]) == [f"1 left out, results of earlier runs: a-photo.{suffix}"]
    named = str(tmp_path / f"a-photo.{suffix}")
    assert [path.name for path, _ in find_sources([named])] == [f"a-photo.{suffix}"]


def test_own_clips_are_not_taken_again(tmp_path):
    frame = np.zeros((16, 16, 3), np.uint8)
    with VideoWriter(tmp_path / "a.mp4", size=(16, 16), rate=Fraction(10)) as writer:
        writer.write(frame)
    (tmp_path / "b.mp4").write_bytes(b"another")
    assert [below.name for _, below in find_sources([str(tmp_path)])] == ["b.mp4"]


def test_own_animations_are_not_taken_again(tmp_path, picture):
    picture(16, 16).save(tmp_path / "a.gif")
    with VideoWriter(tmp_path / "a-photo.gif", size=(16, 16), rate=Fraction(10)) as writer:
        writer.write(np.zeros((16, 16, 3), np.uint8))
    assert [below.name for _, below in find_sources([str(tmp_path)])] == ["a.gif"]
    assert left_out([str(tmp_path)]) == ["1 left out, results of earlier runs: a-photo.gif"]


@pytest.mark.parametrize("kind", ["GIF", "PNG", "WEBP", "AVIF"])
def test_of_an_animation_a_picture_may_be_asked_for(tmp_path, picture, kind):
    path = tmp_path / f"a.{kind.lower()}"
    frames = [picture(8, 8, seed) for seed in range(3)]
    frames[0].save(path, kind, save_all=True, append_images=frames[1:])
    assert is_clip(path) and is_clip(path, Path("out.mp4")) and is_clip(path, Path("folder"))
    assert not is_clip(path, Path("out.png"))


@pytest.mark.parametrize("name", ["a.jxl", "a.psd", "a.heic", "a.jpg"])
def test_a_picture_nothing_reads_is_no_clip(tmp_path, name):
    (tmp_path / name).write_bytes(b"\xff\x0a" + bytes(20))
    assert not is_clip(tmp_path / name, Path("out.png"))


@pytest.mark.parametrize("head", JPEG_XL)
@pytest.mark.parametrize("name", ["a.jxl", "a", "a.mov"])
def test_jpeg_xl_is_no_clip_whatever_its_name(tmp_path, name, head):
    (tmp_path / name).write_bytes(head + bytes(20))
    assert not is_clip(tmp_path / name) and not is_clip(tmp_path / name, Path("out.mp4"))


def test_a_name_no_file_can_have_is_neither_file_nor_folder():
    name = "n" * 300 + ".mp4"
    assert [path.name for path, _ in find_sources([name])] == [name]
    assert not is_clip(Path(name))


def test_an_empty_folder_is_an_error(tmp_path):
    with pytest.raises(InputError, match="no picture or clip"):
        list(find_sources([str(tmp_path)]))
