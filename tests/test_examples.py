"""The built-in pictures: all there, of sane size, named, and painted the same every time."""

import importlib
import json
import subprocess
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from imageio_ffmpeg import get_ffmpeg_exe
from PIL import Image

EXAMPLES = Path(__file__).parents[1] / "examples"
NAMES = json.loads((EXAMPLES / "names.json").read_text(encoding="utf-8"))
STYLES, CONTENTS, CLIPS = (sorted(NAMES[kind]) for kind in ("styles", "contents", "clips"))


@pytest.fixture
def paint(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The script, imported as when it is run."""
    monkeypatch.syspath_prepend(str(EXAMPLES))
    return importlib.import_module("paint")


def pixels(path: Path) -> np.ndarray:
    with Image.open(path) as image:
        assert image.mode == "RGB"
        return np.asarray(image)


def test_there_are_enough_styles_contents_and_a_clip() -> None:
    assert len(STYLES) >= 14
    assert len(CONTENTS) >= 3
    assert len(CLIPS) >= 1


def test_names_are_unique_and_every_entry_says_what_it_is() -> None:
    entries = [entry for kind in NAMES.values() for entry in kind.values()]
    assert len({entry["name"] for entry in entries}) == len(entries)
    assert all(0 < len(entry["name"]) <= 30 and entry["about"].endswith(".") for entry in entries)


def test_folders_hold_exactly_the_named_files() -> None:
    for kind, slugs in [("styles", STYLES), ("contents", CONTENTS), ("clips", CLIPS)]:
        assert sorted(path.stem for path in (EXAMPLES / kind).iterdir()) == slugs


def test_script_paints_exactly_the_named_pictures(paint: ModuleType) -> None:
    assert [sorted(d) for d in (paint.STYLES, paint.CONTENTS, paint.CLIPS)] == [
        STYLES,
        CONTENTS,
        CLIPS,
    ]


def test_readme_lists_every_file_by_its_name() -> None:
    text = (EXAMPLES / "README.md").read_text(encoding="utf-8")
    for kind, entries in NAMES.items():
        for slug, entry in entries.items():
            assert f"{kind}/{slug}." in text
            assert entry["name"] in text


@pytest.mark.parametrize("slug", STYLES)
def test_style_is_square_light_in_bytes_and_rich_in_tone(slug: str) -> None:
    path = EXAMPLES / "styles" / f"{slug}.jpg"
    picture = pixels(path)
    assert picture.shape == (640, 640, 3)
    assert path.stat().st_size < 250_000
    low, high = np.percentile(picture.mean(-1), [2, 98])
    assert high - low > 90


@pytest.mark.parametrize("slug", CONTENTS)
def test_content_is_three_by_two_and_light_in_bytes(slug: str) -> None:
    path = EXAMPLES / "contents" / f"{slug}.jpg"
    assert pixels(path).shape == (640, 960, 3)
    assert path.stat().st_size < 300_000


@pytest.mark.parametrize("slug", CLIPS)
def test_clip_has_picture_and_sound_that_browsers_play(slug: str) -> None:
    path = EXAMPLES / "clips" / f"{slug}.mp4"
    assert path.stat().st_size < 1_200_000
    command = [get_ffmpeg_exe(), "-hide_banner", "-i", str(path), "-f", "null", "-"]
    report = subprocess.run(command, capture_output=True, text=True, check=True).stderr
    assert "h264" in report and "yuv420p" in report and "640x360" in report
    assert "aac" in report
    assert "Duration: 00:00:03.0" in report
    head = path.read_bytes()
    assert head.index(b"moov") < head.index(b"mdat")


@pytest.mark.parametrize("slug", ["fir-woodcut", "marbled-paper", "misty-peaks"])
def test_style_is_painted_the_same_twice(paint: ModuleType, slug: str) -> None:
    first, second = paint.STYLES[slug](64), paint.STYLES[slug](64)
    assert first.shape == (64, 64, 3)
    assert np.array_equal(first, second)
    assert first.min() >= 0 and first.max() <= 1 and first.std() > 0.05


def test_content_is_rendered_at_the_size_asked_for(paint: ModuleType) -> None:
    picture = paint.CONTENTS["window-still-life"](48, 32)
    assert picture.shape == (32, 48, 3)
    assert picture.min() >= 0 and picture.max() <= 1 and picture.std() > 0.05


def test_saving_lowers_the_quality_until_the_file_fits(paint: ModuleType, tmp_path: Path) -> None:
    noise = np.random.default_rng(0).random((64, 64, 3))
    paint.save_jpeg(noise, tmp_path / "new" / "noise.jpg", 7_000)
    assert (tmp_path / "new" / "noise.jpg").stat().st_size < 7_000
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["noise.jpg"]


def test_unknown_picture_is_named_in_the_error(
    paint: ModuleType, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        paint.main(["nothing-like-that"])
    error = capsys.readouterr().err
    assert "nothing-like-that" in error and "koi-mosaic" in error
