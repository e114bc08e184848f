"""The door: the app by default, or --stylize, --train, --evaluate, --bench, --import-official.

`python app.py --help` lists what each of them takes, e.g. `python app.py --train --help`.
"""

import argparse
import logging
import sys
import types
import typing
from collections.abc import Callable, Iterator
from dataclasses import MISSING, fields
from pathlib import Path
from typing import Any

import torch
from PIL import Image
from tqdm import tqdm

from ccpl.config import ARCHS, LOCAL, MODES, TrainConfig, VideoConfig, train_config
from ccpl.device import cpu_quota, tune_memory
from ccpl.errors import InputError
from ccpl.files.sources import find_sources, is_clip, name_results
from ccpl.image import load_image, save_image


class Parser(argparse.ArgumentParser):
    """Says what is wrong in one line."""

    def error(self, message: str) -> typing.NoReturn:
        self.exit(2, f"{self.prog}: {message}\n")


def main(argv: list[str]) -> int:
    """Run the command in `argv`; returns the exit code: 0, or 2 after one sentence on stderr."""
    torch.set_num_threads(cpu_quota())
    tune_memory()
    logging.basicConfig(level=logging.WARNING, format="%(message)s")
    name = next((word for word in argv if word in COMMANDS), "--serve")
    define, command = COMMANDS[name]
    parser = Parser(prog="app.py", description=command.__doc__, epilog=EPILOG)
    if name != "--serve":
        parser.add_argument(name, action="store_true", help=argparse.SUPPRESS)
    define(parser)
    try:
        return command(parser.parse_args(argv)) or 0
    except (InputError, ValueError) as error:
        if not isinstance(error, InputError) and not str(error).startswith("unknown "):
            raise
        print(f"app.py: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("app.py: stopped", file=sys.stderr)
        return 130


def add_config_flags(parser: argparse.ArgumentParser, config: type, *leave_out: str) -> None:
    """One flag for every field of a dataclass: its type, its help, its default."""
    hints = typing.get_type_hints(config)
    for field in fields(config):
        if field.name in leave_out:
            continue
        text, default = field.metadata.get("help", ""), field.default
        if default is not MISSING and default is not None:
            shown = " ".join(map(str, default)) if isinstance(default, tuple) else default
            text = f"{text} ({shown})".strip().replace("%", "%%")
        options: dict[str, Any] = {"default": argparse.SUPPRESS, "help": text}
        kind = hints[field.name]
        if typing.get_origin(kind) in (types.UnionType, typing.Union):
            kind = next(k for k in typing.get_args(kind) if k is not types.NoneType)
        if typing.get_origin(kind) is tuple:
            options["nargs"], kind = "+", typing.get_args(kind)[0]
        if kind is bool:
            options["action"] = argparse.BooleanOptionalAction
        elif typing.get_origin(kind) is typing.Literal:
            options["choices"] = typing.get_args(kind)
        else:
            options["type"] = kind
        parser.add_argument("--" + field.name.replace("_", "-"), **options)


def given(args: argparse.Namespace, config: type) -> dict[str, Any]:
    """The fields of a dataclass that were set on the command line."""
    names = {field.name for field in fields(config)} & set(vars(args))
    values = {name: getattr(args, name) for name in names}
    return {k: tuple(v) if isinstance(v, list) else v for k, v in values.items()}


def define_serve(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--host", default="127.0.0.1", help="0.0.0.0 opens it to your network")
    parser.add_argument("--port", type=int, help="default: the first free one from 7860 on")
    parser.add_argument("--share", action="store_true", help="a public gradio.live link")
    parser.add_argument("--auth", metavar="USER:PASS", help="ask visitors for this login")
    parser.add_argument("--device", default="auto", help="auto, cpu or cuda")
    parser.add_argument("--max-side", type=int, help="longest side of results in pixels")
    parser.add_argument("--mcp", action="store_true", help="tools for agents (gradio[mcp])")


def serve(args: argparse.Namespace) -> None:
    """Open the app in the browser (the default command)."""
    from ccpl.ui.app import serve as launch

    if args.auth and ":" not in args.auth:
        raise InputError("--auth must be USER:PASS, with a colon between")
    login = tuple(args.auth.split(":", 1)) if args.auth else None
    launch(
        host=args.host, port=args.port, share=args.share, auth=login, device=args.device,
        max_side=args.max_side, mcp=args.mcp,
    )  # fmt: skip


def define_stylize(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("content", nargs="+", help="pictures, clips, or folders of them")
    parser.add_argument("--style", required=True, help="the style picture")
    parser.add_argument("--mode", default="artistic", choices=MODES)
    parser.add_argument("--arch", default="lite", choices=ARCHS)
    parser.add_argument("--strength", type=float, default=1.0, help="0 the original, 1 full style")
    parser.add_argument("--end-strength", type=float, help="at the end of a clip, if it changes")
    parser.add_argument("--keep-colors", action="store_true", help="keep the content's colours")
    parser.add_argument("--style-scale", type=float, default=1.0, help="size of the strokes")
    parser.add_argument("--device", default="auto", help="auto, cpu or cuda")
    parser.add_argument("--output", required=True, help="file or folder")
    add_config_flags(parser, VideoConfig)


def stylize(args: argparse.Namespace) -> int:
    """Stylize pictures and clips; prints the path of every result."""
    from ccpl.painting.stylizer import check_strength, load_stylizer

    for strength in (args.strength, args.end_strength):
        if strength is not None:
            check_strength(strength)
    if getattr(args, "max_side", None) is not None and args.max_side < 1:
        raise InputError(f"--max-side must be at least 1 pixel, got {args.max_side}")
    sources = [source for source, _ in find_sources(args.content)]
    targets = name_results(args.content, Path(args.output), args.mode)
    style = load_image(args.style)
    stylizer = load_stylizer(args.mode, arch=args.arch, device=args.device)
    failed = 0
    for source, target in tqdm(
        zip(sources, targets, strict=True),
        total=len(sources),
        disable=len(sources) == 1,
        unit="file",
    ):
        try:
            paint = stylize_clip if is_clip(source) else stylize_picture
            print(paint(stylizer, source, style, target, args))
        except InputError as error:
            print(f"app.py: {error}", file=sys.stderr)
            failed += 1
    return 2 if failed else 0


def stylize_picture(
    stylizer: Any, source: Path, style: Image.Image, target: Path, args: argparse.Namespace
) -> Path:
    """One picture to one file."""
    if target.exists() and source.resolve() == target.resolve():
        raise InputError(f"the result would overwrite {source}; name another --output")
    result = stylizer.stylize(
        load_image(source, max_megapixels=LOCAL.megapixels), style, strength=args.strength,
        max_side=getattr(args, "max_side", None), keep_colors=args.keep_colors,
        style_scale=args.style_scale,
    )  # fmt: skip
    settings = {"Software": "ccpl", "mode": args.mode, "strength": args.strength}
    return save_image(result, target, settings=settings)


def stylize_clip(
    stylizer: Any, source: Path, style: Image.Image, target: Path, args: argparse.Namespace
) -> Path:
    """One clip to one file, with a progress bar; warnings go to stderr."""
    from ccpl.video import stylize_video

    try:
        target.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"cannot write {target}: {error.strerror}") from None
    config = VideoConfig(**given(args, VideoConfig))
    paint = stylizer.frame_stylizer(
        style, keep_colors=args.keep_colors, style_scale=args.style_scale,
        smooth=config.stabilize != "off",
    )  # fmt: skip
    end = args.strength if args.end_strength is None else args.end_strength
    run = stylize_video(source, target, paint, config=config, strength=(args.strength, end))
    result = follow(run, "frame", source.name).result
    for warning in result.warnings:
        print(f"app.py: {source.name}: {warning}", file=sys.stderr)
    return result.path


def define_train(parser: argparse.ArgumentParser) -> None:
    add_config_flags(parser, TrainConfig)


def run_training(args: argparse.Namespace) -> None:
    """Train a model; checkpoints, samples, metrics and weights go to --output-dir."""
    from ccpl.files.vgg import read_vgg
    from ccpl.training.loop import Trainer, train

    logging.getLogger("ccpl").setLevel(logging.INFO)
    try:
        config = train_config(**given(args, TrainConfig))
    except ValueError as error:  # all of it comes from the flags
        raise InputError(str(error)) from error
    reports = train(config, read_vgg(config.vgg))
    with tqdm(total=config.steps, unit="step") as bar:
        for report in reports:
            bar.update(report.step - bar.n)
            bar.set_postfix({k: f"{v:.3g}" for k, v in report.losses.items()}, refresh=False)
    print(Trainer.weights_path_of(config))


def define_import(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--vgg", required=True, type=Path, help="vgg_normalised.pth")
    parser.add_argument("--sct", required=True, type=Path, help="sct_iter_*.pth.tar")
    parser.add_argument("--decoder", required=True, type=Path, help="decoder_iter_*.pth.tar")
    parser.add_argument("--mode", choices=MODES, help="only to say perceptual")
    parser.add_argument("--half", action="store_true", help="store float16")
    parser.add_argument(
        "--output", required=True, type=Path, help="weights/vgg19.<mode>.safetensors"
    )


def import_published(args: argparse.Namespace) -> None:
    """Convert the published CCPL files once, for use as arch vgg19."""
    from ccpl.files.official import import_official
    from ccpl.files.weights import save_weights

    network = import_official(args.vgg, args.sct, args.decoder, mode=args.mode)
    save_weights(network, args.output, half=args.half)
    print(args.output)


def define_evaluate(parser: argparse.ArgumentParser) -> None:
    from ccpl.evaluation.quality import EvaluateConfig

    add_config_flags(parser, EvaluateConfig)


def run_evaluation(args: argparse.Namespace) -> None:
    """Measure quality: contents x styles x modes, and clips; writes JSON and an HTML page."""
    from ccpl.evaluation.quality import EvaluateConfig, evaluate

    config = EvaluateConfig(**given(args, EvaluateConfig))
    print(follow(evaluate(config), "picture").table)
    print(config.output)


def define_bench(parser: argparse.ArgumentParser) -> None:
    from ccpl.evaluation.speed import BenchConfig

    add_config_flags(parser, BenchConfig)


def run_bench(args: argparse.Namespace) -> None:
    """Measure speed on this machine; writes JSON."""
    from ccpl.evaluation.speed import BenchConfig, bench

    config = BenchConfig(**given(args, BenchConfig))
    print(follow(bench(config), "round").table)
    print(config.output)


def follow(reports: Iterator[Any], unit: str, name: str | None = None) -> Any:
    """Show a progress bar for reports with `done` and `total`; returns the last one."""
    with tqdm(desc=name, unit=unit, leave=False) as bar:
        for report in reports:
            bar.total = report.total
            bar.update(report.done - bar.n)
    return report


Define = Callable[[argparse.ArgumentParser], None]
COMMANDS: dict[str, tuple[Define, Callable[[argparse.Namespace], int | None]]] = {
    "--serve": (define_serve, serve),
    "--stylize": (define_stylize, stylize),
    "--train": (define_train, run_training),
    "--evaluate": (define_evaluate, run_evaluation),
    "--bench": (define_bench, run_bench),
    "--import-official": (define_import, import_published),
}
EPILOG = f"Commands: {', '.join(COMMANDS)}; add --help to one of them for its own flags."

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
