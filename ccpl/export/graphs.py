"""Networks as ONNX: a graph from a style to its code, one from a picture and a code on.

    style (1, 3, H, W) -> code (1, N)
    content (1, 3, H, W), code, strength (1), stroke_size (1) -> picture (1, 3, H, W)

All float32, pictures in [0, 1]; photos have no stroke size. A tuned style takes no code.
"""

import json
from typing import NamedTuple

import onnx
import torch
from onnx import helper, numpy_helper

from ccpl.export import compose
from ccpl.export.pieces import pieces_of, to_vector
from ccpl.export.trace import OPSET, trace
from ccpl.models import FixedPainter, PainterNet
from ccpl.models.painter.network import STYLE_SIDE, WORKING_SIDE
from ccpl.painting.routes import STATISTICS_SIDE, STYLE_STRIDE
from ccpl.painting.stylizer import Stylizer

INPUTS = {
    "style": "RGB in [0, 1], (1, 3, H, W); sides multiples of 8, the shorter one best {side}",
    "content": "RGB in [0, 1], (1, 3, H, W); any size{largest}",
    "code": "of the style graph, (1, {length})",
    "strength": "(1), 0 is the content, 1 the full style",
    "stroke_size": "(1), 1 is natural, 0.25 fine to 4 large",
}


class Graphs(NamedTuple):
    """A network in two graphs."""

    style: onnx.ModelProto
    picture: onnx.ModelProto


def build_graphs(stylizer: Stylizer, *, half: bool = False) -> Graphs:
    """Both graphs of a small network, for pictures of any size.

    Args:
        stylizer: of arch lite, on the CPU, in float32.
        half: see `OnnxConfig`.
    """
    network = stylizer.network
    parts = pieces_of(network)
    traced = {name: trace(piece) for name, piece in parts.items()}
    style_piece = {"style": traced.pop("style")}
    (length,) = {part.inputs["code"].shape[1] for part in parts.values() if "code" in part.inputs}
    painter = isinstance(network, PainterNet)
    if painter:
        style, picture = compose.painter_style(length), compose.painter_picture(length)
    else:
        style, picture = compose.photo_style(length), compose.photo_picture(length, network.stride)
    graphs = Graphs(
        compose.join(style, style_piece, half=half), compose.join(picture, traced, half=half)
    )
    for model in graphs:
        describe(model, stylizer, length)
    return graphs


def build_tuned(stylizer: Stylizer, *, half: bool = False) -> onnx.ModelProto:
    """The one graph content, strength (and stroke size) -> picture of a tuned style."""
    network = stylizer.network
    if not isinstance(network, FixedPainter):
        graphs = build_graphs(stylizer, half=half)
        return bake(graphs.picture, to_vector(network, stylizer.own))
    traced = {name: trace(piece) for name, piece in pieces_of(network).items()}
    model = compose.join(compose.painter_picture(None), traced, half=half)
    describe(model, stylizer)
    return model


def describe(model: onnx.ModelProto, stylizer: Stylizer, length: int | None = None) -> None:
    """Write into a model what it is and what it takes.

    Args:
        length: of codes, where it takes or makes them.
    """
    painter = isinstance(stylizer.network, PainterNet | FixedPainter)
    side = STYLE_SIDE if painter else STATISTICS_SIDE[stylizer.network.config.arch]
    most = WORKING_SIDE * 2**compose.DOUBLINGS
    largest = f", its shorter side up to {most} times the stroke size" if painter else ""
    taken = {
        item.name: INPUTS[item.name].format(side=side, largest=largest, length=length)
        for item in model.graph.input
    }
    facts = {
        "network": stylizer.name,
        "opset": str(OPSET),
        "inputs": json.dumps(taken),
        "style_side": str(side),
        "style_stride": str(STYLE_STRIDE),
    }
    helper.set_model_props(model, facts)
    model.producer_name = "ccpl"


def bake(model: onnx.ModelProto, code: torch.Tensor) -> onnx.ModelProto:
    """The picture graph in one style, whose code is no input any more."""
    baked = onnx.ModelProto()
    baked.CopyFrom(model)
    kept = [item for item in baked.graph.input if item.name != "code"]
    del baked.graph.input[:]
    baked.graph.input.extend(kept)
    baked.graph.initializer.append(numpy_helper.from_array(code.numpy(), "code"))
    return baked
