"""The house keeps its order: imports point down, and only the front door talks.

Read from the syntax trees, so nothing is imported here.
"""

import ast
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
FLOORS = (
    (
        "atomic",
        "config",
        "device",
        "errors",
        "flow",
        "image",
        "look",
        "metadata",
        "oklab",
        "options",
        "srgb",
        "ssim",
        "termination",
    ),  # the ground, single files
    ("colour", "models"),
    ("files", "video"),
    ("painting",),
    ("cluster", "export", "training"),
    ("evaluation",),
    ("cli", "ui"),
    ("app",),
)  # from the bottom up


def name_of(path):
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {name_of(p): p for p in [*ROOT.glob("app.py"), *(ROOT / "ccpl").rglob("*.py")]}


def room(name):
    """The folder or the single file of the ground that a module belongs to."""
    if name == "ccpl":
        return "painting"  # the package itself offers the stylizer
    return name.removeprefix("ccpl.").partition(".")[0]


def floor(name):
    """How high its room lies."""
    return next(level for level, rooms in enumerate(FLOORS) if room(name) in rooms)


@cache
def tree(name):
    return ast.parse(MODULES[name].read_text(encoding="utf-8"))


@cache
def imports(name):
    """Every module `name` imports, anywhere in it, relative imports resolved."""
    found = set()
    package = name if MODULES[name].name == "__init__.py" else name.rpartition(".")[0]
    for node in ast.walk(tree(name)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                up = package.split(".")[: len(package.split(".")) - node.level + 1]
                base = ".".join([*up, base] if base else up)
            members = {f"{base}.{alias.name}" for alias in node.names}
            modules = members & MODULES.keys()
            found |= modules or {base}
            if len(modules) < len(members):
                found.add(base)
    return frozenset(found)


def own(name):
    return [n for n in imports(name) if n in MODULES]


@pytest.mark.parametrize("name", sorted(MODULES))
def test_imports_stay_in_the_room_or_point_down(name):
    for other in own(name):
        same = room(other) == room(name) or floor(name) == 0
        assert same or floor(other) < floor(name), f"{name} must not import {other}, see FLOORS"


def test_there_are_no_cycles():
    done, path = set(), []

    def visit(name):
        assert name not in path, f"cycle: {' -> '.join([*path, name])}"
        if name not in done:
            path.append(name)
            for other in own(name):
                visit(other)
            done.add(path.pop())

    for name in MODULES:
        visit(name)


@pytest.mark.parametrize("name", sorted(MODULES))
def test_only_the_pages_know_gradio(name):
    known = {n.partition(".")[0] for n in imports(name)}
    assert "gradio" not in known or name.startswith("ccpl.ui")


@pytest.mark.parametrize("name", sorted(n for n in MODULES if n != "app"))
def test_nothing_in_the_package_prints_or_reads_the_command_line(name):
    if name.startswith("ccpl.ui"):
        return
    for node in ast.walk(tree(name)):
        assert not (isinstance(node, ast.Name) and node.id == "print"), f"{name} prints"
        reads = isinstance(node, ast.Attribute) and node.attr == "argv"
        assert not reads, f"{name} reads the command line"
    assert "argparse" not in imports(name) or name.startswith("ccpl.cli")


def closure(name):
    """Everything that gets loaded with a module of ours, packages above it included."""
    found, queue = set(), [name]
    while queue:
        name = queue.pop()
        parts = name.split(".")
        for module in {".".join(parts[: i + 1]) for i in range(len(parts))} - found:
            found.add(module)
            queue += imports(module) if module in MODULES else ()
    return found


@pytest.mark.parametrize(
    "name", ["ccpl.training.run", "ccpl.training.average", "ccpl.painting.stylizer", "ccpl.models"]
)
def test_training_and_models_load_neither_the_pages_nor_video(name):
    loaded = {n.partition(".")[0] for n in closure(name)}
    assert not {"gradio", "imageio", "imageio_ffmpeg"} & loaded
    assert not [n for n in closure(name) if n.startswith(("ccpl.ui", "ccpl.video"))]


def test_video_never_knows_a_model():
    for name in [n for n in MODULES if n.startswith("ccpl.video")]:
        assert not [n for n in own(name) if n.startswith(("ccpl.models", "ccpl.painting"))]


def test_no_file_is_longer_than_300_lines():
    for name, path in MODULES.items():
        assert len(path.read_text(encoding="utf-8").splitlines()) <= 300, name
