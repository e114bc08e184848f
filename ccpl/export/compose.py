"""Pieces -> whole graphs: what depends on the size of a picture is decided in ONNX itself.

A painting network drafts at a size, and revises as often as the picture is larger than that; so its
graph holds one conditional for every doubling. Formulas and their order are those of
`ccpl.models.painter.network`, in float64, so that sizes are rounded alike.
"""

from collections.abc import Iterable, Mapping

import numpy as np
import onnx
from onnx import NodeProto, helper, inliner, numpy_helper, parser

from ccpl.export.trace import OPSET
from ccpl.models.painter.network import LEAST_SIDE, LONGEST, STRIDE, WORKING_SIDE

DOUBLINGS = 8  # that a graph knows: short sides up to 160 * 2 ** 8
HEADER = f'<ir_version: 8, opset_import: ["" : {OPSET}, "ccpl" : 1]>\n'
PICTURE = "float[1, 3, height, width]"
RESIZE = 'Resize <mode = "linear", coordinate_transformation_mode = "half_pixel">'

WORKING_SIZE = f"""
  sides = Shape <start = 2, end = 4> ({{picture}})
  batch = Shape <start = 0, end = 2> ({{picture}})
  lengths = Cast <to = 11> (sides)
  short = ReduceMin <keepdims = 1> (lengths)
  long = ReduceMax <keepdims = 1> (lengths)
  working = Constant <value = double[1] {{{{{WORKING_SIDE}.0}}}}> ()
  longest = Constant <value = double[1] {{{{{LONGEST}.0}}}}> ()
  stride = Constant <value = double[1] {{{{{STRIDE}.0}}}}> ()
  least = Constant <value = double[1] {{{{{LEAST_SIDE}.0}}}}> ()
  stroke = Cast <to = 11> (stroke_size)
  side = Div (working, stroke)
  by_short = Div (side, short)
  most = Mul (longest, side)
  by_long = Div (most, long)
  scale = Min (by_short, by_long)
  scaled = Mul (lengths, scale)
  steps = Div (scaled, stride)
  whole_steps = Round (steps)
  rounded = Mul (whole_steps, stride)
  draft_lengths = Max (rounded, least)
  draft_sides = Cast <to = 7> (draft_lengths)
  draft_size = Concat <axis = 0> (batch, draft_sides)
"""
FINISH = """
  change = Sub (painted, content)
  part = Mul (change, strength)
  blended = Add (content, part)
  zero = Constant <value = float {0.0}> ()
  one = Constant <value = float {1.0}> ()
  picture = Clip (blended, zero, one)
"""


def painter_style(length: int) -> str:
    """Text of the graph style -> code of `length` numbers."""
    size = WORKING_SIZE.format(picture="style")
    return f"""{HEADER}style (float[1, 3, height, width] style) => (float[1, {length}] code) {{
  stroke_size = Constant <value = float[1] {{1.0}}> ()
  half = AveragePool <kernel_shape = [2, 2], strides = [2, 2]> (style)
{size}
  small = {RESIZE} (half, , , draft_size)
  code = ccpl.style (style, small)
}}"""


def photo_style(length: int) -> str:
    """The same for photo networks."""
    return f"""{HEADER}style (float[1, 3, height, width] style) => (float[1, {length}] code) {{
  code = ccpl.style (style)
}}"""


