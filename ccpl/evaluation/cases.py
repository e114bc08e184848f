"""What a benchmark times, and the pictures and clips it times it on, all made up on the spot."""

import subprocess
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor
from torch.utils.flop_counter import FlopCounterMode

from ccpl.colour.cube import save_cube
from ccpl.colour.lut import identity, plain_lut
from ccpl.evaluation.timing import time_modules
from ccpl.image import to_tensor, to_uint8
from ccpl.models import StyleCode
from ccpl.painting.stylizer import Stylizer
from ccpl.video import VideoReader, VideoWriter, probe, stylize_video
from ccpl.video.ffmpeg import executable, file_url
from ccpl.video.filters import EXACT
from ccpl.video.grade import Grade

PEAK_SIDE = 2048  # of the matrices whose product sets the peak
RATE = Fraction(30)  # frames a second of the test clip


@dataclass(frozen=True)
class Case:
    """Something to time."""

    name: str
    run: Callable[[], object]
    frames: int = 1  # what one run makes
    gflop: float | None = None  # for a frame
    psnr: float | None = None  # dB, of its picture to the network's in float32


def peak_cases(stylizer: Stylizer) -> list[Case]:
    """Two large dense products in the network's number format: what the machine can do at best.

    A matrix multiply and a 3x3 convolution, because torch has them done by two libraries, of which
    either may be the faster on a processor.
    """
    options = {"device": stylizer.device, "dtype": _dtype(stylizer)}
    side, width = PEAK_SIDE, PEAK_SIDE // 8
    a, b = (torch.rand(side, side, **options) for _ in range(2))
    feats = torch.rand(1, width, 64, 64, **options).contiguous(memory_format=torch.channels_last)
    kernel = torch.rand(width, width, 3, 3, **options).contiguous(memory_format=torch.channels_last)
    multiply = torch.inference_mode()(lambda: a @ b)
    convolve = torch.inference_mode()(lambda: F.conv2d(feats, kernel, padding=1))
    return [
        Case("matrix multiply", multiply, gflop=2 * side**3 / 1e9),
        Case("dense convolution", convolve, gflop=2 * 9 * (width * 64) ** 2 / 1e9),
    ]


def picture_cases(stylizer: Stylizer, sizes: Sequence[int], batch_size: int) -> Iterator[Case]:
    """Every size: the network alone, a batch of it, and a picture from PIL to PIL."""
    code = stylizer.encode_style(style_picture())
    for size in sizes:
        image = picture(size)
        batch = _to_device(stylizer, to_tensor(image).expand(batch_size, -1, -1, -1))
        one = batch[:1].contiguous(memory_format=torch.channels_last)
        gflop = count_gflop(stylizer, one)
        name = f"{size}x{size}"
        yield Case(f"network {name}", _inference(stylizer, one, code), gflop=gflop)
        many = _inference(stylizer, batch, code)
        yield Case(f"batch of {batch_size}, {name}", many, batch_size, gflop)
        yield Case(f"picture {name}", lambda image=image: stylizer.stylize(image, code))


def clip_cases(
    stylizer: Stylizer, folder: Path, frame_size: tuple[int, int], count: int, batch_size: int
) -> Iterator[Case]:
    """A clip from end to end, its three stages one by one, and the way of a camera's frame."""
    source, target = folder / "clip.mp4", folder / "out.mp4"
    frames = [_frame(frame_size, i) for i in range(count)]
    _encode(source, frames)
    info, style = probe(source), style_picture()
    size = "{1}x{0}".format(*frame_size)
    batches = [
        torch.cat([to_tensor(f) for f in frames[i : i + batch_size]])
        for i in range(0, len(frames), batch_size)
    ]

    def paint() -> None:
        stylize = stylizer.frame_stylizer(style)
        for batch in batches:
            stylize(batch, torch.ones(len(batch)), torch.zeros(len(batch), dtype=torch.bool))

    def decode() -> None:
        with VideoReader(info) as reader:
            for _ in reader:
                pass

    def convert() -> None:
        for frame in frames:
            np.ascontiguousarray(to_uint8(to_tensor(frame))[0].numpy())

    def whole() -> None:
        for _ in stylize_video(source, target, stylizer.frame_stylizer(style)):
            pass

    def graded() -> None:
        for _ in stylize_video(source, target, Grade([Fraction(0)], [plain_lut(identity(33))])):
            pass

    yield Case("clip: decode", decode, count)
    yield Case("clip: network", paint, count)
    yield Case("clip: encode", lambda: _encode(target, frames), count)
    yield Case(f"video {size}, end to end", whole, count)
    yield Case(f"video {size}, one LUT, end to end", graded, count)
    yield Case(f"video {size}, one LUT, ffmpeg alone", _lut3d(source, folder), count)
    yield Case(f"camera {size}", _camera(stylizer, frames), count)
    yield Case("conversion of a frame, both ways", convert, count)


