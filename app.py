"""The door: the app by default, or one of the COMMANDS at the end.

`python app.py --help` lists what each of them takes, e.g. `python app.py --train --help`.
"""

import argparse
import logging
import signal
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

import torch
from tqdm import tqdm

from ccpl.atomic import check_place
from ccpl.cli.asked import add_inputs, files_of, read_inputs, read_look, tell
from ccpl.cli.compare import compared, define_compare
from ccpl.cli.export import define_export, exported
from ccpl.cli.flags import Define, Parser, add_flags, flags_of
from ccpl.cli.lut import write_lut
from ccpl.cli.progress import follow
from ccpl.cli.sheet import define_sheet, write_sheet
from ccpl.config import MODES, VideoConfig
from ccpl.device import cpu_quota, tune_memory
from ccpl.errors import InputError
from ccpl.files.sources import find_sources, is_clip, left_out
from ccpl.look import Look
from ccpl.options import given, options
from ccpl.painting.batch import Batch, check_places, is_finished, plan_jobs
from ccpl.painting.requests import Host
from ccpl.termination import Terminated, catch_termination


def main(argv: list[str]) -> int:
    """Run the command in `argv`; returns the exit code: 0, or 2 after one sentence on stderr."""
    torch.set_num_threads(cpu_quota())
    tune_memory()
    logging.basicConfig(level=logging.WARNING, format="%(message)s")
    for stream in (sys.stdout, sys.stderr):  # a name may hold what the console's encoding lacks
        stream.reconfigure(errors="backslashreplace")
    catch_termination()
    name = next((word for word in argv if word in COMMANDS), "--serve")
    define, command = COMMANDS[name]
    parser = Parser(prog="app.py", description=command.__doc__, epilog=EPILOG)
    if name != "--serve":
        parser.add_argument(name, action="store_true", help=argparse.SUPPRESS)
    define(parser)
    try:
        return command(parser.parse_args(argv)) or 0
    except InputError as error:
        print(f"app.py: {error}", file=sys.stderr)
        return 2
    except (KeyboardInterrupt, Terminated) as end:
        print("app.py: stopped", file=sys.stderr)
        return 128 + (end.args[0] if isinstance(end, Terminated) else signal.SIGINT)


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
    add_inputs(parser, scenes=True)
    add_flags(parser, options(Look))
    add_flags(parser, options(VideoConfig))
    parser.add_argument("--lut", type=Path, help="write the look as a .cube file (mode photo)")
    sizes = "points along a side of that LUT (default 33)"
    parser.add_argument("--lut-size", type=int, choices=(17, 33, 65), help=sizes)
    many = (
        "a Ray cluster to spread the files over, its address or local; what has its result, newer "
    )
    many += "than what it is made from, is skipped"
    parser.add_argument("--cluster", metavar="ADDRESS", help=many)


def stylize(args: argparse.Namespace) -> int:
    """Stylize pictures and clips; prints the path of every result."""
    if not args.output and not args.lut:
        raise InputError("say where results go with --output, or ask for a LUT with --lut")
    if args.lut_size and not args.lut:
        raise InputError("--lut-size needs --lut")
    inputs, config = read_inputs(args), VideoConfig(**given(vars(args), VideoConfig))
    sources, aside = [s for s, _ in find_sources(args.content)], left_out(args.content)
    output = args.output or Path(".")
    moving = [source for source in sources if is_clip(source, output)]
    if inputs.scene_styles and not moving:
        raise InputError("several styles are for the scenes of a clip; give one")
    if config.input_transform != "rec709" and not moving:
        raise InputError("an input transform is for clips; there is none")
    host = Host(device=args.device, any_file=True)
    look = host.settled(read_look(args, inputs, clip=bool(moving)))
    host.stylizer(look, inputs.styles)  # what is wrong is said once, before any file is named
    files = files_of(args, inputs)
    jobs = plan_jobs(args.content, output, look, inputs, config.codec) if args.output else []
    check_places(jobs)
    if args.lut:
        each = [(source, source in moving) for source in sources]
        notes = write_lut(args, host, each, inputs, look, config)
        print(args.lut)
        tell(notes, args.lut)
    if not args.output:
        return 0
    batch = Batch(host, inputs, look, config, files)
    if args.cluster:
        from ccpl.cluster import spread

        left = [job for job in jobs if not is_finished(job, files)]
        outcomes = spread(batch, left, args.cluster)
        if skipped := len(jobs) - len(left):
            aside.append(f"{skipped} left out, they have their results in {args.output}")
    else:
        left, outcomes = jobs, (batch.run(job, partial(follow, "frame")) for job in jobs)
    problems = []
    bar = {"initial": len(jobs) - len(left), "total": len(jobs), "disable": len(jobs) == 1}
    try:
        for done in tqdm(outcomes, **bar, unit="file"):
            tell(done.notes, done.job.source)
            if done.problem:
                problems.append(done.problem)
            else:
                print(done.job.target)
    finally:
        for sentence in [*problems, *aside]:
            print(f"app.py: {sentence}", file=sys.stderr)
    return 2 if problems else 0


def run_sheet(args: argparse.Namespace) -> None:
    """Show a picture, or a frame of a clip, in every look of a folder on one sheet."""
    notes = write_sheet(args)
    print(args.output)
    tell(notes, args.output)


