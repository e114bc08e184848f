"""Files are written whole or not at all: beside the target first, then renamed over it."""

import os
import secrets
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryFile

from ccpl.errors import InputError

MARK_LENGTH = 10  # letters by which a half-written file names its target


@contextmanager
def atomic_path(target: str | Path) -> Iterator[Path]:
    """An empty file to write to; it becomes `target` when the block ends well, else it is removed.

    Missing folders are made. The permissions are those of any new file of this user.

    Raises:
        InputError: the place cannot be written to, or the block met an OSError.
    """
    target = Path(target)
    part = part_path(target)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        part.touch(exist_ok=False)
        try:
            yield part
            os.replace(part, target)
        finally:
            part.unlink(missing_ok=True)
    except OSError as error:
        raise InputError(f"cannot write {target}: {error.strerror or error}") from None


def part_path(target: Path) -> Path:
    """A fresh hidden name beside a file, to write it under; `remove_parts` knows it again."""
    return target.with_name(f"{_mark(target)}{secrets.token_hex(4)}.part")


def remove_parts(targets: Iterable[Path]) -> None:
    """Remove what a killed process left of these files; nobody may be writing them."""
    marks: dict[Path, set[str]] = {}
    for target in targets:
        marks.setdefault(target.parent, set()).add(_mark(target))
    for folder, ours in marks.items():
        for part in folder.glob(".*.part"):
            if part.name[:MARK_LENGTH] in ours:
                part.unlink(missing_ok=True)


def _mark(target: Path) -> str:
    return f".{zlib.crc32(os.fsencode(target.name)):08x}-"


def write_atomically(target: str | Path, data: bytes) -> None:
    """Write `data` to a file; see `atomic_path`."""
    with atomic_path(target) as part:
        part.write_bytes(data)


def check_place(target: str | Path, *sources: str | Path | None) -> None:
    """Raise InputError unless a file can be written here that is none of those it is made from."""
    target = Path(target)
    try:
        there = target.exists()
        same = [s for s in sources if s and there and Path(s).exists() and target.samefile(s)]
    except (OSError, ValueError) as error:  # ValueError: a null character
        why = getattr(error, "strerror", None) or error
        raise InputError(f"cannot write {target}: {why}; choose another name") from None
    if same:
        raise InputError(f"the result would overwrite {same[0]}; choose another name")
    if there and not target.is_file():
        what = "a folder" if target.is_dir() else "no plain file"
        raise InputError(f"cannot write {target}: it is {what}; choose another name")
    if why := _unwritable(target.parent):
        raise InputError(f"cannot write {target}: {why}; choose another place")


def check_folder(folder: str | Path) -> None:
    """Raise InputError unless files can be written into a folder, which need not be there yet."""
    if why := _unwritable(Path(folder)):
        raise InputError(f"cannot write into {folder}: {why}; choose another folder")


def _unwritable(folder: Path) -> str | None:
    """Why no file can be made in a folder, or in the one that it would be made in."""
    try:
        nearest = next(filter(_is_there, (folder, *folder.parents)))
        if not nearest.is_dir():
            return f"{nearest} is no folder"
        with TemporaryFile(dir=nearest):  # permissions alone do not tell
            return None
    except (OSError, ValueError) as error:
        return str(getattr(error, "strerror", None) or error)


def _is_there(place: Path) -> bool:
    """Whether a name is taken, be it by a link to nowhere; other errors of the system pass."""
    try:
        os.lstat(place)
    except (FileNotFoundError, NotADirectoryError):
        return False
    return True
