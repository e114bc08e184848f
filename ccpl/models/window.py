"""Windows: the pieces of a picture that are looked at one by one, in pixels of the whole."""

from typing import NamedTuple

from torch import Tensor


class Box(NamedTuple):
    """A rectangle; `bottom` and `right` are the first row and column below and beside it."""

    top: int
    bottom: int
    left: int
    right: int

    def cut(self, image: Tensor) -> Tensor:
        """This part of a picture (..., H, W), a view."""
        return image[..., self.top : self.bottom, self.left : self.right]


class Window(NamedTuple):
    """A piece of a picture, and the core of it whose statistics and result count."""

    size: tuple[int, int]  # of the whole picture: height, width
    box: Box
    core: Box

    def core_of(self, x: Tensor) -> Tensor:
        """The core of the piece, or of its features (..., h, w) at any resolution, a view."""
        top, bottom, left, right = self.box
        scale = (bottom - top) // x.shape[-2]
        rows = ((n - top) // scale for n in self.core[:2])
        columns = ((n - left) // scale for n in self.core[2:])
        return Box(*rows, *columns).cut(x)


def whole_window(image: Tensor) -> Window:
    """All of a picture (..., H, W) in one piece."""
    height, width = image.shape[-2:]
    box = Box(0, height, 0, width)
    return Window((height, width), box, box)
