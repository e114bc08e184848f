"""What the tabs are made of, without a browser."""

import functools
import shutil
from collections import Counter
from pathlib import Path

import gradio as gr
import numpy as np
import pytest
from PIL import Image
from visitor import Files

from ccpl.config import HOSTED, LOCAL, MODES
from ccpl.errors import InputError
from ccpl.files.weights import available_models
from ccpl.look import Look
from ccpl.options import options
from ccpl.painting.requests import Host, Inputs
from ccpl.painting.shipped import load_stylizer
from ccpl.ui.app import build_app, load_models
from ccpl.ui.builtin import EXAMPLES_DIR, load_library
from ccpl.ui.controls import LookControls, available_archs, control, optional_number
from ccpl.ui.jobs import result_name
from ccpl.ui.parts import limits_text, notice, read_picture, sentence
from ccpl.ui.region import painted_mask
from ccpl.ui.webcam import BUDGET, SIDES, Live, adapted_side, stylize_frame

HOST = Host(device="cpu")


def test_a_text_instead_of_a_picture_is_named_by_its_purpose(files: Files):
    with pytest.raises(InputError, match="the style picture is not a picture"):
        read_picture(str(files.text), "style", LOCAL)


def test_a_picture_beyond_the_limits_is_refused(tmp_path: Path):
    path = tmp_path / "wide.png"
    Image.new("1", (8000, 6000)).save(path)
    with pytest.raises(InputError, match="the content picture has 48 megapixels, the limit is 40"):
        read_picture(str(path), "content", HOSTED)


def test_the_limits_of_a_space_are_spelled_out():
    pictures, clips = limits_text(HOSTED), limits_text(HOSTED, clips=True)
    assert all(part in pictures for part in ("40 megapixels", "200 MB", "2048 px"))
    assert all(part in clips for part in ("clips up to 30 s", "200 MB", "2048 px"))
    assert "clips" not in pictures and "pictures" not in clips


def test_notices_are_escaped_and_errors_are_alerts():
    assert notice("<b>", "error") == '<p class="notice error" role="alert">&lt;b&gt;</p>'
    assert sentence("strength is wrong") == "Strength is wrong."


def test_weights_that_were_not_imported_are_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    load = functools.partial(load_stylizer, weights_dir=tmp_path)
    monkeypatch.setattr("ccpl.painting.requests.load_stylizer", load)
    with pytest.raises(InputError, match="vgg19.photo.safetensors is missing; make it with"):
        HOST.stylizer(Look(mode="photo", arch="vgg19"))


