"""The command --compare."""

import argparse
from pathlib import Path

from ccpl.atomic import check_folder, check_place
from ccpl.cli.asked import add_inputs, read_inputs, read_look, tell
from ccpl.cli.flags import add_flags
from ccpl.image import load_image
from ccpl.look import look_options
from ccpl.painting.requests import Host, save_picture


def define_compare(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("content", type=Path, help="a picture")
    add_inputs(parser)
    add_flags(parser, look_options(["mask"]))
    parser.add_argument(
        "--methods", action="store_true", help="compare methods (SCT, AdaIN ...) instead of modes"
    )


def compared(args: argparse.Namespace) -> str:
    """Write every result; returns a table of their figures.

    Raises:
        InputError: see `ccpl.evaluation.compare.contenders`, or a place cannot be written to; that
            before anything is painted.
    """
    from ccpl.evaluation.compare import compare, contenders
    from ccpl.evaluation.tables import QUALITY, text_table

    check_folder(args.output)
    inputs = read_inputs(args)
    asked = contenders(inputs, read_look(args, inputs), methods=args.methods)
    targets = [args.output / f"{args.content.stem}-{one.label}.png" for one in asked]
    for target in targets:
        check_place(target, args.style, args.second_style, args.mask, args.stroke_map)
    content = load_image(args.content)
    tell(content.info.get("notes", ()), args.content)
    rows, results = [], compare(Host(device=args.device), content, asked)
    for target, item in zip(targets, results, strict=True):
        save_picture(item.painted, target, item.inputs, item.look)
        rows.append({"result": target, **item.figures})
    return text_table(rows, QUALITY, "result")
