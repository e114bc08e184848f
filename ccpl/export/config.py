"""What an export asks for; read without the packages that it needs."""

import re
from dataclasses import dataclass
from pathlib import Path

from ccpl.config import Mode
from ccpl.errors import InputError
from ccpl.options import check_options, option

ANY_SIZE = "dynamic"
SIZE = re.compile(r"([1-9]\d{0,4})x([1-9]\d{0,4})")


@dataclass(frozen=True)
class OnnxConfig:
    """What is exported, and where to."""

    mode: Mode = option("artistic", "The network to export.")
    style: str | None = option(
        None, "A style picture to bake in; left out, styles are an input by their code."
    )
    tuned: str | None = option(
        None, "A tuned style to export instead: its name, or the path of its file."
    )
    size: str = option(ANY_SIZE, "Height x width of all pictures, as 480x640, or dynamic.")
    half: bool = option(False, "Store weights in float16: half as large; results stay float32.")
    output: Path = option(Path("onnx"), "Folder for the files.")

    def __post_init__(self) -> None:
        check_options(self)
        if self.style and self.tuned:
            raise InputError("a tuned style has its own picture: leave the style out")
        if self.size != ANY_SIZE and not SIZE.fullmatch(self.size):
            raise InputError(f"size must be {ANY_SIZE} or HxW, as 480x640, got {self.size!r}")

    @property
    def sides(self) -> tuple[int, int] | None:
        """Height and width, None for any."""
        found = SIZE.fullmatch(self.size)
        return found and (int(found[1]), int(found[2]))
