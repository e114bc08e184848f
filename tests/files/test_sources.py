"""Which files a command takes, and what it calls the results."""

from pathlib import Path

import pytest

from ccpl.errors import InputError
from ccpl.files.sources import find_sources, is_clip, name_results
from ccpl.look import Look

PHOTO = Look(mode="photo")


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


def test_results_are_named_after_mode_and_kind(folder):
    names = [p.name for p in name_results([str(folder)], Path("out"), PHOTO)]
    assert names == [
        "2-photo.png", "2-photo-2.png", "10-photo.png", "clip-photo.mp4", "moving-photo.mp4",
    ]  # fmt: skip


def test_results_tell_what_was_asked_for_and_clips_what_concerns_clips(folder):
    look = Look(mode="photo", strength=0.5, share=0.3, stabilize="flow")
    names = [p.name for p in name_results([str(folder)], Path("out"), look, ["second style"])]
    assert names[2:4] == [
        "10-photo-strength-0.5-share-0.3.png", "clip-photo-strength-0.5-flow-share-0.3.mp4",
    ]  # fmt: skip


def test_one_file_goes_where_it_is_told(folder):
    assert name_results([str(folder / "2.png")], Path("a/b.webp"), PHOTO) == [Path("a/b.webp")]
    into = name_results([str(folder / "2.png")], folder, PHOTO)
    assert into == [folder / "2-photo.png"]


def test_only_what_moves_is_a_clip(folder):
    assert [p.name for p in sorted(folder.iterdir()) if is_clip(p)] == [
        "clip.mp4",
        "moving.gif",
        "notes.txt",
    ]
    assert not is_clip(folder / "missing.mp4")


def test_an_empty_folder_is_an_error(tmp_path):
    with pytest.raises(InputError, match="no picture or clip"):
        list(find_sources([str(tmp_path)]))
