"""The command --contact-sheet."""

import argparse
from math import inf
from pathlib import Path

from tqdm import tqdm

from ccpl.atomic import check_place
from ccpl.cli.asked import read_look
from ccpl.cli.flags import add_flags
from ccpl.config import VideoConfig
from ccpl.errors import InputError
from ccpl.files.sources import is_clip
from ccpl.image import load_image, picture_format, save_image
from ccpl.look import look_options
from ccpl.options import given, options
from ccpl.painting.requests import Host, Inputs
from ccpl.painting.sheet import frame_of, looks_in, make_sheet


def define_sheet(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("content", type=Path, help="a picture or a clip")
    parser.add_argument("--style", required=True, type=Path, help="a folder of pictures and LUTs")
    parser.add_argument("--at", type=float, help="second of the clip (default: its first frame)")
    parser.add_argument("--output", required=True, type=Path, help="the sheet, a picture file")
    parser.add_argument("--device", default="auto", help="auto, cpu or cuda")
    add_flags(parser, look_options())
    add_flags(parser, [item for item in options(VideoConfig) if item.name == "input_transform"])


def write_sheet(args: argparse.Namespace) -> list[str]:
    """Write the sheet; returns sentences on looks that are not on it.

    Raises:
        InputError: see `make_sheet`.
    """
    looks, moves = looks_in(args.style), is_clip(args.content)
    if not moves and (args.at is not None or hasattr(args, "input_transform")):
        raise InputError("--at and --input-transform are for clips; leave them out")
    if args.at is not None and not 0 <= args.at < inf:
        raise InputError(f"--at must be a second of the clip, 0 or later, got {args.at:g}")
    check_place(args.output, args.content, *looks)
    picture_format(args.output)
    host, look = Host(device=args.device), read_look(args, Inputs([]))
    if look.names_tuned:
        raise InputError("a tuned style is one look, a sheet shows many; leave out --tuned")
    if moves:
        content = frame_of(
            host, args.content, VideoConfig(**given(vars(args), VideoConfig)), args.at
        )
    else:
        content = load_image(args.content, max_megapixels=host.limits.megapixels)
    steps = make_sheet(host, content, looks, look)
    with tqdm(total=len(looks), unit="look", leave=False) as bar:
        while True:
            try:
                step = next(steps)
            except StopIteration as end:
                sheet = end.value
                break
            bar.update(step.done - bar.n)
    save_image(sheet.picture, args.output)
    return sheet.notes
