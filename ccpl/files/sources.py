"""Which files a command works on, and where their results go."""

from collections.abc import Collection, Iterator
from pathlib import Path

from PIL import Image

from ccpl.errors import InputError
from ccpl.image import FORMATS, READABLE
from ccpl.look import Look, Need

CLIPS = {".mp4", ".mov", ".mkv", ".webm", ".avi", ".m4v", ".mpg", ".mpeg", ".ts", ".ogv", ".mxf"}


def find_sources(contents: list[str]) -> Iterator[tuple[Path, Path]]:
    """Every picture and clip named, with its path below the folder it was found in.

    Raises:
        InputError: a folder holds neither.
    """
    for content in map(Path, contents):
        if not content.is_dir():
            yield content, Path(content.name)
            continue
        found = find_files(content, READABLE | CLIPS)
        if not found:
            raise InputError(f"there is no picture or clip in {content}; give another folder")
        yield from ((path, path.relative_to(content)) for path in found)


def name_results(
    contents: list[str], output: Path, look: Look, given: Collection[Need] = ()
) -> list[Path]:
    """Where each result goes, in the order of `find_sources`.

    One file goes to `output` itself if that has an extension; else every result goes into the
    folder `output`, as <name>-<tag of the look>.png or .mp4, numbered where names meet.

    Args:
        given: what there is besides a picture and a style, see `Look.tag`.
    """
    single = len(contents) == 1 and not Path(contents[0]).is_dir()
    if single and output.suffix and not output.is_dir():
        return [output]
    names: list[Path] = []
    for source, below in find_sources(contents):
        moves = is_clip(source)
        suffix = ".mp4" if moves else ".png"
        tagged = f"{below.stem}-{look.tag([*given, 'clip'] if moves else given)}"
        name, count = tagged, 1
        while (path := output / below.with_name(name + suffix)) in names:
            count += 1
            name = f"{tagged}-{count}"
        names.append(path)
    return names


def is_clip(path: Path) -> bool:
    """Whether a file moves: animated pictures do, and whatever is no picture at all may."""
    try:
        with Image.open(path, formats=FORMATS) as image:
            return getattr(image, "n_frames", 1) > 1 and image.format in ("GIF", "PNG", "WEBP")
    except (OSError, ValueError, Image.DecompressionBombError):
        return path.suffix.lower() not in READABLE and path.is_file()


def find_pictures(folder: str | Path) -> list[Path]:
    """Every picture file below a folder; see `find_files`."""
    return find_files(folder, READABLE)


def find_files(folder: str | Path, suffixes: set[str]) -> list[Path]:
    """Every file below a folder with one of these extensions, in natural order (2 before 10)."""
    folder = Path(folder)
    if not folder.is_dir():
        raise InputError(f"{folder} is not a folder; give one that holds pictures")
    found = [p for p in folder.rglob("*") if p.suffix.lower() in suffixes and p.is_file()]
    return sorted(found, key=natural_key)


def natural_key(path: Path) -> list[tuple[int, int, str]]:
    """Sort key that counts runs of digits as numbers."""
    runs: list[str] = []
    for char in str(path):
        if runs and char.isdigit() == runs[-1].isdigit():
            runs[-1] += char
        else:
            runs.append(char)
    return [(0, int(r), "") if r.isdecimal() else (1, 0, r) for r in runs]