def photo_picture(length: int, stride: int) -> str:
    """Text of the graph content, code, strength -> picture: padded as `pad_to_multiple` does."""
    return f"""{HEADER}
picture ({PICTURE} content, float[1, {length}] code, float[1] strength) => ({PICTURE} picture) {{
  sides = Shape <start = 2, end = 4> (content)
  batch = Shape <start = 0, end = 2> (content)
  size = Shape (content)
  stride = Constant <value = int64[1] {{{stride}}}> ()
  least = Constant <value = int64[1] {{{2 * stride}}}> ()
  unit = Constant <value = int64[1] {{1}}> ()
  nothing = Constant <value = int64[6] {{0, 0, 0, 0, 0, 0}}> ()
  origin = Constant <value = int64[4] {{0, 0, 0, 0}}> ()
  last = Sub (sides, unit)
  begun = Div (last, stride)
  steps = Add (begun, unit)
  multiple = Mul (steps, stride)
  padded_sides = Max (multiple, least)
  pads = Sub (padded_sides, sides)
  mirrored = Min (pads, last)
  repeated = Sub (pads, mirrored)
  mirror_pads = Concat <axis = 0> (nothing, mirrored)
  repeat_pads = Concat <axis = 0> (nothing, repeated)
  mirror = Pad <mode = "reflect"> (content, mirror_pads)
  padded = Pad <mode = "edge"> (mirror, repeat_pads)
  whole = ccpl.photo (padded, code)
  painted = Slice (whole, origin, size)
{FINISH}
}}"""


def painter_picture(length: int | None) -> str:
    """Text of the graph content, code, strength, stroke size -> picture.

    Args:
        length: of codes; None: the pieces paint in one style, and there is no code.
    """
    size = WORKING_SIZE.format(picture="content")
    taken, given = ("", "") if length is None else (f"float[1, {length}] code, ", ", code")
    return f"""{HEADER}
picture ({PICTURE} content, {taken}float[1] strength, float[1] stroke_size)
  => ({PICTURE} picture) {{
{size}
  enlarged = Div (lengths, draft_lengths)
  ratio = ReduceMax <keepdims = 0> (enlarged)
{_pyramid()}
{_smallest()}
  small = {RESIZE} (start_{1}, , , draft_size)
  picture_{DOUBLINGS} = ccpl.draft (small{given})
{"".join(_level(index, given) for index in reversed(range(DOUBLINGS)))}
  size = Shape (content)
  painted = {RESIZE} (picture_0, , , size)
{FINISH}
}}"""


def _pyramid() -> str:
    """level_0 is the content, each of the others half as large; there is level_k if has_k."""
    lines = ["  level_0 = Identity (content)"]
    for k in range(DOUBLINGS + 1):
        limit = 1.02 if k == 0 else 2 ** (k + 0.1)  # as `pyramid` counts
        lines.append(f"  limit_{k} = Constant <value = double {{{limit!r}}}> ()")
        lines.append(f"  has_{k} = Greater (ratio, limit_{k})")
    for k in range(1, DOUBLINGS):
        lines += [
            f"  shape_{k} = Shape <start = 2, end = 4> (level_{k - 1})",
            f"  two_{k} = Constant <value = int64[1] {{2}}> ()",
            f"  odd_{k} = Mod (shape_{k}, two_{k})",
            f"  none_{k} = Constant <value = int64[6] {{0, 0, 0, 0, 0, 0}}> ()",
            f"  pads_{k} = Concat <axis = 0> (none_{k}, odd_{k})",
            f'  even_{k} = Pad <mode = "edge"> (level_{k - 1}, pads_{k})',
            f"  level_{k} = AveragePool <kernel_shape = [2, 2], strides = [2, 2]> (even_{k})",
        ]
    return "\n".join(lines)


def _smallest() -> str:
    """start_1 is the smallest level that there is, which the draft is made from."""
    lines = [f"  start_{DOUBLINGS} = Identity (level_{DOUBLINGS - 1})"]
    for k in reversed(range(1, DOUBLINGS)):
        lines.append(
            f"""  start_{k} = If (has_{k}) <
    then_branch = deeper_{k} () => (float[1, 3, ah_{k}, aw_{k}] a_{k}) {{
      a_{k} = Identity (start_{k + 1})
    }},
    else_branch = here_{k} () => (float[1, 3, bh_{k}, bw_{k}] b_{k}) {{
      b_{k} = Identity (level_{k - 1})
    }}>"""
        )
    return "\n".join(lines)