@pytest.fixture
def models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A weight folder for the app with an (empty) lite file for every mode."""
    for mode in MODES:
        (tmp_path / f"lite.{mode}.safetensors").touch()
    listed = functools.partial(available_models, tmp_path)
    monkeypatch.setattr("ccpl.ui.controls.available_models", listed)
    return tmp_path


def engines(examples: Path) -> list[list[tuple[str, str]]]:
    blocks = build_app(device="cpu", examples=examples).blocks.values()
    return [b.choices for b in blocks if isinstance(b, gr.Radio) and b.label == "Engine"]


def test_engines_can_be_chosen_on_every_tab_but_the_live_one_once_imported(
    models: Path, examples: Path
):
    (models / "vgg19.photo.safetensors").touch()
    assert engines(examples) == [[("Fast", "lite"), ("Quality", "vgg19")]] * 3
    assert available_archs() == {
        "artistic": ["lite"],
        "photo": ["lite", "vgg19"],
        "perceptual": ["lite"],
    }


def test_with_the_shipped_weights_no_engine_is_asked_for(models: Path, examples: Path):
    assert engines(examples) == []
    assert available_archs() == {mode: ["lite"] for mode in MODES}


def drawing(*corner: int) -> dict:
    layer = np.zeros((20, 30, 4), np.uint8)
    layer[: corner[0], : corner[1], 3] = 255
    return {"background": None, "layers": [Image.fromarray(layer)], "composite": None}


def test_the_mask_is_what_was_painted():
    mask = painted_mask(drawing(5, 6))
    assert (mask.getpixel((0, 0)), mask.getpixel((29, 19))) == (255, 0)


@pytest.mark.parametrize("value", [None, {"layers": []}, drawing(0, 0)])
def test_nothing_painted_means_the_whole_picture(value):
    assert painted_mask(value) is None


def labels(examples: Path) -> Counter[str]:
    """How often each label stands on the page."""
    blocks = build_app(device="cpu", examples=examples).blocks.values()
    return Counter(b.label for b in blocks if isinstance(b, gr.components.Component))


def test_every_option_of_a_look_has_its_control(models: Path, examples: Path):
    for name in ("vgg19.photo", "lite.artistic.wct"):
        (models / f"{name}.safetensors").touch()
    found = labels(examples)
    assert [item.name for item in options(Look) if not found[item.label]] == []


def test_a_control_is_what_its_field_says():
    with gr.Blocks():
        parts = {item.name: control(item) for item in options(Look)}
    for item in options(Look):
        part = parts[item.name]
        value = None if part.value == "" else part.value
        assert (part.label, part.info, value) == (item.label, item.help, item.default)
        if item.choices:
            assert [choice for _, choice in part.choices] == list(item.choices)
    slider = parts["stroke_size"]
    assert (type(slider), slider.minimum, slider.maximum) == (gr.Slider, 0.25, 4)


def test_controls_ask_for_the_look_of_their_values():
    with gr.Blocks():
        controls = LookControls(HOSTED)
        controls.place("strength")
        controls.place("region")
        side = controls.place("max_side")
    assert controls.look([0.5, "outside", 300]) == Look(
        strength=0.5, region="outside", max_side=300
    )
    assert "At most 2048 here" in side.info
    with pytest.raises(InputError, match="strength must be a number"):
        controls.look([None, "inside", None])


def test_every_built_in_file_has_a_name_and_a_thumbnail(examples: Path):
    library = load_library(examples)
    names = [style.name for style in library.styles]
    assert names == ["Red Sun Wave", "Moonlit Bay", "Fauve Valley"]
    assert library.clips[0].thumbnail().size == library.contents[0].thumbnail().size
    assert library.style("Moonlit Bay").slug == "moonlit-bay"
    assert len(library.pairs()) == 1


def test_missing_examples_are_left_out(examples: Path, tmp_path: Path):
    shutil.copy(examples / "names.json", tmp_path)
    library = load_library(tmp_path)
    assert library.styles == library.contents == library.clips == ()


def test_the_shipped_styles_are_at_least_twelve():
    assert len(load_library(EXAMPLES_DIR).styles) >= 12


def test_the_resolution_follows_the_machine():
    assert adapted_side(384, BUDGET * 2) < 384 < adapted_side(384, BUDGET / 3)
    assert adapted_side(384, BUDGET) == 384
    assert adapted_side(SIDES[0], 9.0) == SIDES[0]
    assert adapted_side(SIDES[-1], 0.001) == SIDES[-1]


def test_mode_style_and_strength_change_while_the_camera_runs(files: Files):
    frame, style = Image.open(files.content), str(files.style)
    first, live = stylize_frame(HOST, frame, style, Look(), 64, Live())
    painter = live.painter
    same, live = stylize_frame(HOST, frame, style, Look(strength=0.0), 64, live)
    assert live.painter is painter
    other, live = stylize_frame(HOST, frame, style, Look(mode="photo"), 64, live)
    assert live.painter is not painter
    assert max(first.size) == 64
    assert not np.array_equal(first, same)
    assert live.fps > 0


def test_models_load_without_any_one_weight_file(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    def missing(mode: str, **_: object) -> None:
        raise InputError(f"the weight file lite.{mode}.safetensors is missing")

    monkeypatch.setattr("ccpl.painting.requests.load_stylizer", missing)
    load_models("cpu")
    assert "lite.photo.safetensors is missing" in caplog.text
    with pytest.raises(InputError, match="unknown device"):
        load_models("abacus")


def test_results_are_named_after_what_they_were_made_of():
    style = Image.new("RGB", (8, 8))
    inputs = Inputs([style], names=["Red Sun Wave"])
    look = Look(mode="photo", strength=0.5)
    name = result_name("/somewhere/My Photo (1).JPG", inputs, look, ".png")
    assert name == "my-photo-1-red-sun-wave-photo-strength-0.5.png"


def test_a_number_may_be_left_empty():
    with gr.Blocks():
        number = optional_number(value=None, precision=0)
    assert number.value == "" and number.preprocess("") is None
    assert number.preprocess(7.0) == 7 and number.postprocess(None) == ""
