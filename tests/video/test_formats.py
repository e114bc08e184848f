from fractions import Fraction
from pathlib import Path

import pytest
from PIL import Image

from ccpl.config import VideoConfig
from ccpl.errors import InputError
from ccpl.metadata import CLIP_MARK
from ccpl.video import probe
from ccpl.video.formats import CLIP_FORMATS, ClipFormat, Sound, clip_format


def test_an_extension_names_a_format_in_any_case():
    assert clip_format(Path("a.GIF")) is CLIP_FORMATS[".gif"]
    assert clip_format(Path("a.avi")) is None


def test_a_new_format_is_one_entry(clips, out, run, describe, monkeypatch):
    src = clips.make("a.mp4", "-vf", "setsar=2", sound=1)
    with pytest.raises(InputError, match=r"must end in \.mp4 or \.gif or"):
        run(src, out / "a.avi")
    entry = ClipFormat(
        "AVI",
        lambda picture: ["-c:v", "ffv1", "-f", "avi"],
        max_fps=10,
        square=True,
        sound=Sound(("flac",), ()),
    )
    monkeypatch.setitem(CLIP_FORMATS, ".avi", entry)
    result = run(src, out / "a.AVI", config=VideoConfig(end=0.5))
    info = probe(out / "a.AVI")
    assert (info.rate, info.width, info.height, info.audio) == (Fraction(25, 3), 192, 64, ("aac",))
    assert "ffv1" in describe(out / "a.AVI") and "AVI players" in " ".join(result.warnings)


def animation(path, picture, **options):
    frames = [picture(16, 24, seed) for seed in range(3)]
    frames[0].save(path, save_all=True, append_images=frames[1:], duration=100, **options)
    return path


@pytest.mark.parametrize(
    ("name", "asked", "repeats"),
    [
        ("a.gif", {}, None),
        ("a.gif", {"loop": 0}, 0),
        ("a.gif", {"loop": 4}, 4),
        ("a.webp", {"loop": 1}, None),
        ("a.webp", {"loop": 0}, 0),
        ("a.png", {"loop": 1}, None),
        ("a.png", {"loop": 3}, 2),  # shown three times
    ],
)
def test_an_animation_is_repeated_as_often_as_before(
    tmp_path, out, run, picture, name, asked, repeats
):
    run(animation(tmp_path / name, picture, **asked), out / "out.gif")
    with Image.open(out / "out.gif") as image:
        assert image.info.get("loop") == repeats and image.n_frames == 3


def test_a_clip_becomes_an_animation_without_end(clips, out, run):
    run(clips.make("a.mp4"), out / "a.gif")
    with Image.open(out / "a.gif") as image:
        assert image.info["loop"] == 0


def test_a_gif_is_marked_as_made_here_and_stays_whole(clips, out, run, decode):
    run(clips.make("a.mp4"), out / "a.gif")
    data = (out / "a.gif").read_bytes()
    assert data.endswith(CLIP_MARK.encode() + b"\0;")
    assert len(decode(out / "a.gif")) == 25
