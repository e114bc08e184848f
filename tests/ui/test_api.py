"""The endpoints, as a Python client uses them."""

import functools
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import numpy as np
import pytest
from gradio.utils import get_function_description
from gradio_client import Client, handle_file
from gradio_client.exceptions import AppError
from PIL import Image
from visitor import Files

from ccpl.look import look_options
from ccpl.painting.shipped import load_stylizer
from ccpl.ui.app import build_app
from ccpl.video import probe


@pytest.fixture(scope="module")
def client(url: str, tmp_path_factory: pytest.TempPathFactory) -> Client:
    """A client of the running app."""
    return Client(url, verbose=False, download_files=str(tmp_path_factory.mktemp("results")))


def test_only_the_four_endpoints_are_public_and_documented(client: Client):
    api = client.view_api(return_format="dict")["named_endpoints"]
    assert set(api) == {"/stylize_image", "/stylize_video", "/compare", "/modes"}
    for name in ("/stylize_image", "/stylize_video", "/compare"):
        parameters = api[name]["parameters"]
        required = [p for p in parameters if not p["parameter_has_default"]]
        assert len(required) == 1, name
        assert [p["parameter_name"] for p in parameters[1:2]] == ["style"]
        assert api[name]["description"]


@pytest.mark.parametrize(
    ("name", "given"),
    [
        ("/stylize_image", ["second style", "mask", "photo", "painting", "transform", "optimize"]),
        ("/stylize_video", ["second style", "mask", "photo", "painting", "transform", "clip"]),
        ("/compare", []),
    ],
)
def test_every_option_of_a_look_is_a_parameter_with_its_default_and_help(
    client: Client, name: str, given: list
):
    api = client.view_api(return_format="dict")["named_endpoints"][name]
    parameters = {p["parameter_name"]: p for p in api["parameters"]}
    for item in look_options(given):
        if "clip" in given and item.facts.get("stills"):
            assert item.name not in parameters
            continue
        parameter = parameters[item.name]
        assert parameter["parameter_has_default"], item.name
        assert parameter["parameter_default"] == item.default, item.name
        assert item.help in parameter["label"], item.name


def test_what_agents_are_shown_describes_every_parameter(examples: Path):
    app = build_app(device="cpu", examples=examples)
    for call in app.fns.values():
        if call.api_visibility == "public":
            summary, parameters, _ = get_function_description(call.fn)
            assert summary.endswith(".")
            assert [name for name, text in parameters.items() if not text] == [], call.api_name


def test_a_second_style_and_a_mask_are_taken(client: Client, files: Files, tmp_path: Path):
    mask = Image.new("L", (97, 64))
    mask.paste(255, (0, 0, 40, 64))
    mask.save(tmp_path / "mask.png")
    result = client.predict(
        handle_file(files.content),
        handle_file(files.style),
        second_style_name="moonlit-bay",
        share=0.3,
        mask=handle_file(tmp_path / "mask.png"),
        region="outside",
        api_name="/stylize_image",
    )
    with Image.open(result) as image:
        assert image.info["Style"] == "own picture + Moonlit Bay"
        assert image.info["Share of the second style"] == "0.3"
        after, before = np.asarray(image), np.asarray(Image.open(files.content))
    assert np.array_equal(after[:, :36], before[:, :36])
    assert not np.array_equal(after[:, 44:], before[:, 44:])


def test_a_map_of_strokes_is_taken(client: Client, files: Files, tmp_path: Path):
    Image.new("L", (8, 8), 0).save(tmp_path / "broad.png")
    asked = {"style": handle_file(files.style), "api_name": "/stylize_image"}
    broad = handle_file(tmp_path / "broad.png")
    mapped = client.predict(handle_file(files.content), stroke_map=broad, **asked)
    broadest = client.predict(handle_file(files.content), stroke_size=2.0, **asked)
    with Image.open(mapped) as one, Image.open(broadest) as other:
        assert np.array_equal(np.asarray(one), np.asarray(other))


def test_two_styles_are_compared_in_one_mode(client: Client, files: Files):
    first, second, none, figures = client.predict(
        handle_file(files.content),
        style_name="red-sun-wave",
        second_style_name="moonlit-bay",
        mode="photo",
        max_side=48,
        api_name="/compare",
    )
    assert [Image.open(picture).info["Mode"] for picture in (first, second)] == ["photo"] * 2
    assert none is None
    assert set(figures) == {"Red Sun Wave", "Moonlit Bay"}


def test_an_image_comes_back_full_size_and_lossless(client: Client, files: Files):
    result = client.predict(
        handle_file(files.content), handle_file(files.style), api_name="/stylize_image"
    )
    with Image.open(result) as image:
        assert (image.format, image.size) == ("PNG", (97, 64))
        assert image.info["Strength"] == "1"