def _level(k: int, given: str) -> str:
    """picture_{k + 1} revised at the size of level_k, if there is that level, is picture_k."""
    return f"""
  picture_{k} = If (has_{k}) <
    then_branch = revise_{k} () => (float[1, 3, rh_{k}, rw_{k}] r_{k}) {{
      size_{k} = Shape (level_{k})
      sides_{k} = Shape <start = 2, end = 4> (level_{k})
      pair_{k} = Constant <value = int64[1] {{2}}> ()
      excess_{k} = Mod (sides_{k}, pair_{k})
      blank_{k} = Constant <value = int64[6] {{0, 0, 0, 0, 0, 0}}> ()
      rims_{k} = Concat <axis = 0> (blank_{k}, excess_{k})
      up_{k} = {RESIZE} (picture_{k + 1}, , , size_{k})
      up_even_{k} = Pad <mode = "edge"> (up_{k}, rims_{k})
      level_even_{k} = Pad <mode = "edge"> (level_{k}, rims_{k})
      revised_{k} = If (has_{k + 1}) <
        then_branch = grain_{k} () => (float[1, 3, gh_{k}, gw_{k}] g_{k}) {{
          g_{k} = ccpl.grain (up_even_{k}, level_even_{k}{given})
        }},
        else_branch = strokes_{k} () => (float[1, 3, sh_{k}, sw_{k}] s_{k}) {{
          s_{k} = ccpl.strokes (up_even_{k}, level_even_{k}{given})
        }}>
      corner_{k} = Constant <value = int64[4] {{0, 0, 0, 0}}> ()
      r_{k} = Slice (revised_{k}, corner_{k}, size_{k})
    }},
    else_branch = keep_{k} () => (float[1, 3, kh_{k}, kw_{k}] k_{k}) {{
      k_{k} = Identity (picture_{k + 1})
    }}>"""


def join(text: str, pieces: Mapping[str, onnx.ModelProto], *, half: bool) -> onnx.ModelProto:
    """The graph of a text, with pieces in place of the operators of the domain "ccpl".

    Args:
        pieces: by operator.
        half: keep weights in float16; they are cast to float32 before they are used.
    """
    model = parser.parse_model(text)
    weights: dict[str, list[str]] = {}
    for name, piece in pieces.items():
        own = [item.name for item in piece.graph.initializer]
        weights[name] = [f"{name}.{item}" for item in own]
        model.functions.append(
            helper.make_function(
                "ccpl",
                name,
                [*(item.name for item in piece.graph.input), *own],
                [item.name for item in piece.graph.output],
                list(piece.graph.node),
                [helper.make_opsetid("", OPSET)],
            )
        )
        for item, label in zip(piece.graph.initializer, weights[name], strict=True):
            _add_weight(model.graph, label, numpy_helper.to_array(item), half=half)
    for node in _nodes(model.graph.node):
        if node.domain == "ccpl":
            node.input.extend(weights[node.op_type])
    model = inliner.inline_local_functions(model)
    del model.opset_import[1:]
    return model


def _add_weight(graph: onnx.GraphProto, name: str, value: np.ndarray, *, half: bool) -> None:
    if not half or value.dtype != np.float32:
        graph.initializer.append(numpy_helper.from_array(value, name))
        return
    graph.initializer.append(numpy_helper.from_array(value.astype(np.float16), f"{name}.half"))
    cast = helper.make_node("Cast", [f"{name}.half"], [name], to=onnx.TensorProto.FLOAT)
    graph.node.insert(0, cast)


def _nodes(nodes: Iterable[NodeProto]) -> Iterable[NodeProto]:
    """All nodes, those of branches too."""
    for node in nodes:
        yield node
        for attribute in node.attribute:
            if attribute.type == onnx.AttributeProto.GRAPH:
                yield from _nodes(attribute.g.node)
