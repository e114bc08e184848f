"""What the flags of a command ask for: the files besides the content, and the look."""

import argparse
import sys
from collections.abc import Iterable
from pathlib import Path

from PIL import Image

from ccpl.errors import InputError
from ccpl.image import load_image
from ccpl.look import AUTO, KINDS, Look, kinds, needs
from ccpl.options import flag, given, options
from ccpl.painting.requests import Inputs
from ccpl.painting.strokes import with_map
from ccpl.painting.styles import load_scene_styles, load_style


def add_inputs(parser: argparse.ArgumentParser, *, scenes: bool = False) -> None:
    """The files besides the content; with `scenes` styles may be given scene by scene."""
    style = "the style: a picture, or a .cube LUT in mode photo"
    if scenes:
        style += "; several, or a CSV of lines start,style, for the scenes of a clip"
    how = {"action": "append"} if scenes else {}
    parser.add_argument("--style", help=f"{style}; with --tuned none is needed", **how)
    parser.add_argument("--second-style", help="another style picture, to be blended with it")
    parser.add_argument("--mask", help="a grey picture: only its white part is stylized")
    parser.add_argument("--stroke-map", help="a grey picture: the lighter, the finer the strokes")
    place = "file or folder" if scenes else "folder of the results"
    parser.add_argument("--output", required=not scenes, type=Path, help=place)
    parser.add_argument("--device", default="auto", help="auto, cpu or cuda")


def read_inputs(args: argparse.Namespace) -> Inputs:
    """Load the files `add_inputs` asks for."""
    tuned = Look(tuned=getattr(args, "tuned", AUTO))
    if tuned.names_tuned:
        if args.style or args.second_style:
            raise InputError("a tuned style needs no --style; leave out one of the two")
        return Inputs([], names=[Path(tuned.tuned).stem], **_places(args))
    if not args.style:
        raise InputError("give a style picture with --style, or a tuned style with --tuned")
    named = args.style if isinstance(args.style, list) else [args.style]
    by_scene = load_scene_styles(named)
    second = load_style(args.second_style) if args.second_style else None
    if second and len(by_scene) > 1:
        raise InputError("give a second style, or every scene its own, not both")
    read = [(scene.path, scene.style) for scene in by_scene]
    for path, picture in [*read, (args.second_style, second)]:
        if isinstance(picture, Image.Image):
            tell(picture.info.get("notes", ()), path)
    styles = [by_scene[0].style, *([second] if second else [])]
    names = [by_scene[0].name, *([Path(args.second_style).stem] if second else [])]
    scenes = by_scene if len(by_scene) > 1 else ()
    return Inputs(styles, names=names, scene_styles=scenes, **_places(args))


def _places(args: argparse.Namespace) -> dict[str, Image.Image]:
    """The pictures that lie over the content."""
    paths = {"mask": args.mask, "stroke_map": args.stroke_map}
    found = {name: load_image(path) for name, path in paths.items() if path}
    for name, picture in found.items():
        tell(picture.info.get("notes", ()), paths[name])
    return found


def files_of(args: argparse.Namespace, inputs: Inputs) -> tuple[str | Path, ...]:
    """What results are made from besides their content."""
    named = [*(args.style or ()), *(scene.path for scene in inputs.scene_styles)]
    return tuple(filter(None, (*named, args.second_style, args.mask, args.stroke_map)))


def read_look(args: argparse.Namespace, inputs: Inputs, *, clip: bool = False) -> Look:
    """The look of the flags; one that would mean nothing with what is there is refused.

    A LUT alone means mode photo.
    """
    values = given(vars(args), Look)
    if inputs.is_lut:
        values = {"mode": "photo", **values}
        if values["mode"] != "photo":
            raise InputError(f"a .cube LUT is a look for mode photo, not {values['mode']}")
    there = {*inputs.given, *(["clip"] if clip else [])}
    there |= kinds(values.get("mode", Look.mode), values.get("arch", Look.arch))
    there |= {"optimize"} if values.get("optimize", "off") != "off" else set()
    for option in options(Look):
        if option.name in values and (missing := needs(option) - there):
            words = {**KINDS, "clip": "a clip", "photo": "--mode photo"}
            what = [words.get(need) or flag(need.replace(" ", "_")) for need in sorted(missing)]
            raise InputError(f"{flag(option.name)} needs {' and '.join(what)}")
    if inputs.stroke_map:
        if "painting" not in there:
            raise InputError(f"--stroke-map needs {KINDS['painting']}")
        if values.get("stroke_contrast") == 0:
            raise InputError("--stroke-map needs --stroke-contrast above 0")
    return with_map(Look(**values), inputs.stroke_map)


def tell(notes: Iterable[str], source: str | Path | None) -> None:
    """What of a file could not be taken or kept, on stderr."""
    for note in notes:
        sys.stderr.write(f"app.py: {Path(source).name}: {note}\n")
