"""A graph for one size of pictures: all that follows from the size is computed beforehand."""

import tempfile
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
from onnx import helper, numpy_helper

from ccpl.export.trace import OPSET

LEAST_HALF = 64  # entries of what is worth to be kept in float16


def fix_size(model: onnx.ModelProto, sides: tuple[int, int], *, half: bool) -> onnx.ModelProto:
    """A picture graph without conditionals, for contents of that height and width.

    onnxruntime's basic passes fold constants and leave standard operators. The stroke size is 1.

    Args:
        half: keep weights in float16; see `compose.join`.
    """
    fixed = onnx.ModelProto()
    fixed.CopyFrom(model)
    kept = [item for item in fixed.graph.input if item.name != "stroke_size"]
    if len(kept) < len(fixed.graph.input):
        one = numpy_helper.from_array(np.ones(1, np.float32), "stroke_size")
        fixed.graph.initializer.append(one)
    del fixed.graph.input[:]
    fixed.graph.input.extend(kept)
    for item in [*fixed.graph.input, *fixed.graph.output]:
        if item.name in ("content", "picture"):
            for axis, side in zip((2, 3), sides, strict=True):
                item.type.tensor_type.shape.dim[axis].dim_value = side
    facts = {item.key: item.value for item in fixed.metadata_props}
    result = _folded(fixed)
    del result.opset_import[:]
    result.opset_import.append(helper.make_opsetid("", OPSET))
    helper.set_model_props(result, facts | {"size": "x".join(map(str, sides))})
    result.producer_name = model.producer_name
    if half:
        _halve(result.graph)
    return result


def _folded(model: onnx.ModelProto) -> onnx.ModelProto:
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_BASIC
    options.log_severity_level = 3
    with tempfile.TemporaryDirectory() as folder:
        options.optimized_model_filepath = str(Path(folder) / "folded.onnx")
        onnxruntime.InferenceSession(
            model.SerializeToString(), options, providers=["CPUExecutionProvider"]
        )
        return onnx.load(options.optimized_model_filepath)


def _halve(graph: onnx.GraphProto) -> None:
    """Weights to float16, with a cast before they are used."""
    for item in graph.initializer:
        value = numpy_helper.to_array(item)
        if value.dtype != np.float32 or value.size < LEAST_HALF:
            continue
        name = item.name
        item.CopyFrom(numpy_helper.from_array(value.astype(np.float16), f"{name}.half"))
        cast = helper.make_node("Cast", [f"{name}.half"], [name], to=onnx.TensorProto.FLOAT)
        graph.node.insert(0, cast)
