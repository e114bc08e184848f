"""Stylizer: a picture in, a picture out; a style is encoded once and kept.

Safe to share between threads: it holds no state of a request.
"""

import functools
import hashlib
import threading
from collections import OrderedDict
from collections.abc import Sequence
from operator import itemgetter
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from ccpl.config import ARCHS, MODES, check_choice
from ccpl.device import pick_device, pick_dtype
from ccpl.errors import InputError
from ccpl.files.weights import WEIGHTS_DIR, load_network
from ccpl.image import (
    Picture,
    fit_within,
    join_alpha,
    keep_colors,
    mask_tensor,
    pad_to_multiple,
    split_alpha,
    to_tensor,
    to_uint8,
    visible_part,
)
from ccpl.models import StyleCode, StyleTransferNet, mix_codes
from ccpl.models.statistics import ContentStats, map_tensors
from ccpl.painting.tiles import stylize_tiled

# Short side, in pixels, at which styles are encoded: that of training.
STYLE_SIDE = {"lite": 256, "vgg19": 512}
CACHED_STYLES = 64
SMOOTHING = 0.1  # share of a new frame in the running content statistics
TILE = {"lite": 1024, "vgg19": 512}  # pixels; larger pictures are cut

Style = Picture | StyleCode | Sequence[tuple[Picture, float]]


class Stylizer:
    """Applies one network.

    Args:
        network: a trained network.
        device: where to run it.
        dtype: of its weights and features; statistics stay float32.
    """

    def __init__(
        self, network: StyleTransferNet, *, device: str = "cpu", dtype: torch.dtype = torch.float32
    ) -> None:
        self.device = torch.device(device)
        self.network = network.eval().to(self.device, dtype, memory_format=torch.channels_last)
        self._styles: OrderedDict[tuple[str, float], StyleCode] = OrderedDict()
        self._lock = threading.Lock()

    @property
    def name(self) -> str:
        """arch.mode of the network."""
        return self.network.config.name

    @property
    def mode(self) -> str:
        """artistic, photo or perceptual."""
        return self.network.config.mode

    @torch.inference_mode()
    def encode_style(self, style: Style, *, scale: float = 1.0) -> StyleCode:
        """Reduce a style to its code, remembered by the picture's pixels.

        Args:
            style: a picture; a code (returned as it is); or (picture, weight) pairs to blend.
            scale: size of the strokes: above 1 the style is seen enlarged. 0.25 to 4.
        Raises:
            InputError: a picture is transparent throughout, or a number out of range.
        """
        if isinstance(style, StyleCode):
            return style
        if not isinstance(style, Image.Image | np.ndarray):
            pairs = [(picture, w) for picture, w in style if w > 0]
            if not pairs:
                raise InputError("every style of the blend has weight 0; raise one of them")
            codes = [self.encode_style(picture, scale=scale) for picture, _ in pairs]
            return mix_codes(codes, [w for _, w in pairs])
        if not 0.25 <= scale <= 4:
            raise InputError(f"style scale must lie between 0.25 and 4, got {scale:g}")
        image = visible_part(style)
        key = (hashlib.sha256(image.tobytes() + repr(image.size).encode()).hexdigest(), scale)
        with self._lock:
            if key in self._styles:
                self._styles.move_to_end(key)
                return self._styles[key]
        code = self.network.encode_style(self.style_tensor(image, scale))
        with self._lock:
            self._styles[key] = code
            while len(self._styles) > CACHED_STYLES:
                self._styles.popitem(last=False)
        return code

    def style_tensor(self, image: Image.Image, scale: float = 1.0) -> Tensor:
        """Resize to the size styles are encoded at; very long pictures keep to four times it."""
        side = STYLE_SIDE[self.network.config.arch] * scale
        factor = min(side / min(image.size), 4 * side / max(image.size))
        size = tuple(max(1, round(n * factor)) for n in image.size)
        tensor = to_tensor(image.resize(size, Image.Resampling.LANCZOS))
        return self._to_device(pad_to_multiple(tensor, self.network.stride, least=64))

    def padded(self, images: Tensor) -> Tensor:
        """Pictures (B, 3, H, W) as the network wants them: on its device, of sides it can halve."""
        stride = self.network.stride
        return self._to_device(pad_to_multiple(images, stride, least=2 * stride))

    def cropped(self, results: Tensor, images: Tensor) -> Tensor:
        """Undo `padded`: results of the size of `images`, on the CPU, in float32."""
        height, width = images.shape[2:]
        return results[..., :height, :width].float().cpu()

    def _to_device(self, tensor: Tensor) -> Tensor:
        return tensor.to(self.device, memory_format=torch.channels_last)

    @torch.inference_mode()
    def stylize(
        self,
        content: Picture,
        style: Style,
        *,
        strength: float = 1.0,
        max_side: int | None = None,
        keep_colors: bool = False,
        style_scale: float = 1.0,
        mask: Picture | None = None,
    ) -> Picture:
        """Stylize one picture.

        Args:
            content: PIL image or (H, W, 1 | 3 | 4) uint8; transparency is kept.
            style: see `encode_style`.
            strength: 0 returns the content, 1 the full style.
            max_side: longer side of the result in pixels; smaller contents keep their size.
            keep_colors: take only the brightness from the stylized picture.
            style_scale: size of the strokes, 0.25 to 4.
            mask: a grey picture, resized to the content: white is stylized, black is kept.
        Returns:
            The kind it got, RGB or RGBA, of the content's size (or `max_side`).
        Raises:
            InputError: strength or scale out of range, or not an 8-bit picture.
        """
        check_strength(strength)
        image, alpha = split_alpha(content)
        original = fit_within(image, max_side)
        source = to_tensor(original)
        code = self.encode_style(style, scale=style_scale)
        result = self._run(source, code, strength).clamp_(0, 1)
        if keep_colors:
            result = _keep_colors(source, result)
        if mask is not None:
            result = torch.lerp(source, result, mask_tensor(mask, original.size))
        pixels = to_uint8(result)[0].numpy()
        if alpha is not None:
            pixels = join_alpha(pixels, alpha.resize(original.size), content)
        return Image.fromarray(pixels) if isinstance(content, Image.Image) else pixels

    def _run(self, source: Tensor, code: StyleCode, strength: float) -> Tensor:
        """(1, 3, H, W) of any size on the CPU -> the same, through the network, tiled if large."""
        side = TILE[self.network.config.arch]
        padded = self.padded(source)
        if max(padded.shape[2:]) > 2 * side:
            out = stylize_tiled(self.network, padded, code, strength=strength, side=side)
        else:
            out = self.network(padded, code, strength=strength)
        return self.cropped(out, source)

    def frame_stylizer(
        self,
        style: Style,
        *,
        keep_colors: bool = False,
        style_scale: float = 1.0,
        smooth: bool = True,
    ) -> "FrameStylizer":
        """A callable for the frames of one clip or camera, in order; see FrameStylizer."""
        code = self.encode_style(style, scale=style_scale)
        return FrameStylizer(self, code, keep_colors=keep_colors, smooth=smooth)


