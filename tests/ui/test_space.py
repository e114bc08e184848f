"""The app with the environment of a Hugging Face Space."""

import json
from pathlib import Path

import httpx
import pytest

from ccpl.ui.app import serve


def test_a_space_listens_to_all_and_names_its_limits(
    examples: Path, monkeypatch: pytest.MonkeyPatch
):
    for name, value in {
        "SYSTEM": "spaces",
        "SPACE_ID": "someone/style-transfer",
        "GRADIO_SERVER_NAME": "0.0.0.0",
    }.items():
        monkeypatch.setenv(name, value)
    app, url = serve(device="cpu", examples=examples, block=False)
    try:
        config = httpx.get(f"{url}config").json()
        text = json.dumps(config)
        assert app.server_name == "0.0.0.0"
        assert "pictures up to 40 megapixels" in text and "clips up to 30 s" in text
        limits = [c["props"].get("info", "") for c in config["components"]]
        assert any("At most 2048 here" in (info or "") for info in limits)
    finally:
        app.close()
