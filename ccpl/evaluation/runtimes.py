"""The same network in other runtimes: what onnxruntime and OpenVINO need for a picture.

It needs onnxruntime; OpenVINO is timed where it is installed.
"""

from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import onnx
import torch
from onnxruntime.quantization import CalibrationDataReader, QuantType, quantize_static
from onnxruntime.quantization.quant_utils import add_pre_process_metadata
from torch import Tensor

from ccpl.evaluation.cases import Case, picture, style_picture
from ccpl.export.check import Session
from ccpl.export.fixed import fix_size
from ccpl.export.graphs import build_graphs
from ccpl.export.pieces import to_vector
from ccpl.files.sources import find_pictures
from ccpl.image import fit_within, load_image, to_tensor
from ccpl.painting.stylizer import Stylizer

CALIBRATION = Path(__file__).resolve().parents[2] / "examples"
CALIBRATED = 8  # pictures that decide the ranges of 8-bit numbers
Feed = dict[str, np.ndarray]
Run = Callable[[Feed], Tensor]  # inputs by name -> (1, 3, H, W)


def runtime_cases(stylizer: Stylizer, side: int, folder: Path) -> Iterator[Case]:
    """One picture of that side by every runtime that there is.

    Numbers are float32, bfloat16 where the processor has it, and 8-bit integers for convolutions
    whose kernels are the same for every style; statistics and kernels of a style stay float32.

    Args:
        stylizer: on the CPU, in float32.
        folder: for what is written on the way.
    """
    graph = fix_size(build_graphs(stylizer).picture, (side, side), half=False)
    feed = feed_of(stylizer, to_tensor(picture(side)))
    with torch.inference_mode():
        content, code = torch.from_numpy(feed["content"]), stylizer.encode_style(style_picture())
        expected = stylizer.route.stylize(content, code, stylizer.look).clamp(0, 1)
    small = in_integers(graph, calibration(stylizer, side), folder)
    runs: dict[str, Run] = {"onnxruntime": _session(graph), "onnxruntime, int8": _session(small)}
    if find_spec("openvino"):
        runs |= _openvino_runs(graph, small)
    for name, run in runs.items():
        decibels = psnr(run(feed), expected)
        yield Case(f"{name}, {side}x{side}", lambda run=run: run(feed), psnr=decibels)


def feed_of(stylizer: Stylizer, content: Tensor) -> Feed:
    """What a picture graph takes for a picture (1, 3, H, W), at full strength."""
    code = to_vector(stylizer.network, stylizer.encode_style(style_picture()))
    return {"content": content.numpy(), "code": code.numpy(), "strength": np.ones(1, np.float32)}


def psnr(found: Tensor, expected: Tensor) -> float:
    """Peak signal to noise ratio of pictures in [0, 1] in dB; infinite if they are equal."""
    error = (found.clamp(0, 1) - expected).square().mean()
    return (-10 * error.log10()).item()


def calibration(stylizer: Stylizer, side: int) -> list[Feed]:
    """Example pictures, cut to squares of that side."""
    found = []
    for path in find_pictures(CALIBRATION)[:CALIBRATED]:
        image = fit_within(load_image(path), side).resize((side, side))
        found.append(feed_of(stylizer, to_tensor(image)))
    return found


def in_integers(graph: onnx.ModelProto, pictures: list[Feed], folder: Path) -> onnx.ModelProto:
    """The graph with its convolutions of constant kernels in 8-bit integers.

    Args:
        pictures: that decide the ranges.
        folder: where the library writes its files.
    """

    class Pictures(CalibrationDataReader):
        def __init__(self) -> None:
            self.left = iter(pictures)

        def get_next(self) -> Feed | None:
            return next(self.left, None)

    constant = {item.name for item in graph.graph.initializer}
    nodes = [n.name for n in graph.graph.node if n.op_type == "Conv" and n.input[1] in constant]
    prepared = onnx.ModelProto()
    prepared.CopyFrom(graph)
    add_pre_process_metadata(prepared)  # as is true: sizes are fixed, constants folded
    onnx.save(prepared, folder / "float.onnx")
    quantize_static(
        folder / "float.onnx",
        folder / "int8.onnx",
        Pictures(),
        op_types_to_quantize=["Conv"],  # or ranges are measured of every tensor there is
        nodes_to_quantize=nodes,
        per_channel=True,
        weight_type=QuantType.QInt8,
    )
    return onnx.load(folder / "int8.onnx")


def _session(graph: onnx.ModelProto) -> Run:
    session = Session(graph)
    return lambda feed: session(**{name: torch.from_numpy(x) for name, x in feed.items()})


def _openvino_runs(graph: onnx.ModelProto, small: onnx.ModelProto) -> dict[str, Run]:
    import openvino

    core = openvino.Core()

    def compiled(model: onnx.ModelProto, precision: str) -> Run:
        how = {
            "INFERENCE_NUM_THREADS": torch.get_num_threads(),
            "INFERENCE_PRECISION_HINT": precision,
        }
        run = core.compile_model(core.read_model(model.SerializeToString()), "CPU", how)
        names = {name for item in run.inputs for name in item.names}
        return lambda feed: torch.from_numpy(run({k: v for k, v in feed.items() if k in names})[0])

    runs = {"OpenVINO": compiled(graph, "f32"), "OpenVINO, int8": compiled(small, "f32")}
    if "BF16" in core.get_property("CPU", "OPTIMIZATION_CAPABILITIES"):
        runs["OpenVINO, bfloat16"] = compiled(graph, "bf16")
    return runs
