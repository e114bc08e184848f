"""Tuned styles as Stylizers: by file, or as what a built-in style comes with."""

import functools
from pathlib import Path

from ccpl.colour.lut import Lut
from ccpl.device import pick_device
from ccpl.files.tuned import TUNED_DIR, Tuned, load_tuned, shipped
from ccpl.image import Picture, fingerprint, visible_part
from ccpl.look import Look
from ccpl.painting.stylizer import Stylizer


def tuned_stylizer(tuned: Tuned, device: str = "cpu") -> Stylizer:
    """A Stylizer that paints in the style that a network was tuned to."""
    return Stylizer(tuned.network, device=device, own=tuned.code)


def load_tuned_stylizer(path: Path, device: str = "auto") -> Stylizer:
    """The Stylizer of a file; the same one is loaded once, until the file is another.

    Raises:
        InputError: see `load_tuned`.
    """
    return _load(path, path.stat().st_mtime_ns, str(pick_device(device)))


@functools.lru_cache(maxsize=8)
def _load(path: Path, _: int, device: str) -> Stylizer:
    return tuned_stylizer(load_tuned(path), device)


def shipped_for(style: Picture | Lut, look: Look, *folders: Path) -> Path | None:
    """The tuned style that comes with the project for this picture and mode, if there is one.

    Args:
        folders: where to look before weights/tuned.
    """
    if look.arch != "lite" or look.transform != "sct" or isinstance(style, Lut):
        return None
    tables = [
        table for folder in dict.fromkeys((*folders, TUNED_DIR)) if (table := _shipped(folder))
    ]
    if not tables:
        return None
    key = look.mode, fingerprint(visible_part(style))
    return next((table[key] for table in tables if key in table), None)


@functools.lru_cache(maxsize=4)
def _shipped(folder: Path) -> dict[tuple[str, str], Path]:
    return {(facts.mode, facts.style): path for path, facts in shipped(folder)}
