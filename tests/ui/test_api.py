"""The endpoints, as a Python client uses them."""

import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import numpy as np
import pytest
from gradio_client import Client, handle_file
from gradio_client.exceptions import AppError
from PIL import Image
from visitor import Files

from ccpl.painting.stylizer import Stylizer, load_stylizer
from ccpl.video import probe


@pytest.fixture(scope="module")
def client(url: str, tmp_path_factory: pytest.TempPathFactory) -> Client:
    """A client of the running app."""
    return Client(url, verbose=False, download_files=str(tmp_path_factory.mktemp("results")))


def test_only_the_four_endpoints_are_public_and_documented(client: Client):
    api = client.view_api(return_format="dict")["named_endpoints"]
    assert set(api) == {"/stylize_image", "/stylize_video", "/compare", "/modes"}
    for name, files in (("/stylize_image", 1), ("/stylize_video", 1), ("/compare", 2)):
        parameters = api[name]["parameters"]
        required = [p for p in parameters if not p["parameter_has_default"]]
        assert len(required) == files, name
        assert [p["parameter_name"] for p in parameters[1:2]] == ["style"]
        assert api[name]["description"]
    for name in ("/stylize_image", "/stylize_video"):
        last = api[name]["parameters"][-1]
        assert (last["parameter_name"], last["parameter_default"]) == ("arch", "lite")


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
    client: Client, files: Files, monkeypatch: pytest.MonkeyPatch, kind: str
):
    asked = []

    def load(mode: str, *, arch: str, device: str) -> Stylizer:
        asked.append((mode, arch))
        return load_stylizer(mode, device=device)

    monkeypatch.setattr("ccpl.ui.jobs.load_stylizer", load)
    source = handle_file(files.content if kind == "image" else files.clip)
    style = handle_file(files.style)
    client.predict(source, style, mode="photo", arch="vgg19", api_name=f"/stylize_{kind}")
    assert asked == [("photo", "vgg19")]


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
        ({"style_scale": 9}, "style scale must lie between"),
        ({"max_side": -5}, "longest side must be at least 1 pixel"),
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
