"""Log footage: from the codes of a camera to Rec.709, which is what networks know, and back.

Curves and primaries are those of the makers: Sony, Technical Summary for S-Gamut3.Cine/S-Log3
(2014); ARRI, ALEXA Log C Curve, EI 800 (2017), and LogC4 Specification (2022); Panasonic,
V-Log/V-Gamut Reference Manual (2014); Canon, Canon Log Gamma Curves (2018).

Light of the scene becomes a picture as in a camera that is set to Rec.709: 18 % grey is code 0.409,
by the curve of ITU-R BT.709. Light above KNEE, which Rec.709 clips at 1, is rolled off to 1 at the
brightest that the log curve holds, by one factor for all three channels, so that no hue turns. On
the way back the same factor is put in again: a grade multiplies highlights, it never clips them,
and what was not changed comes out as it was. Colours outside of Rec.709 go round the network.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from ccpl.colour.lut import Lut, identity, plain_lut
from ccpl.config import Log
from ccpl.srgb import D65, KNEE, SRGB_PRIMARIES, to_xyz

CODES = 1023  # of 10 bits
BLACK, WHITE = 64, 940  # codes that a decoder calls 0 and 1 in narrow range

# LogC4, from the constants of its specification
_A4, _B4, _C4 = (2**18 - 16) / 117.45, (1023 - 95) / 1023, 95 / 1023
_S4 = 7 * math.log(2) * 2 ** (7 - 14 * _C4 / _B4) / (_A4 * _B4)
_T4 = (2 ** (14 * -_C4 / _B4 + 6) - 64) / _A4

Function = Callable[[Tensor], Tensor]
Stylize = Callable[[Tensor, Tensor, Tensor], Tensor]  # see `ccpl.video.stylize_video`


class Camera(NamedTuple):
    """How a maker codes light, which is 1 for a diffuser that reflects all of it."""

    encode: Function
    decode: Function
    primaries: tuple[tuple[float, float], ...]  # x, y of red, green and blue; white is D65
    signal: bool  # codes are counted over the whole signal; else from BLACK to WHITE


def _slog3_encode(light: Tensor) -> Tensor:
    curve = 420 + torch.log10((light.clamp_min(-0.009) + 0.01) / 0.19) * 261.5
    straight = light * (171.2102946929 - 95) / 0.01125 + 95
    return torch.where(light >= 0.01125, curve, straight) / 1023


def _slog3_decode(code: Tensor) -> Tensor:
    code = code * 1023
    curve = 10 ** ((code - 420) / 261.5) * 0.19 - 0.01
    straight = (code - 95) * 0.01125 / (171.2102946929 - 95)
    return torch.where(code >= 171.2102946929, curve, straight)


def _logc3_encode(light: Tensor) -> Tensor:
    curve = 0.247190 * torch.log10((5.555556 * light + 0.052272).clamp_min(1e-6)) + 0.385537
    return torch.where(light > 0.010591, curve, 5.367655 * light + 0.092809)


def _logc3_decode(code: Tensor) -> Tensor:
    curve = (10 ** ((code - 0.385537) / 0.247190) - 0.052272) / 5.555556
    return torch.where(code > 5.367655 * 0.010591 + 0.092809, curve, (code - 0.092809) / 5.367655)


def _logc4_encode(light: Tensor) -> Tensor:
    curve = (torch.log2((_A4 * light + 64).clamp_min(1e-6)) - 6) / 14 * _B4 + _C4
    return torch.where(light >= _T4, curve, (light - _T4) / _S4)


def _logc4_decode(code: Tensor) -> Tensor:
    curve = (2 ** (14 * (code - _C4) / _B4 + 6) - 64) / _A4
    return torch.where(code >= 0, curve, code * _S4 + _T4)


def _vlog_encode(light: Tensor) -> Tensor:
    curve = 0.241514 * torch.log10((light + 0.00873).clamp_min(1e-6)) + 0.598206
    return torch.where(light >= 0.01, curve, 5.6 * light + 0.125)


def _vlog_decode(code: Tensor) -> Tensor:
    curve = 10 ** ((code - 0.598206) / 0.241514) - 0.00873
    return torch.where(code >= 0.181, curve, (code - 0.125) / 5.6)


def _clog3_encode(light: Tensor) -> Tensor:
    light = light / 0.9
    curve = 0.36726845 * torch.log10(light.abs() * 14.98325 + 1)
    ends = torch.where(light < 0, 0.12783901 - curve, 0.12240537 + curve)
    return torch.where(light.abs() <= 0.014, 1.9754798 * light + 0.12512219, ends)


def _clog3_decode(code: Tensor) -> Tensor:
    above = (10 ** ((code - 0.12240537) / 0.36726845) - 1) / 14.98325
    below = -(10 ** ((0.12783901 - code) / 0.36726845) - 1) / 14.98325
    light = torch.where(code > 0.15277891, above, (code - 0.12512219) / 1.9754798)
    return torch.where(code < 0.097465473, below, light) * 0.9


CAMERAS: dict[Log, Camera] = {
    "slog3": Camera(
        _slog3_encode, _slog3_decode, ((0.766, 0.275), (0.225, 0.8), (0.089, -0.087)), True
    ),
    "logc3": Camera(
        _logc3_encode, _logc3_decode, ((0.684, 0.313), (0.221, 0.848), (0.0861, -0.102)), False
    ),
    "logc4": Camera(
        _logc4_encode, _logc4_decode, ((0.7347, 0.2653), (0.1424, 0.8576), (0.0991, -0.0308)), False
    ),
    "vlog": Camera(_vlog_encode, _vlog_decode, ((0.73, 0.28), (0.165, 0.84), (0.1, -0.03)), True),
    "clog3": Camera(_clog3_encode, _clog3_decode, ((0.74, 0.27), (0.17, 1.14), (0.08, -0.1)), True),
}


class Shown(NamedTuple):
    """Footage as Rec.709 shows it, and what that leaves out."""

    colours: Tensor  # (B, 3, H, W) in [0, 1]
    factor: Tensor  # (B, 1, H, W), of the light of the scene over the light that is shown; >= 1
    outside: Tensor  # (B, 3, H, W), light of colours that Rec.709 does not hold; <= 0


@dataclass(frozen=True)
class LogSpace:
    """The codes of a clip.

    Args:
        log: the curve and primaries of its camera.
        narrow: its decoder calls BLACK 0 and WHITE 1.
        kept: results are in the same codes; else in Rec.709.
    """

    log: Log
    narrow: bool = True
    kept: bool = True

    @property
    def _scale(self) -> tuple[float, float]:
        """What the decoder's values are multiplied by, and what is added, for the maker's codes."""
        if self.narrow and CAMERAS[self.log].signal:
            return (WHITE - BLACK) / CODES, BLACK / CODES
        return 1.0, 0.0

    def to_scene(self, codes: Tensor) -> Tensor:
        """(B, 3, H, W) -> linear light in the primaries of Rec.709; 0.18 is grey."""
        factor, offset = self._scale
        return _mix(CAMERAS[self.log].decode(codes * factor + offset), self._matrix(codes))

    def from_scene(self, light: Tensor) -> Tensor:
        """The way back from `to_scene`."""
        factor, offset = self._scale
        native = _mix(light, torch.linalg.inv(self._matrix(light).double()).to(light))
        return (CAMERAS[self.log].encode(native) - offset) / factor

    def to_display(self, codes: Tensor) -> Shown:
        """(B, 3, H, W), whatever the decoder gives, to the picture that is graded."""
        light = self.to_scene(codes)
        top = light.amax(1, keepdim=True)
        peak = float(CAMERAS[self.log].decode(torch.ones(1, dtype=torch.float64)))
        factor = top / _rolled_off(top, peak)
        factor = torch.where(top > KNEE, factor, torch.ones_like(top))
        shown = light / factor
        inside = shown.clamp(0, 1)
        return Shown(encode_rec709(inside), factor, shown - inside)

    def from_display(self, graded: Tensor, shown: Shown) -> Tensor:
        """The result of a grade in the codes that are asked for.

        Args:
            graded: (B, 3, H, W) in [0, 1], what became of `shown.colours`.
        """
        if not self.kept:
            return graded
        light = shown.factor * (decode_rec709(graded) + shown.outside)
        return self.from_scene(light).clamp(0, 1)

    def coded(self, stylize: Stylize) -> Stylize:
        """What stylizes pictures, for frames in these codes."""

        def stylize_codes(frames: Tensor, strengths: Tensor, cuts: Tensor) -> Tensor:
            shown = self.to_display(frames)
            return self.from_display(stylize(shown.colours, strengths, cuts), shown)

        return stylize_codes

    def baked(self, lut: Lut, size: int = 65) -> Lut:
        """A LUT of pictures as one for the clip's codes."""
        codes = identity(size).double().movedim(-1, 0)[None].flatten(3)  # (1, 3, N, N * N)
        shown = self.to_display(codes)
        graded = lut(shown.colours).clamp(0, 1)
        table = self.from_display(graded, shown).clamp(0, 1)[0].movedim(0, -1)
        return plain_lut(table.reshape(size, size, size, 3).float(), lut.title)

    def _matrix(self, like: Tensor) -> Tensor:
        """Camera RGB -> linear Rec.709, whose primaries are those of sRGB."""
        own = to_xyz(CAMERAS[self.log].primaries, D65)
        return torch.from_numpy(np.linalg.solve(to_xyz(SRGB_PRIMARIES, D65), own)).to(like)


def encode_rec709(light: Tensor) -> Tensor:
    """Linear light in [0, 1] -> code, as a camera does it (ITU-R BT.709)."""
    curve = 1.099296826809442 * light.clamp_min(0.01).pow(0.45) - 0.099296826809442
    return torch.where(light < 0.018053968510807, 4.5 * light, curve)


def decode_rec709(code: Tensor) -> Tensor:
    """The way back from `encode_rec709`."""
    curve = ((code.clamp_min(0.05) + 0.099296826809442) / 1.099296826809442).pow(1 / 0.45)
    return torch.where(code < 4.5 * 0.018053968510807, code / 4.5, curve)


def _rolled_off(light: Tensor, peak: float) -> Tensor:
    """From KNEE on without a break to 1 at `peak` (Reinhard et al., SIGGRAPH 2002, extended)."""
    above, most = (light - KNEE) / (1 - KNEE), (peak - KNEE) / (1 - KNEE)
    above = above.clamp(0, most)
    return KNEE + (1 - KNEE) * above * (1 + above / most**2) / (1 + above)


def _mix(images: Tensor, matrix: Tensor) -> Tensor:
    return torch.einsum("ij,bjhw->bihw", matrix, images)
