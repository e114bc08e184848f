"""The README's examples are run as they stand."""

import re
import subprocess
import sys
from pathlib import Path

from PIL import Image

from ccpl.ui.builtin import EXAMPLES_DIR

ROOT = EXAMPLES_DIR.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")


def run(code: str, folder: Path) -> str:
    """Run code in a folder that has the pictures it names; returns what it prints."""
    for name in ("photo.jpg", "style.jpg"):
        Image.effect_noise((64, 48), 60).convert("RGB").save(folder / name)
    (folder / "examples").symlink_to(EXAMPLES_DIR)
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=folder,
        env={"PYTHONPATH": str(ROOT), "PATH": "", "HOME": str(folder)},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout


def test_the_client_example_gets_a_picture(url: str, tmp_path: Path):
    code = re.search(r"<!-- client -->\n```python\n(.*?)```", README, re.DOTALL).group(1)
    printed = run(code.replace("http://127.0.0.1:7860", url), tmp_path)
    with Image.open(printed.strip().splitlines()[-1]) as image:
        assert image.size == (960, 640)


def test_the_python_example_saves_a_picture(tmp_path: Path):
    code = re.search(r"```python\n(from PIL.*?)```", README, re.DOTALL).group(1)
    run(code, tmp_path)
    with Image.open(tmp_path / "result.png") as image:
        assert image.size == (64, 48)


def test_the_front_matter_is_a_complete_gradio_space():
    head = README.split("---")[1]
    for key in ("title", "sdk", "sdk_version", "python_version", "app_file", "license", "tags"):
        assert re.search(rf"^{key}:", head, re.MULTILINE), key
    assert re.search(r"^short_description: .{1,60}$", head, re.MULTILINE)
