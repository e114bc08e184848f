"""The pictures of a request besides its content."""

from collections.abc import Sequence
from dataclasses import dataclass

from PIL import Image

from ccpl.colour.lut import Lut
from ccpl.look import Need
from ccpl.painting.styles import SceneStyle


@dataclass(frozen=True)
class Inputs:
    """The pictures of a request besides its content.

    Args:
        styles: one picture, two to be blended, or a LUT; none for a tuned style.
        mask: a grey picture of the region that is stylized; None: all of it.
        stroke_map: a grey picture, lighter where strokes are finer; see `Stylizer.stylize`.
        names: of the styles, for the metadata of the result.
        scene_styles: one after the other for the scenes of clips; none: the first holds throughout.
    """

    styles: Sequence[Image.Image | Lut]
    mask: Image.Image | None = None
    names: Sequence[str] = ()
    scene_styles: Sequence[SceneStyle] = ()
    stroke_map: Image.Image | None = None

    @property
    def places(self) -> dict[str, Image.Image | None]:
        """What lies over the content, by the names of a Stylizer's arguments."""
        return {"mask": self.mask, "stroke_map": self.stroke_map}

    @property
    def style(self) -> Image.Image | Lut | Sequence[Image.Image] | None:
        """As a Stylizer takes it; None of a tuned style."""
        return self.styles if len(self.styles) > 1 else next(iter(self.styles), None)

    @property
    def is_lut(self) -> bool:
        """Whether there is a LUT among the styles, which only photo mode takes."""
        scenes = (scene.style for scene in self.scene_styles)
        return any(isinstance(style, Lut) for style in (*self.styles, *scenes))

    @property
    def given(self) -> list[Need]:
        """Which options of a look mean something with them."""
        needs: dict[Need, bool] = {"second style": len(self.styles) > 1, "mask": bool(self.mask)}
        return [need for need, there in needs.items() if there]
