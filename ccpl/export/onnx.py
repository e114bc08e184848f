"""`--export onnx`: a network as files that other runtimes run."""

from collections.abc import Iterator
from pathlib import Path

import onnx

from ccpl.atomic import check_folder, write_atomically
from ccpl.export.check import check_picture, check_style
from ccpl.export.config import OnnxConfig
from ccpl.export.fixed import fix_size
from ccpl.export.graphs import bake, build_graphs, build_tuned
from ccpl.export.pieces import to_vector
from ccpl.files.tuned import find_tuned
from ccpl.image import load_image
from ccpl.painting.shipped import load_stylizer
from ccpl.painting.tuned import load_tuned_stylizer


def export_onnx(config: OnnxConfig) -> Iterator[Path]:
    """Write the graphs, each checked against the network by onnxruntime before it is there.

    Raises:
        InputError: the style cannot be read, there is no such tuned style, the place cannot be
            written to, or a runtime does not paint what the network paints.
    """
    check_folder(config.output)
    if config.tuned:
        yield _export_tuned(config, find_tuned(config.tuned, any_file=True))
        return
    style = load_image(config.style) if config.style else None
    stylizer = load_stylizer(config.mode, device="cpu", dtype="float32")
    graphs, name = build_graphs(stylizer, half=config.half), stylizer.name
    picture, sides = graphs.picture, config.sides
    if style:
        picture = bake(picture, to_vector(stylizer.network, stylizer.encode_style(style)))
        name = f"{name}.{Path(config.style).stem}"
    else:
        check_style(stylizer, graphs.style)
        yield _save(graphs.style, config.output / f"{name}.style.onnx")
    if sides:
        picture = fix_size(picture, sides, half=config.half)
        name = f"{name}.{config.size}"
    check_picture(stylizer, picture, style=style, sides=sides)
    yield _save(picture, config.output / f"{name}{'' if style else '.picture'}.onnx")


def _export_tuned(config: OnnxConfig, path: Path) -> Path:
    stylizer = load_tuned_stylizer(path, "cpu")
    picture, name = build_tuned(stylizer, half=config.half), f"{stylizer.name}.{path.stem}"
    if config.sides:
        picture = fix_size(picture, config.sides, half=config.half)
        name = f"{name}.{config.size}"
    check_picture(stylizer, picture, sides=config.sides)
    return _save(picture, config.output / f"{name}.onnx")


def _save(model: onnx.ModelProto, path: Path) -> Path:
    write_atomically(path, model.SerializeToString())
    return path