class FrameStylizer:
    """Stylizes consecutive frames; content statistics are a running mean, restarted at cuts.

    Args:
        stylizer: the network to use.
        code: the style.
        keep_colors: take only the brightness from the stylized frames.
        smooth: smooth the statistics over time.
    """

    def __init__(
        self, stylizer: Stylizer, code: StyleCode, *, keep_colors: bool = False, smooth: bool = True
    ) -> None:
        self.stylizer, self.code = stylizer, code
        self.keep_colors, self.smooth = keep_colors, smooth
        self.stats: ContentStats | None = None

    @torch.inference_mode()
    def __call__(self, frames: Tensor, strengths: Tensor, cuts: Tensor) -> Tensor:
        """Stylize a batch of frames.

        Args:
            frames: (B, 3, H, W) in [0, 1] on the CPU, in order of time.
            strengths: (B,) in [0, 1].
            cuts: (B,) bool, True at the first frame of a scene.
        Returns:
            (B, 3, H, W) in [0, 1] on the CPU.
        """
        network = self.stylizer.network
        padded = self.stylizer.padded(frames)
        feats = network.encode_content(padded)
        stats = network.content_stats(feats, padded)
        if self.smooth:
            stats = self._smoothed(stats, cuts.tolist())
        strength = strengths.to(padded).view(-1, 1, 1, 1)
        out = network.decode(feats, padded, self.code, strength=strength, stats=stats)
        out = self.stylizer.cropped(out, frames).clamp_(0, 1)
        return _keep_colors(frames, out) if self.keep_colors else out

    def _smoothed(self, own: ContentStats, cuts: list[bool]) -> ContentStats:
        """Running mean of every frame's statistics, in order of time."""
        history = []
        for i, cut in enumerate(cuts):
            now = map_tensors(itemgetter(slice(i, i + 1)), own)
            if self.stats is not None and not cut:
                now = map_tensors(lambda old, new: old.lerp(new, SMOOTHING), self.stats, now)
            self.stats = now
            history.append(now)
        return map_tensors(lambda *parts: torch.cat(parts), *history)


def check_strength(strength: float) -> None:
    """Raise InputError unless 0 <= strength <= 1."""
    if not 0 <= strength <= 1:
        raise InputError(f"strength must lie between 0 and 1, got {strength:g}")


_keep_colors = keep_colors  # the methods have an argument of that name


def load_stylizer(
    mode: str = "artistic",
    *,
    arch: str = "lite",
    device: str = "auto",
    dtype: str = "auto",
    weights_dir: str | Path = WEIGHTS_DIR,
) -> Stylizer:
    """Load a model that ships with the project; the same one is loaded once.

    Args:
        mode: artistic, photo or perceptual.
        arch: lite, or vgg19 where its weights were imported.
        device: auto, cpu or cuda.
        dtype: float32, bfloat16, or auto: bfloat16 for vgg19 where the device has it natively.
        weights_dir: folder of <arch>.<mode>.safetensors files.
    Raises:
        ValueError: unknown mode, architecture or dtype; the choices are listed.
        InputError: the weight file is missing or altered.
    """
    check_choice("mode", mode, MODES)
    check_choice("architecture", arch, ARCHS)
    path = Path(weights_dir) / f"{arch}.{mode}.safetensors"
    where = pick_device(device)
    return _load(path, str(where), pick_dtype(dtype, where, prefer_bf16=arch == "vgg19"))


@functools.lru_cache(maxsize=8)
def _load(path: Path, device: str, dtype: torch.dtype) -> Stylizer:
    return Stylizer(load_network(path), device=device, dtype=dtype)