def test_strength_0_returns_the_picture_and_a_built_in_style_goes_by_name(
    client: Client, files: Files
):
    result = client.predict(
        handle_file(files.content), style_name="moonlit-bay", strength=0, api_name="/stylize_image"
    )
    assert np.array_equal(np.asarray(Image.open(result)), np.asarray(Image.open(files.content)))


def test_a_video_comes_back_as_mp4_of_the_same_length(client: Client, files: Files):
    result = client.predict(
        handle_file(files.clip),
        handle_file(files.style),
        mode="photo",
        start=0.5,
        end=1.5,
        api_name="/stylize_video",
    )
    path = Path(result)
    info = probe(path)
    assert (info.width, info.height, path.suffix) == (96, 64, ".mp4")
    assert info.seconds == pytest.approx(1, abs=0.1)


@pytest.mark.parametrize("kind", ["image", "video"])
def test_the_architecture_asked_for_is_used(
    client: Client, files: Files, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
):
    load = functools.partial(load_stylizer, weights_dir=tmp_path)
    monkeypatch.setattr("ccpl.painting.requests.load_stylizer", load)
    source = handle_file(files.content if kind == "image" else files.clip)
    style = handle_file(files.style)
    with pytest.raises(AppError, match=r"vgg19\.photo\.safetensors is missing"):
        client.predict(source, style, mode="photo", arch="vgg19", api_name=f"/stylize_{kind}")


def test_compare_returns_three_pictures_and_their_figures(client: Client, files: Files):
    *pictures, figures = client.predict(
        handle_file(files.content), handle_file(files.style), api_name="/compare"
    )
    assert [Image.open(picture).size for picture in pictures] == [(97, 64)] * 3
    assert set(figures) == {"artistic", "photo", "perceptual"}
    assert set(figures["photo"]) == {"style", "gram", "content", "ssim", "milliseconds"}


def test_modes_lists_modes_and_styles(client: Client):
    answer = client.predict(api_name="/modes")
    assert answer["modes"] == list(answer["archs"]) == ["artistic", "photo", "perceptual"]
    assert all("lite" in archs for archs in answer["archs"].values())
    assert answer["styles"]["moonlit-bay"] == "an oil"


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"mode": "oil"}, "expected one of artistic, photo, perceptual"),
        ({"arch": "turbo"}, "expected one of lite, vgg19"),
        ({"strength": 2}, "strength must lie between 0 and 1"),
        ({"stroke_size": 9}, "stroke size must lie between"),
        ({"max_side": -5}, "longest side in pixels must be at least 1"),
        ({"style": None}, "give a style picture"),
        ({"style": None, "style_name": "../../etc"}, "unknown style"),
        ({"content": "text"}, "not a picture this app reads"),
    ],
)
def test_bad_input_is_answered_with_one_sentence(
    client: Client, files: Files, options: dict, sentence: str
):
    given = {"content": files.content, "style": files.style, **options}
    if given["content"] == "text":
        given["content"] = files.text
    for name in ("content", "style"):
        given[name] = handle_file(given[name]) if given[name] else None
    with pytest.raises(AppError) as error:
        client.predict(**given, api_name="/stylize_image")
    text = str(error.value)
    assert sentence.lower() in text.lower()
    assert "Traceback" not in text and tempfile.gettempdir() not in text


def test_a_broken_clip_is_answered_with_one_sentence(client: Client, files: Files):
    with pytest.raises(AppError, match="(?i)video|clip"):
        client.predict(handle_file(files.text), handle_file(files.style), api_name="/stylize_video")


def test_files_of_the_server_cannot_be_named_as_input(url: str, files: Files):
    named = [{"path": str(path), "meta": {"_type": "gradio.FileData"}} for path in files[:2]]
    call = httpx.post(f"{url}gradio_api/call/stylize_image", json={"data": named})
    answer = httpx.get(f"{url}gradio_api/call/stylize_image/{call.json()['event_id']}")
    assert "event: error" in answer.text
    assert ".png" not in answer.text


def test_eight_visitors_at_once_are_all_served(url: str, files: Files):
    def picture_size(number: int) -> tuple[int, int]:
        client = Client(url, verbose=False)
        mode = ("artistic", "photo", "perceptual")[number % 3]
        result = client.predict(
            handle_file(files.content), handle_file(files.style), mode, api_name="/stylize_image"
        )
        return Image.open(result).size

    with ThreadPoolExecutor(8) as visitors:
        assert list(visitors.map(picture_size, range(8))) == [(97, 64)] * 8
