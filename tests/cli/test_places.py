"""A place that cannot be written to is told before any work, by every command."""

import argparse

import pytest
from PIL import Image

from app import COMMANDS
from ccpl.errors import InputError


def run(line: str) -> int | None:
    """A command in this process."""
    name, *words = line.split()
    parser = argparse.ArgumentParser()
    define, command = COMMANDS[name]
    define(parser)
    return command(parser.parse_args(words))


@pytest.fixture
def here(tmp_path, monkeypatch):
    """A folder to run in, with a picture, a folder of pictures, a file and a README."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "many").mkdir()
    for name in ("a.png", "many/1.png", "many/2.png"):
        Image.new("RGB", (16, 16), "teal").save(name)
    (tmp_path / "file").touch()
    (tmp_path / "README.md").write_text("nothing to fill in\n")
    return tmp_path


@pytest.mark.parametrize(
    ("line", "work", "words"),
    [
        ("--stylize many --style a.png --output file", "ccpl.painting.batch.stylize_file", "file"),
        ("--stylize a.png --style a.png --output file", "ccpl.painting.batch.stylize_file", "file"),
        (
            "--stylize a.png --style a.png --mode photo --lut x.cube --output file/b.png",
            "ccpl.export.lut.fit_look",
            "file/b.png: file is no folder",
        ),
        (
            "--stylize a.png --style a.png --mode photo --lut file/x.cube",
            "ccpl.export.lut.fit_look",
            "file/x.cube: file is no folder",
        ),
        ("--compare a.png --style a.png --output file", "ccpl.evaluation.compare.compare", "file"),
        (
            "--contact-sheet a.png --style many --output file/a.png",
            "ccpl.cli.sheet.make_sheet",
            "file/a.png: file is no folder",
        ),
        ("--evaluate --output file", "ccpl.evaluation.quality._methods", "file is no folder"),
        ("--evaluate --readme none.md", "ccpl.evaluation.quality._methods", "check --readme"),
        ("--evaluate --readme README.md", "ccpl.evaluation.quality._methods", "<!-- quality -->"),
        ("--bench --output many", "ccpl.evaluation.speed.load_stylizer", "many: it is a folder"),
        ("--bench --readme README.md", "ccpl.evaluation.speed.load_stylizer", "<!-- speed -->"),
        (
            "--tune --style a.png --output file/a.safetensors",
            "ccpl.training.tune.run.Session",
            "file is no folder",
        ),
        ("--train --output-dir file", "ccpl.training.run.start_features", "file is no folder"),
        ("--distill --output many", "ccpl.training.distill.load_vgg", "many: it is a folder"),
        (
            "--average a.safetensors --output many",
            "ccpl.training.average.average_weights",
            "many: it is a folder",
        ),
        (
            "--import-official --vgg v --sct s --decoder d --output file/x",
            "ccpl.files.official.import_official",
            "file is no folder",
        ),
    ],
)
def test_a_place_that_cannot_be_is_told_before_any_work(here, monkeypatch, line, work, words):
    def begun(*args, **kwargs):
        raise AssertionError("work began")

    monkeypatch.setattr(work, begun)
    before = sorted(here.rglob("*"))
    with pytest.raises(InputError) as error:
        run(line)
    assert words in str(error.value) and "\n" not in str(error.value)
    assert sorted(here.rglob("*")) == before


def test_an_export_looks_for_its_folder_first(here, monkeypatch):
    module = pytest.importorskip("ccpl.export.onnx")
    monkeypatch.setattr(module, "load_stylizer", None)
    with pytest.raises(InputError, match="cannot write into file: file is no folder"):
        run("--export onnx --output file")


def test_a_comparison_overwrites_nothing_it_is_made_from(here):
    Image.new("RGB", (16, 16), "teal").save("a-photo.png")
    with pytest.raises(InputError, match="would overwrite a-photo.png"):
        run("--compare a.png --style a-photo.png --output .")
