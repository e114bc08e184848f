"""Graphs for onnxruntime-web on a GPU, whose build has no place for casts to float64."""

import numpy as np
import onnx
from onnx import TensorProto, numpy_helper


def without_doubles(model: onnx.ModelProto) -> onnx.ModelProto:
    """The same graph, with the arithmetic of sizes in float32.

    It rounds alike but for one of 10,000 sizes, whose draft is STRIDE pixels larger or smaller.
    """
    single = onnx.ModelProto()
    single.CopyFrom(model)
    for node in single.graph.node:
        for part in node.attribute:
            if (node.op_type, part.name, part.i) == ("Cast", "to", TensorProto.DOUBLE):
                part.i = TensorProto.FLOAT
            elif part.t.data_type == TensorProto.DOUBLE:
                value = numpy_helper.to_array(part.t).astype(np.float32)
                part.t.CopyFrom(numpy_helper.from_array(value))
    return single
