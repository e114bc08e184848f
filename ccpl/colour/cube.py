"""Files of look-up tables: .cube, as Adobe specified it (Cube LUT Specification 1.0, 2013) and as
Resolve extends it: a 1D and a 3D table in one file, each with its range of inputs."""

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from ccpl.atomic import write_atomically
from ccpl.colour.lut import Curves, Lut, identity
from ccpl.errors import InputError

SUFFIX = ".cube"
LARGEST = 129  # points along a side of a 3D table
LONGEST = 65536  # points of a 1D table


@dataclass
class _Parts:
    """What the lines of a file have said so far."""

    name: str
    title: str = ""
    sizes: dict[str, int] = field(default_factory=dict)  # "1D", "3D"
    ranges: dict[str, list[float]] = field(default_factory=dict)  # MIN, MAX, 1D, 3D
    colours: list[list[str]] = field(default_factory=list)
    lines: list[int] = field(default_factory=list)  # where each colour stands

    def problem(self, line: int, text: str) -> InputError:
        return InputError(f"{self.name}, line {line}: {text}; export the LUT again")


def load_cube(path: str | Path) -> Lut:
    """Read a .cube file.

    Raises:
        InputError: it is missing or broken; the sentence names the line.
    """
    path = Path(path)
    try:
        data = path.read_bytes()
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or error
        raise InputError(f"cannot read {path}: {why}") from None
    return parse_cube(data, path.name)


def parse_cube(data: bytes, name: str) -> Lut:
    """The LUT in the bytes of a .cube file; see `load_cube`."""
    parts = _Parts(name)
    text = data.decode("utf-8-sig", "replace")
    for number, line in enumerate(text.splitlines(), 1):
        words = line.split()
        if not words or words[0].startswith("#"):
            continue
        if words[0][0].isalpha():
            _read_keyword(parts, number, words, line)
        else:
            parts.colours.append(words)
            parts.lines.append(number)
    if not parts.sizes:
        raise InputError(f"{name} is no .cube LUT: it says no LUT_3D_SIZE and no LUT_1D_SIZE")
    return _assemble(parts, _numbers(parts))


def _read_keyword(parts: _Parts, number: int, words: list[str], line: str) -> None:
    """One line that begins with a word; words that nobody specified are left alone."""
    key, values = words[0].upper(), words[1:]
    if key == "TITLE":
        parts.title = line.split(None, 1)[1].strip().strip('"') if values else ""
    elif key in ("LUT_1D_SIZE", "LUT_3D_SIZE"):
        kind = key[4:6]
        most = LARGEST if kind == "3D" else LONGEST
        if len(values) != 1 or not values[0].isdecimal() or not 2 <= int(values[0]) <= most:
            raise parts.problem(number, f"{key} must be a whole number from 2 to {most}")
        parts.sizes[kind] = int(values[0])
    elif key in ("DOMAIN_MIN", "DOMAIN_MAX"):
        parts.ranges[key[7:]] = _range(parts, number, key, values, 3)
    elif key in ("LUT_1D_INPUT_RANGE", "LUT_3D_INPUT_RANGE"):
        parts.ranges[key[4:6]] = _range(parts, number, key, values, 2)


def _range(parts: _Parts, number: int, key: str, values: list[str], count: int) -> list[float]:
    try:
        found = [float(value) for value in values]
    except ValueError:
        found = []
    if len(found) != count or not np.isfinite(found).all():
        raise parts.problem(number, f"{key} must be followed by {count} numbers")
    return found


def _numbers(parts: _Parts) -> Tensor:
    """All colours of the file, (N, 3)."""
    wanted = parts.sizes.get("1D", 0) + parts.sizes.get("3D", 0) ** 3
    try:
        values = np.array(parts.colours, dtype=np.float32)
        if values.shape == (wanted, 3) and np.isfinite(values).all():
            return torch.from_numpy(values)
    except ValueError:
        pass  # one of them is no number: it is looked for below
    for number, words in zip(parts.lines, parts.colours, strict=True):
        if len(words) != 3:
            raise parts.problem(number, f"a colour is 3 numbers, here are {len(words)}")
        for word in words:
            if not _is_finite(word):
                raise parts.problem(number, f"{word[:20]!r} is no number")
    last = parts.lines[-1] if parts.lines else 1
    raise parts.problem(last, f"{wanted} colours are needed, there are {len(parts.colours)}")


def _is_finite(word: str) -> bool:
    try:
        return bool(np.isfinite(np.float32(word)))
    except ValueError:
        return False


def _assemble(parts: _Parts, colours: Tensor) -> Lut:
    low = torch.tensor(parts.ranges.get("MIN", [0.0] * 3))
    high = torch.tensor(parts.ranges.get("MAX", [1.0] * 3))
    bounds = {kind: (low, high) for kind in ("1D", "3D")}
    for kind in parts.ranges.keys() & bounds.keys():
        bounds[kind] = tuple(torch.full((3,), value) for value in parts.ranges[kind])
    if any((first >= last).any() for first, last in bounds.values()):
        raise InputError(
            f"{parts.name}: its domain is empty, each minimum must be below its maximum"
        )
    length, size = parts.sizes.get("1D", 0), parts.sizes.get("3D", 0)
    curves = Curves(colours[:length], *bounds["1D"]) if length else None
    if not size:  # what follows the curves leaves their values as they are
        low, high = colours.amin(0), colours.amax(0).maximum(colours.amin(0) + 1e-6)
        table = low + identity(2) * (high - low)
        return Lut(table, low, high, curves, parts.title)
    # In the file red changes fastest.
    table = colours[length:].view(size, size, size, 3).permute(2, 1, 0, 3).contiguous()
    return Lut(table, *bounds["3D"], curves, parts.title)


def cube_text(lut: Lut, comments: tuple[str, ...] = ()) -> str:
    """A LUT without curves as the text of a .cube file.

    Args:
        comments: lines on what it is; one line each.
    """
    if lut.curves:
        raise ValueError("a LUT with curves cannot be written; resample it first")
    title = "".join(c for c in lut.title if c.isascii() and c.isprintable() and c != '"')
    head = [f'TITLE "{title[:200]}"', *(f"# {line}" for line in comments)]
    head.append(f"LUT_3D_SIZE {lut.size}")
    for key, values in (("DOMAIN_MIN", lut.low), ("DOMAIN_MAX", lut.high)):
        head.append(" ".join([key, *(f"{value:g}" for value in values.tolist())]))
    colours = lut.table.permute(2, 1, 0, 3).reshape(-1, 3).tolist()
    return "\n".join([*head, *(f"{r:.6f} {g:.6f} {b:.6f}" for r, g, b in colours), ""])


def save_cube(lut: Lut, path: str | Path, comments: tuple[str, ...] = ()) -> Path:
    """Write a .cube file whole or not at all.

    Raises:
        InputError: the name does not end in .cube, or the place cannot be written to.
    """
    path = Path(path)
    check_cube_name(path)
    write_atomically(path, cube_text(lut, comments).encode("ascii", "replace"))
    return path


def check_cube_name(path: Path) -> None:
    """Raise InputError unless the file is called .cube."""
    if path.suffix.lower() != SUFFIX:
        raise InputError(f"cannot write {path.name!r} as a LUT; end the name in {SUFFIX}")