def _lut3d(source: Path, folder: Path) -> Callable[[], None]:
    """What ffmpeg's own filter needs for the same LUT, scaled and encoded alike."""
    save_cube(plain_lut(identity(33)), folder / "identity.cube")
    to_rgb = f"scale=out_range=pc:{EXACT},format=rgb24,lut3d=identity.cube:interp=tetrahedral"
    filters = f"{to_rgb},scale=out_color_matrix=bt709:out_range=tv:{EXACT},format=yuv420p"
    encode = ["-c:v", "libx264", "-preset", "veryfast", "-crf", "18", "lut3d.mp4"]
    command = [executable(), "-v", "error", "-y", "-i", file_url(source), "-vf", filters, *encode]
    return lambda: subprocess.run(command, cwd=folder, stdin=subprocess.DEVNULL, check=True)


def _camera(stylizer: Stylizer, frames: list[np.ndarray]) -> Callable[[], None]:
    """Frames one at a time, as a camera gives them: (H, W, 3) uint8 in and out."""

    def run() -> None:
        stylize = stylizer.frame_stylizer(style_picture())
        for i, frame in enumerate(frames):
            done = stylize(to_tensor(frame), torch.ones(1), torch.tensor([i == 0]))
            np.ascontiguousarray(to_uint8(done)[0].numpy())

    return run


def count_gflop(stylizer: Stylizer, image: Tensor) -> float:
    """Floating point operations of the network on a picture, in units of 1e9; multiply-add is two.

    Convolutions and matrix products are counted, sums and copies are not.
    """
    code = stylizer.encode_style(style_picture())
    with torch.no_grad(), FlopCounterMode(display=False) as counter:
        stylizer.network(image.clone(), code)
    return counter.get_total_flops() / 1e9


def network_stages(stylizer: Stylizer, picture: Image.Image) -> dict[str, float]:
    """Milliseconds every part of the network takes for one picture; see `time_modules`."""
    code = stylizer.encode_style(style_picture())
    return time_modules(stylizer.network, _to_device(stylizer, to_tensor(picture)), code)


def _inference(stylizer: Stylizer, images: Tensor, code: StyleCode) -> Callable[[], Tensor]:
    return torch.inference_mode()(lambda: stylizer.network(images, code))


def _to_device(stylizer: Stylizer, images: Tensor) -> Tensor:
    return images.to(stylizer.device).contiguous(memory_format=torch.channels_last)


def _dtype(stylizer: Stylizer) -> torch.dtype:
    return next(stylizer.network.parameters()).dtype


def _encode(path: Path, frames: Sequence[np.ndarray]) -> None:
    with VideoWriter(path, size=frames[0].shape[:2], rate=RATE) as writer:
        for frame in frames:
            writer.write(frame)


def picture(side: int) -> Image.Image:
    """A square picture with smooth and with busy parts."""
    return Image.fromarray(_frame((side, side), 0))


def style_picture() -> Image.Image:
    """Some style: its looks do not change how long anything takes."""
    return Image.fromarray(255 - _frame((384, 384), 7))


def _frame(size: tuple[int, int], index: int) -> np.ndarray:
    """Frame `index` of a moving pattern, (H, W, 3) uint8."""
    y, x = np.mgrid[: size[0], : size[1]]
    waves = [np.sin((x + 3 * index) / (9 + 7 * c) + np.sin(y / (11 + 5 * c))) for c in range(3)]
    noise = np.random.default_rng(index).normal(0, 3, (*size, 3))
    return (np.stack(waves, 2) * 100 + 128 + noise).clip(0, 255).astype(np.uint8)
