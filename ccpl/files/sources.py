"""Which files a command works on."""

import os
from collections.abc import Collection, Iterator
from os.path import isdir, isfile  # for a name no file can have: False, not an error
from pathlib import Path
from typing import NamedTuple

from ccpl.errors import InputError
from ccpl.image import JPEG_XL, NOT_OPENED, READABLE, SUFFIXES, open_image
from ccpl.metadata import ANIMATED, CLIP_MARK, is_result

CLIPS = {
    ".mp4", ".m4v", ".mov", ".qt", ".mj2", ".3gp", ".3g2", ".mkv", ".webm", ".avi", ".divx",
    ".mpg", ".mpeg", ".mpe", ".vob", ".mod", ".tod", ".ts", ".mts", ".m2ts", ".m2t", ".tp", ".trp",
    ".ogv", ".ogm", ".wmv", ".asf", ".flv", ".f4v", ".dv", ".dif", ".mxf",
}  # fmt: skip
# Of a picture that is elsewhere: what raw files open as is a thumbnail.
ASIDE = {
    ".dng", ".cr2", ".cr3", ".nef", ".arw", ".orf", ".rw2", ".raf", ".pef", ".srw", ".thm",
    ".bak", ".orig", ".tmp", ".part", ".crdownload",
}  # fmt: skip
OF_THE_SYSTEM = {"thumbs.db", "desktop.ini"}
NAMED = 10  # files that are named when some are left out
CLIP_HEAD, CLIP_TAIL = 1 << 12, 1 << 6  # bytes of a clip; where one made here is marked


class Found(NamedTuple):
    """The files below a folder, but for hidden ones, in natural order."""

    taken: list[Path]
    others: list[Path]  # neither pictures nor clips
    results: list[Path]  # made by this project


def find_sources(contents: list[str]) -> Iterator[tuple[Path, Path]]:
    """Every picture and clip named, with its path below the folder it was found in.

    Raises:
        InputError: a folder holds neither.
    """
    for content in map(Path, contents):
        if not isdir(content):
            yield content, Path(content.name)
            continue
        found = _search(content)
        if not found.taken:
            raise InputError(f"there is no picture or clip in {content}; give another folder")
        yield from ((path, path.relative_to(content)) for path in found.taken)


def left_out(contents: list[str]) -> list[str]:
    """Sentences on what `find_sources` does not take of the folders."""
    found = [_search(folder) for folder in map(Path, contents) if isdir(folder)]
    others = [path.name for one in found for path in one.others]
    results = [path.name for one in found for path in one.results]
    said = (("not readable as pictures or clips", others), ("results of earlier runs", results))
    return [f"{len(names)} left out, {what}: {_listed(names)}" for what, names in said if names]


def is_clip(path: Path, target: Path | None = None) -> bool:
    """Whether a file is to become a clip.

    Animated pictures are, and whatever is no picture at all may be; but if the `target` is named
    as a picture, then of an animated one a picture is asked for.
    """
    picture_wanted = target is not None and target.suffix.lower() in SUFFIXES
    suffix = path.suffix.lower()
    try:
        with open_image(path) as image:
            moves = getattr(image, "n_frames", 1) > 1 and image.format in ANIMATED
            return moves and not picture_wanted
    except NOT_OPENED:
        unknown = suffix not in READABLE and not picture_wanted
        return isfile(path) and (suffix in CLIPS or unknown) and not _is_jpeg_xl(path)


def find_pictures(folder: str | Path) -> list[Path]:
    """Every picture file below a folder; see `find_files`."""
    return find_files(folder, READABLE)


def find_files(folder: str | Path, suffixes: Collection[str]) -> list[Path]:
    """Every file below a folder with one of these extensions, but for hidden ones.

    They are in natural order: 2 before 10.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise InputError(f"{folder} is not a folder; give one that holds pictures")
    return [path for path in _files(folder) if path.suffix.lower() in suffixes]


def _files(folder: Path) -> list[Path]:
    shown = (
        path
        for path in folder.rglob("*")
        if not any(part.startswith(".") for part in path.relative_to(folder).parts)
    )
    files = [path for path in shown if path.is_file() and path.name.lower() not in OF_THE_SYSTEM]
    return sorted(files, key=natural_key)


def _search(folder: Path) -> Found:
    found = Found([], [], [])
    for path in _files(folder):
        suffix = path.suffix.lower()
        if suffix in CLIPS:
            (found.results if _is_own_clip(path) else found.taken).append(path)
            continue
        try:
            with open_image(path) as image:
                known = suffix not in ASIDE and not path.name.endswith("~")
                made_here = is_result(image) or (image.format == "GIF" and _is_own_clip(path))
                mine = found.results if made_here else found.taken
                (mine if known else found.others).append(path)
        except NOT_OPENED:
            (found.taken if suffix in READABLE else found.others).append(path)
    return found


def _is_own_clip(path: Path) -> bool:
    return any(CLIP_MARK.encode() in end for end in _ends(path))


def _is_jpeg_xl(path: Path) -> bool:
    """Whether it is a picture that can be named, but not read."""
    return _ends(path)[0].startswith(JPEG_XL)


def _ends(path: Path) -> tuple[bytes, bytes]:
    """The beginning and the end of a file; nothing of one that cannot be read."""
    try:
        with path.open("rb") as file:
            head = file.read(CLIP_HEAD)
            file.seek(-min(CLIP_TAIL, path.stat().st_size), os.SEEK_END)
            return head, file.read()
    except OSError:
        return b"", b""


def _listed(names: list[str]) -> str:
    more = len(names) - NAMED
    return ", ".join(names[:NAMED]) + (f" and {more} more" if more > 0 else "")


def natural_key(path: Path) -> list[tuple[int, int, str]]:
    """Sort key that counts runs of digits as numbers."""
    runs: list[str] = []
    for char in str(path):
        if runs and char.isdigit() == runs[-1].isdigit():
            runs[-1] += char
        else:
            runs.append(char)
    return [(0, int(r), "") if r.isdecimal() else (1, 0, r) for r in runs]
