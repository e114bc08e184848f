"""A look as a .cube file: one LUT for what the look does to the colours of pictures and clips."""

from collections.abc import Iterable
from pathlib import Path

from PIL import Image

from ccpl import __version__
from ccpl.colour.cube import check_cube_name, save_cube
from ccpl.colour.fit import ColourPairs, FittedLut, fit_lut
from ccpl.colour.log import LogSpace
from ccpl.config import VideoConfig
from ccpl.errors import InputError
from ccpl.image import fit_within, load_image, split_alpha, to_tensor
from ccpl.look import Look
from ccpl.painting.requests import Host, Inputs
from ccpl.painting.scenes import add_colours, add_scene
from ccpl.video.plan import plan_clip
from ccpl.video.scenes import Scene, scan_scenes

SIZES = (17, 33, 65)
SIDE = 1600  # pixels: longest side of pictures whose colours are looked at


def check_lut_request(look: Look, inputs: Inputs, target: Path) -> None:
    """Raise InputError where no LUT can hold what is asked for, or it is not called .cube."""
    check_cube_name(target)
    check_lut_mode(look, masked=inputs.mask is not None)
    if look.end_strength is not None:
        raise InputError("a LUT does not change in time: leave the strength at the end out")


def check_lut_mode(look: Look, *, masked: bool) -> None:
    """Raise InputError where the look of a picture is more than colours."""
    if look.mode != "photo":
        raise InputError(f"a LUT holds colours only: choose mode photo, not {look.mode}")
    if masked:
        raise InputError("a LUT knows no places: leave the mask out")


def fit_look(
    host: Host,
    sources: Iterable[tuple[Path, bool]],
    inputs: Inputs,
    look: Look,
    config: VideoConfig | None = None,
    *,
    size: int = 33,
) -> FittedLut:
    """One LUT for all sources.

    Args:
        sources: files, and whether each is a clip; of clips frames of every scene are taken.
        config: which part of clips is taken.
        size: lattice points along a side.
    Raises:
        InputError: a source cannot be used, or the look is not for LUTs.
    """
    pairs, config, spaces = ColourPairs(), config or VideoConfig(), set()
    for source, moves in sources:
        if moves:
            spaces.add(_add_clip(pairs, host, source, inputs, look, config))
        else:
            spaces.add(None)
            content = load_image(source, max_megapixels=host.limits.megapixels)
            _add_picture(pairs, host, content, inputs, look)
        if len(spaces) > 1:
            raise InputError("one LUT is for one kind of footage; give pictures and clips apart")
    fitted = fit_lut(pairs, size, " + ".join(inputs.names))
    space = spaces.pop()
    return fitted._replace(lut=space.baked(fitted.lut, size)) if space else fitted


def fit_picture(content: Image.Image, stylized: Image.Image, title: str = "") -> FittedLut:
    """The LUT of one picture before and after; the result may be smaller."""
    pairs = ColourPairs()
    before, after = (split_alpha(picture)[0] for picture in (content, stylized))
    after = fit_within(after, SIDE)
    before = before.resize(after.size, Image.Resampling.LANCZOS)
    add_colours(pairs, to_tensor(before), to_tensor(after))
    return fit_lut(pairs, title=title)


def save_look(fitted: FittedLut, target: Path) -> Path:
    """Write a fitted LUT as .cube; its comments say how well it fits.

    Raises:
        InputError: the name does not end in .cube, or the place cannot be written to.
    """
    return save_cube(fitted.lut, target, (f"ccpl {__version__}", f"Fit: {fitted.error}"))


def _add_picture(
    pairs: ColourPairs, host: Host, content: Image.Image, inputs: Inputs, look: Look
) -> None:
    small = fit_within(split_alpha(content)[0], SIDE)
    stylized = host.stylizer(look, inputs.styles).stylize(small, inputs.style, look)
    before = small if small.size == stylized.size else small.resize(stylized.size)
    add_colours(pairs, to_tensor(before), to_tensor(stylized))


def _add_clip(
    pairs: ColourPairs, host: Host, source: Path, inputs: Inputs, look: Look, config: VideoConfig
) -> LogSpace | None:
    """Add frames of every scene; returns what the clip is coded in, see `Plan.space`."""
    plan = plan_clip(source, look, config, host.limits)
    stylizer = host.stylizer(look, inputs.styles)
    code = stylizer.encode_style(inputs.style, look)

    def measure(scene: Scene) -> None:
        add_scene(pairs, stylizer, code, scene.frames, look)

    for _ in scan_scenes(plan, measure):
        pass
    return plan.space
