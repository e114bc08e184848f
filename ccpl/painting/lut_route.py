"""A LUT in the place of a network: colours through a table, wherever and whenever they stand."""

from collections.abc import Generator

from torch import Tensor

from ccpl.colour.lut import Lut
from ccpl.look import Look
from ccpl.models.network import blend
from ccpl.painting.tiles import Step


class LutRoute:
    """Runs a LUT as other routes run their networks; see `Route` for what its methods take."""

    def steps(self, content: Tensor, code: Lut, look: Look) -> Generator[Step, None, Tensor]:
        yield from ()  # no tiles: a table needs no memory to speak of
        return blend(content, code(content), look.strength)

    def stylize_frames(
        self,
        frames: Tensor,
        code: Lut,
        look: Look,
        strengths: Tensor,
        cuts: Tensor,
        state: None,
    ) -> tuple[Tensor, None]:
        return blend(frames, code(frames), strengths.view(-1, 1, 1, 1)), None
