"""One piece of a network -> ONNX, by tracing.

Traced, the sides of pictures stay inputs of the graph; nothing is specialised to the example.
"""

import io
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import onnx
import torch
from torch.onnx import register_custom_op_symbolic, symbolic_helper, unregister_custom_op_symbolic

from ccpl.export.pieces import Piece
from ccpl.models.statistics import spline

OPSET = 17  # of ONNX: what runtimes of the last years know


@torch.no_grad()
def trace(piece: Piece) -> onnx.ModelProto:
    """The piece as a model whose inputs and output are named as the piece has it."""
    buffer, names = io.BytesIO(), list(piece.inputs)
    with _symbolics(), _plain_attention(), warnings.catch_warnings():
        warnings.simplefilter(
            "ignore"
        )  # shapes that do not differ are constants, as they should be
        torch.onnx.export(
            piece.module.eval(),
            tuple(piece.inputs.values()),
            buffer,
            dynamo=False,
            opset_version=OPSET,
            input_names=names,
            output_names=[piece.output],
            dynamic_axes=piece.free,
        )
    spline.cache_clear()  # it kept what was traced
    return onnx.load_from_string(buffer.getvalue())


@contextmanager
def _symbolics() -> Iterator[None]:
    """Operators that the tracer does not know."""
    known = {"aten::diag_embed": _diag_embed, "aten::mT": _transpose}
    known["aten::triu_indices"] = _triu_indices
    for name, symbolic in known.items():
        register_custom_op_symbolic(name, symbolic, OPSET)
    try:
        yield
    finally:
        for name in known:
            unregister_custom_op_symbolic(name, OPSET)


def _diag_embed(g: Any, x: Any, *_: Any) -> Any:
    """Vectors (B, N) -> diagonal matrices (B, N, N)."""
    size = symbolic_helper._get_tensor_dim_size(x, -1)
    axis = g.op("Constant", value_t=torch.tensor([2]))
    return g.op("Mul", g.op("Unsqueeze", x, axis), g.op("Constant", value_t=torch.eye(size)))


def _triu_indices(g: Any, rows: Any, columns: Any, offset: Any, *_: Any) -> Any:
    """Where the upper triangle of a matrix is: (2, N)."""
    sizes = (symbolic_helper._get_const(part, "i", "size") for part in (rows, columns, offset))
    return g.op("Constant", value_t=torch.triu_indices(*sizes))


def _transpose(g: Any, x: Any) -> Any:
    """Matrices (..., M, N) -> (..., N, M)."""
    *first, rows, columns = range(symbolic_helper._get_tensor_rank(x))
    return g.op("Transpose", x, perm_i=[*first, columns, rows])


@contextmanager
def _plain_attention() -> Iterator[None]:
    """Transformer layers as their plain operators, not as the fused one."""
    before = torch.backends.mha.get_fastpath_enabled()
    torch.backends.mha.set_fastpath_enabled(False)
    try:
        yield
    finally:
        torch.backends.mha.set_fastpath_enabled(before)
