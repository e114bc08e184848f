"""Whether onnxruntime paints what the network paints."""

from dataclasses import replace

import onnx
import onnxruntime
import torch
from PIL import Image
from torch import Tensor

from ccpl.errors import InputError
from ccpl.export.pieces import to_vector
from ccpl.image import to_image
from ccpl.painting.stylizer import Stylizer

NEAR, FAR = 1 / 255, 4 / 255  # of values in [0, 1]
SHARE = 0.999  # of the values that are near at least
# Heights, widths and strengths: tiny, below, at and above the size of drafts.
CASES = (((1, 1), 1.0), ((7, 90), 1.0), ((97, 64), 0.5), ((240, 320), 1.0), ((301, 199), 1.0))
CODE_ERROR = 1e-3  # largest of a code's differences, relative to its largest number


class Session:
    """A graph ready to run on the CPU."""

    def __init__(self, model: onnx.ModelProto) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = torch.get_num_threads()
        options.log_severity_level = 3
        data = model.SerializeToString()
        self.session = onnxruntime.InferenceSession(
            data, options, providers=["CPUExecutionProvider"]
        )
        self.inputs = {item.name for item in self.session.get_inputs()}

    def __call__(self, **inputs: Tensor) -> Tensor:
        """Run; what the graph does not take is left out, amounts are 1 if not given."""
        given = {"strength": torch.ones(1), "stroke_size": torch.ones(1), **inputs}
        feed = {k: v.numpy() for k, v in given.items() if k in self.inputs}
        return torch.from_numpy(self.session.run(None, feed)[0])


def check_style(stylizer: Stylizer, model: onnx.ModelProto) -> None:
    """Raise InputError unless the style graph makes the codes that the network makes."""
    session, network = Session(model), stylizer.network
    with torch.inference_mode():
        for picture in (patterns(512, 640), patterns(264, 256)):
            expected = to_vector(network, network.encode_style(picture))
            gap = ((session(style=picture) - expected).abs().max() / expected.abs().max()).item()
            if not gap <= CODE_ERROR:
                raise InputError(
                    f"onnxruntime makes other codes than {stylizer.name}: they differ by {gap:.2g}"
                )


def check_picture(
    stylizer: Stylizer,
    model: onnx.ModelProto,
    *,
    style: Image.Image | None = None,
    sides: tuple[int, int] | None = None,
) -> None:
    """Raise InputError unless the picture graph paints what the network paints.

    Args:
        style: that is baked in.
        sides: height and width that the graph is for; None: any.
    """
    session = Session(model)
    cases = [(sides, strength) for strength in (1.0, 0.5)] if sides else CASES
    code = stylizer.encode_style(style or to_image(patterns(300, 280)))
    for size, strength in cases:
        content, look = patterns(*size), replace(stylizer.look, strength=strength)
        given = {"code": to_vector(stylizer.network, code)} if "code" in session.inputs else {}
        with torch.inference_mode():
            expected = stylizer.route.stylize(content, code, look).clamp(0, 1)
            found = session(content=content, strength=torch.tensor([strength]), **given)
        near, most = agreement(found, expected)
        if near < SHARE or most > FAR:
            raise InputError(
                f"onnxruntime does not paint what {stylizer.name} paints at {size[0]}x{size[1]}: "
                f"{near:.2%} of the values are within 1/255, the largest difference is "
                f"{most * 255:.1f}/255"
            )


def patterns(height: int, width: int) -> Tensor:
    """A picture with broad light, fine waves and edges: (1, 3, H, W) in [0, 1]."""
    y, x = ((torch.arange(n) + 0.5)[None] / n for n in (height, width))
    y, x = y[:, :, None], x[:, None]
    tint = torch.tensor([0.0, 2.0, 4.0])[:, None, None]
    broad = torch.sin(3 * x + 4 * y + tint)
    fine = torch.sin(150 * x * (y + 0.3) + tint) * torch.cos(90 * y)
    edges = torch.sign(torch.sin(17 * x - 11 * y))
    return (0.5 + 0.22 * broad + 0.12 * fine + 0.14 * edges)[None].clamp(0, 1)


def agreement(found: Tensor, expected: Tensor) -> tuple[float, float]:
    """The share of values that differ by NEAR at most, and the largest difference."""
    gap = (found - expected).abs()
    return (gap <= NEAR).float().mean().item(), gap.max().item()
