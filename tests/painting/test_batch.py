"""What a batch of files becomes, and what the results are called."""

from pathlib import Path

import pytest
from PIL import Image

from ccpl.config import VideoConfig
from ccpl.look import Look
from ccpl.painting.batch import Batch, Job, plan_jobs
from ccpl.painting.requests import Host, Inputs

PHOTO = Look(mode="photo")


@pytest.fixture
def folder(tmp_path, picture):
    picture(8, 8).save(tmp_path / "2.png")
    picture(8, 8).save(tmp_path / "10.png")
    picture(8, 8).save(tmp_path / "2.jpg")
    frames = [picture(8, 8, seed) for seed in range(3)]
    frames[0].save(tmp_path / "moving.gif", save_all=True, append_images=frames[1:])
    (tmp_path / "clip.mp4").write_bytes(b"whatever it is")
    return tmp_path


def test_results_are_named_after_mode_and_kind(folder):
    names = [job.target.name for job in plan_jobs([str(folder)], Path("out"), PHOTO)]
    assert names == [
        "2-photo.png", "2-photo-2.png", "10-photo.png", "clip-photo.mp4", "moving-photo.mp4",
    ]  # fmt: skip


def test_results_tell_what_was_asked_for_and_clips_what_concerns_clips(folder):
    look = Look(mode="photo", strength=0.5, share=0.3, stabilize="flow")
    inputs = Inputs([Image.new("RGB", (8, 8))] * 2, names=["Old Sea", "b"])
    names = [job.target.name for job in plan_jobs([str(folder)], Path("out"), look, inputs)]
    assert names[2:4] == [
        "10-old-sea-b-photo-strength-0.5-share-0.3.png",
        "clip-old-sea-b-photo-strength-0.5-flow-share-0.3.mp4",
    ]


def test_one_file_goes_where_it_is_told(folder):
    (job,) = plan_jobs([str(folder / "2.png")], Path("a/b.webp"), PHOTO)
    assert job == Job(folder / "2.png", Path("a/b.webp"), moves=False)
    (job,) = plan_jobs([str(folder / "2.png")], folder, PHOTO)
    assert job.target == folder / "2-photo.png"


@pytest.mark.parametrize("name", ["out.png", "out.gif"])
def test_the_name_of_a_result_tells_whether_an_animation_moves(folder, name):
    (job,) = plan_jobs([str(folder / "moving.gif")], folder / name, PHOTO)
    assert job.moves == (name == "out.gif")


def test_a_bad_file_is_a_sentence_and_the_others_are_done(folder, picture):
    batch = Batch(Host(device="cpu"), Inputs([picture(32, 32)]), Look(strength=0), VideoConfig())
    outcomes = [batch.run(job) for job in plan_jobs([str(folder)], folder / "out", PHOTO)]
    assert [done.problem is None for done in outcomes] == [True, True, True, False, True]
    assert "cannot read 'clip.mp4'" in outcomes[3].problem
    written = [done.job.target.exists() for done in outcomes]
    assert written == [True, True, True, False, True]


def test_a_style_is_never_overwritten(folder, picture):
    style = folder / "10.png"
    inputs = Inputs([picture(32, 32)])
    batch = Batch(Host(device="cpu"), inputs, PHOTO, VideoConfig(), files=(style,))
    done = batch.run(Job(folder / "2.png", style, moves=False))
    assert "would overwrite" in done.problem
    with Image.open(style) as image:
        assert image.size == (8, 8)


def test_clips_in_a_folder_get_a_format_that_holds_their_codec(tmp_path):
    (tmp_path / "a.mp4").touch()
    for codec, suffix in (
        ("h264", ".mp4"),
        ("hevc", ".mp4"),
        ("prores", ".mov"),
        ("dnxhr", ".mov"),
    ):
        (job,) = plan_jobs([str(tmp_path)], Path("out"), PHOTO, codec=codec)
        assert job.target.suffix == suffix
