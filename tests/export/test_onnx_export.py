"""`--export onnx` writes files that the README's lines run."""

import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from app import main
from ccpl import Look, load_stylizer
from ccpl.files.tuned import Tuned, TunedFacts, save_tuned
from ccpl.models import FixedCode, FixedPainter
from tests.conftest import ROOT, draw_picture, random_network

README = (ROOT / "README.md").read_text(encoding="utf-8")


@pytest.fixture
def pictures(tmp_path, monkeypatch) -> Path:
    """A folder with a photo and a style, which is the working folder."""
    Image.fromarray(draw_picture(60, 80)).save(tmp_path / "photo.jpg", quality=95)
    Image.fromarray(draw_picture(512, 512, 3)).save(tmp_path / "style.jpg", quality=95)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_readme_lines_paint_what_the_app_paints(pictures, capsys):
    assert main(["--export", "onnx", "--half"]) == 0
    printed = capsys.readouterr().out.split()
    assert printed == ["onnx/lite.artistic.style.onnx", "onnx/lite.artistic.picture.onnx"]
    code = re.search(r"<!-- onnx -->\n```python\n(.*?)```", README, re.DOTALL).group(1)
    assert len(code.split("\n\n", 1)[1].splitlines()) <= 10
    subprocess.run([sys.executable, "-c", code], check=True)
    photo, style = (Image.open(f"{name}.jpg") for name in ("photo", "style"))
    expected = load_stylizer(device="cpu", dtype="float32").stylize(
        photo, style, Look(strength=0.8)
    )
    with Image.open("result.png") as result:
        gap = np.abs(np.asarray(result, int) - np.asarray(expected, int))
    assert gap.max() <= 1


def test_a_baked_style_is_one_file_named_after_it(pictures, capsys):
    flags = ["--style", "style.jpg", "--size", "48x64", "--output", "out"]
    assert main(["--export", "onnx", *flags]) == 0
    assert capsys.readouterr().out.split() == ["out/lite.artistic.style.48x64.onnx"]
    assert [path.name for path in Path("out").iterdir()] == ["lite.artistic.style.48x64.onnx"]


def test_a_tuned_style_is_one_file_named_after_it(pictures, capsys, picture):
    painter = FixedPainter(random_network().config)
    facts = TunedFacts("rain", "artistic", "")
    save_tuned(Tuned(facts, painter, FixedCode(), picture(32, 32)), Path("rain.safetensors"))
    assert main(["--export", "onnx", "--tuned", "./rain.safetensors", "--size", "48x64"]) == 0
    assert capsys.readouterr().out.split() == ["onnx/lite.artistic.rain.48x64.onnx"]


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        (["--tuned", "rain"], "there is no tuned style 'rain'"),
        (["--size", "12"], "size must be dynamic or HxW"),
        (["--style", "none.jpg"], "cannot read none.jpg"),
    ],
)
def test_bad_input_is_one_sentence(pictures, capsys, flags, words):
    assert main(["--export", "onnx", *flags]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert words in line


def test_a_missing_runtime_is_one_sentence(pictures, capsys, monkeypatch):
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    for name in [name for name in sys.modules if name.startswith("ccpl.export.")]:
        if name != "ccpl.export.config":
            monkeypatch.delitem(sys.modules, name)
    assert main(["--export", "onnx"]) == 2
    assert "pip install -r requirements-export.txt" in capsys.readouterr().err