def run_comparison(args: argparse.Namespace) -> None:
    """Stylize a picture in every mode, or in two styles; prints each result and its figures."""
    print(compared(args))


def run_training(args: argparse.Namespace) -> None:
    """Train a model; checkpoints, samples, metrics and weights go to --output-dir."""
    from ccpl.training.config import TrainConfig, train_config
    from ccpl.training.run import train

    logging.getLogger("ccpl").setLevel(logging.INFO)
    config = train_config(**given(vars(args), TrainConfig))
    reports = train(config)
    with tqdm(total=config.steps, unit="step") as bar:
        for report in reports:
            bar.update(report.step - bar.n)
            bar.set_postfix({k: f"{v:.3g}" for k, v in report.losses.items()}, refresh=False)
    print(config.weights_path)


def run_tuning(args: argparse.Namespace) -> None:
    """Tune a network to one style, or to a style and a shot, in minutes; Ctrl-C keeps the best."""
    from ccpl.cli.tuning import tuned_files
    from ccpl.training.tune.config import TuneConfig

    for path in tuned_files(TuneConfig(**given(vars(args), TuneConfig))):
        print(path)


def run_distillation(args: argparse.Namespace) -> None:
    """Teach the small feature network to answer as VGG-19 does; writes --output."""
    from ccpl.training.distill import DistillConfig, distill

    config = DistillConfig(**given(vars(args), DistillConfig))
    with tqdm(total=config.steps, unit="step") as bar:
        for report in distill(config):
            bar.update(report.step - bar.n)
            bar.set_postfix({k: f"{v:.3g}" for k, v in report.losses.items()}, refresh=False)
    print(config.output)


def define_average(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("files", nargs="+", type=Path, help="weight files of one configuration")
    parser.add_argument("--weights", nargs="+", type=float, help="of each file; left out, equal")
    scaled = "what bears this name, or lies below it, times a factor: decoder.paint=0.9"
    parser.add_argument("--scale", nargs="+", default=(), metavar="NAME=FACTOR", help=scaled)
    parser.add_argument("--half", action="store_true", help="store float16")
    parser.add_argument("--output", required=True, type=Path, help="a .safetensors file")


def run_average(args: argparse.Namespace) -> None:
    """Write the mean of weight files, parts of it scaled if asked for."""
    from ccpl.files.weights import save_weights
    from ccpl.training.average import average_weights, parse_factors, scale_weights

    check_place(args.output)
    network = average_weights(args.files, args.weights)
    scale_weights(network, parse_factors(args.scale))
    save_weights(network, args.output, half=args.half)
    print(args.output)


def define_import(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--vgg", required=True, type=Path, help="vgg_normalised.pth")
    parser.add_argument("--sct", required=True, type=Path, help="sct_iter_*.pth.tar")
    parser.add_argument("--decoder", required=True, type=Path, help="decoder_iter_*.pth.tar")
    parser.add_argument("--mode", choices=MODES, help="only to say perceptual")
    parser.add_argument("--half", action="store_true", help="store float16")
    parser.add_argument("--output", required=True, type=Path, help="vgg19.<mode>.safetensors")


def import_published(args: argparse.Namespace) -> None:
    """Convert the published CCPL files once, for use as arch vgg19."""
    from ccpl.files.official import import_official
    from ccpl.files.weights import save_weights

    check_place(args.output)
    network = import_official(args.vgg, args.sct, args.decoder, mode=args.mode)
    save_weights(network, args.output, half=args.half)
    print(args.output)


def run_evaluation(args: argparse.Namespace) -> None:
    """Measure quality: contents x styles x modes, and clips; writes JSON and an HTML page."""
    from ccpl.evaluation.quality import EvaluateConfig, evaluate

    config = EvaluateConfig(**given(vars(args), EvaluateConfig))
    print(follow("picture", evaluate(config)).table)
    print(config.output)


def run_bench(args: argparse.Namespace) -> None:
    """Measure speed on this machine; writes JSON."""
    from ccpl.evaluation.speed import BenchConfig, bench

    config = BenchConfig(**given(vars(args), BenchConfig))
    print(follow("round", bench(config)).table)
    print(config.output)


def run_export(args: argparse.Namespace) -> None:
    """Write a network for other runtimes, checked by onnxruntime; prints every path."""
    for path in exported(args):
        print(path)


COMMANDS: dict[str, tuple[Define, Callable[[argparse.Namespace], int | None]]] = {
    "--serve": (define_serve, serve),
    "--stylize": (define_stylize, stylize),
    "--contact-sheet": (define_sheet, run_sheet),
    "--compare": (define_compare, run_comparison),
    "--tune": (flags_of("ccpl.training.tune.config", "TuneConfig"), run_tuning),
    "--train": (flags_of("ccpl.training.config", "TrainConfig"), run_training),
    "--distill": (flags_of("ccpl.training.distill", "DistillConfig"), run_distillation),
    "--average": (define_average, run_average),
    "--evaluate": (flags_of("ccpl.evaluation.quality", "EvaluateConfig"), run_evaluation),
    "--bench": (flags_of("ccpl.evaluation.speed", "BenchConfig"), run_bench),
    "--export": (define_export, run_export),
    "--import-official": (define_import, import_published),
}
EPILOG = f"Commands: {', '.join(COMMANDS)}; add --help to one of them for its own flags."

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
