"""Speed: milliseconds, frames a second, work and memory of every way a picture takes.

The cases take turns, round after round, so that a slow moment of the machine hits all of them and
not one. Each is compared with the peak of dense products that was measured between them.
"""

import dataclasses
import json
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch

from ccpl.atomic import check_place, write_atomically
from ccpl.config import Arch, Mode
from ccpl.device import cpu_quota
from ccpl.errors import InputError
from ccpl.evaluation.cases import (
    Case,
    clip_cases,
    network_stages,
    peak_cases,
    picture,
    picture_cases,
)
from ccpl.evaluation.machine import describe_machine, peak_memory, reset_peak_memory
from ccpl.evaluation.readme import check_readme, speed_markdown, update_readme
from ccpl.evaluation.tables import SPEED, text_table
from ccpl.evaluation.timing import timed
from ccpl.files.weights import WEIGHTS_DIR
from ccpl.options import check_options, option
from ccpl.painting.shipped import load_stylizer
from ccpl.painting.stylizer import Stylizer


@dataclass(frozen=True)
class BenchConfig:
    """One benchmark."""

    sizes: tuple[int, ...] = option((256, 512, 1024), "sides of square pictures in pixels", low=16)
    mode: Mode = option("artistic", "mode of the model")
    arch: Arch = option("lite", "architecture")
    dtype: Literal["auto", "float32", "bfloat16"] = option("auto", "number format of the network")
    threads: int | None = option(None, "CPU threads; default: all this process may use", low=1)
    rounds: int = option(9, "how often each case is timed", low=1)
    batch_size: int = option(4, "pictures in a batch", low=1)
    frames: int = option(32, "frames of the test clip", low=1)
    frame_size: tuple[int, int] = option((360, 640), "height and width of the test clip", low=16)
    weights_dir: str | None = option(None, "folder of weight files; default: the project's own")
    output: str = option("runs/bench.json", "file for the results")
    readme: str | None = option(None, "README whose <!-- speed --> section is rewritten")
    device: Literal["auto", "cpu", "cuda"] = option("auto", "where to compute")

    def __post_init__(self) -> None:
        check_options(self)
        if len(self.frame_size) != 2:
            raise InputError("the frame size must be two numbers, height and width")


@dataclass(frozen=True)
class BenchProgress:
    """How far it is; the last report carries the result."""

    done: int  # rounds
    total: int
    result: dict[str, Any] | None = None  # what the JSON file holds

    @property
    def table(self) -> str:
        """The result as text, with the busiest stages; empty before the end."""
        if not self.result:
            return ""
        busiest = ", ".join(f"{where}: {name}" for where, name in self.result["busiest"].items())
        table = text_table(self.result["timings"], SPEED, "case")
        peak = f"peak of dense products: {self.result['peak_gflops']:.0f} GFLOP/s"
        return f"{table}\n{peak}\nbusiest stage of the {busiest}"


def bench(config: BenchConfig) -> Iterator[BenchProgress]:
    """Time every case and write the JSON file.

    Yields:
        A report after every round; the last one has the `result`.
    Raises:
        InputError: the weight file is missing, or a place cannot be written to; that before any
            work.
    """
    check_place(config.output)
    if config.readme:
        check_readme(config.readme, "speed")
    before = torch.get_num_threads()
    torch.set_num_threads(config.threads or cpu_quota())
    try:
        with tempfile.TemporaryDirectory() as folder:
            yield from _bench(config, Path(folder))
    finally:
        torch.set_num_threads(before)


def _bench(config: BenchConfig, folder: Path) -> Iterator[BenchProgress]:
    stylizer = load_stylizer(
        config.mode,
        arch=config.arch,
        device=config.device,
        dtype=config.dtype,
        weights_dir=config.weights_dir or WEIGHTS_DIR,
    )
    ceiling = peak_cases(stylizer)
    cases = [*ceiling, *picture_cases(stylizer, config.sizes, config.batch_size)]
    cases += clip_cases(stylizer, folder, config.frame_size, config.frames, config.batch_size)
    middle = config.sizes[len(config.sizes) // 2]
    if _is_exportable(stylizer):
        from ccpl.evaluation.runtimes import runtime_cases

        cases += runtime_cases(stylizer, middle, folder)
    memory = {case.name: _memory_of(case) for case in cases}  # warms up, too
    seconds: dict[str, list[float]] = {case.name: [] for case in cases}
    for done in range(1, config.rounds + 1):
        for case in cases:
            seconds[case.name].append(timed(case.run) / case.frames)
        yield BenchProgress(done, config.rounds)
    peak = max(case.gflop / min(seconds[case.name]) for case in ceiling)
    timings = [summarise(c, seconds[c.name], peak, memory[c.name]) for c in cases]
    stages = network_stages(stylizer, picture(middle))
    clip = {c.name: min(seconds[c.name]) for c in cases if c.name.startswith("clip: ")}
    result = {
        "kind": "bench",
        "machine": dataclasses.asdict(describe_machine()),
        "config": dataclasses.asdict(config),
        "model": f"{stylizer.name} on {stylizer.device}, {config.dtype} precision",
        "peak_gflops": peak,
        "timings": timings,
        "stages": stages,
        "busiest": {
            "network": max(stages, key=stages.get),
            "video": max(clip, key=clip.get).removeprefix("clip: "),
        },
    }
    write_result(result, config)
    yield BenchProgress(config.rounds, config.rounds, result)


def _is_exportable(stylizer: Stylizer) -> bool:
    """Whether other runtimes can be timed: theirs are the CPU and the small networks."""
    network, config = stylizer.network, stylizer.network.config
    plain = next(network.parameters()).dtype == torch.float32 and config.transform == "sct"
    here = stylizer.device.type == "cpu" and find_spec("onnxruntime") is not None
    return here and plain and config.arch == "lite"


def _memory_of(case: Case) -> float | None:
    """Peak memory in MiB while a case runs for the first time."""
    reset_peak_memory()
    case.run()
    return peak_memory()


def write_result(result: dict[str, Any], config: BenchConfig) -> None:
    """The JSON file, and the README's section where one was named."""
    write_atomically(config.output, json.dumps(result, indent=1).encode())
    if config.readme:
        update_readme(config.readme, "speed", speed_markdown(result))


def summarise(
    case: Case, seconds: list[float], peak: float, memory: float | None
) -> dict[str, Any]:
    """A row of the table from the seconds each round took for a frame.

    Args:
        peak: GFLOP/s of the fastest dense product.
        memory: MiB.
    """
    low, median, p95 = np.quantile(np.array(seconds) * 1000, [0, 0.5, 0.95]).tolist()
    return {
        "case": case.name,
        "ms_min": low,
        "ms_median": median,
        "ms_p95": p95,
        "fps": 1000 / median,
        "gflop": case.gflop,
        "peak_share": case.gflop / (low / 1000) / peak if case.gflop else None,
        "memory": memory,
        "psnr": case.psnr,
    }
