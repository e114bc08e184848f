"""The HTTP and MCP endpoints: everything but the files has a default; results are full size."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any

import gradio as gr
from PIL import Image

from ccpl.config import MODES, VideoConfig
from ccpl.errors import InputError
from ccpl.ui.builtin import Library
from ccpl.ui.jobs import Clip, Host, Look, compare_looks, save_result, stylize_clip, stylize_picture
from ccpl.ui.parts import (
    available_archs,
    capped,
    clip_input,
    picture_input,
    read_picture,
    sentence,
)


def _answering(call: Callable) -> Callable:
    """Bad input becomes the endpoint's error message, without a traceback."""

    @wraps(call)
    def answer(*args: Any) -> Any:
        try:
            return call(*args)
        except InputError as error:
            raise gr.Error(sentence(str(error)), print_exception=False) from None

    return answer


@dataclass(frozen=True)
class Endpoints:
    """The calls; their docstrings are what API pages and agents are shown."""

    host: Host
    examples: Library

    @_answering
    def stylize_image(
        self,
        content: str,
        style: str | None = None,
        mode: str = "artistic",
        strength: float = 1.0,
        max_side: int = 0,
        keep_colors: bool = False,
        style_scale: float = 1.0,
        style_name: str = "",
        arch: str = "lite",
    ) -> str:
        """Stylize a picture and return it as a lossless PNG.

        Args:
            content: The picture to stylize.
            style: The style picture; may be left out if style_name is given.
            mode: artistic, photo or perceptual.
            strength: 0 returns the original, 1 the full style.
            max_side: Longest side of the result in pixels, 0 keeps the content's size.
            keep_colors: Keep the original colours.
            style_scale: Size of the strokes, 0.25 to 4.
            style_name: A built-in style, see the endpoint modes.
            arch: lite, or vgg19 where its weights were imported, see the endpoint modes.
        """
        max_side = capped(max_side, self.host.limits)
        look = Look(mode, strength, max_side, keep_colors, style_scale, arch)
        picture = read_picture(content, "content", self.host.limits)
        style_picture, name = self._style(style, style_name)
        result = stylize_picture(self.host, picture, [(style_picture, 1.0)], look)
        return str(save_result(result, look, name))

    @_answering
    def stylize_video(
        self,
        video: str,
        style: str | None = None,
        mode: str = "artistic",
        strength: float = 1.0,
        max_side: int = 0,
        keep_colors: bool = False,
        style_scale: float = 1.0,
        style_name: str = "",
        strength_end: float = -1.0,
        stabilize: str = "statistics",
        start: float = 0.0,
        end: float = 0.0,
        arch: str = "lite",
    ) -> str:
        """Stylize a clip and return it as an mp4 with its sound.

        Args:
            video: The clip to stylize.
            style: The style picture; may be left out if style_name is given.
            mode: artistic, photo or perceptual.
            strength: 0 returns the original, 1 the full style; at the first frame.
            max_side: Longest side of the result in pixels, 0 keeps the clip's size.
            keep_colors: Keep the original colours.
            style_scale: Size of the strokes, 0.25 to 4.
            style_name: A built-in style, see the endpoint modes.
            strength_end: Strength at the last frame; negative: the same as strength.
            stabilize: off, statistics or flow; flow flickers least and takes longest.
            start: Seconds to leave out at the beginning.
            end: Second to stop at, 0 goes on to the end.
            arch: lite, or vgg19 where its weights were imported, see the endpoint modes.
        """
        if not video:
            raise InputError("give a clip")
        max_side = capped(max_side, self.host.limits)
        look = Look(mode, strength, max_side, keep_colors, style_scale, arch)
        config = VideoConfig(
            stabilize=stabilize, max_side=max_side, start=start or None, end=end or None
        )
        style_picture, _ = self._style(style, style_name)
        last = strength if strength_end < 0 else strength_end
        reports = stylize_clip(self.host, Clip(video, style_picture, look, config, last))
        return [str(report.result.path) for report in reports if report.result][-1]

    @_answering
    def compare(
        self, content: str, style: str, strength: float = 1.0, max_side: int = 768
    ) -> tuple[str, str, str, dict]:
        """Stylize a picture in all three modes and measure the results.

        Args:
            content: The picture to stylize.
            style: The style picture.
            strength: 0 returns the original, 1 the full style.
            max_side: Longest side of the results in pixels, 0 keeps the content's size.
        """
        size = capped(max_side, self.host.limits)
        picture = read_picture(content, "content", self.host.limits)
        style_picture = read_picture(style, "style", self.host.limits)
        looks = [(mode, style_picture, Look(mode, strength, size)) for mode in MODES]
        results = compare_looks(self.host, picture, looks)
        paths = [
            str(save_result(item.picture, look, "own picture"))
            for item, (_, _, look) in zip(results, looks, strict=True)
        ]
        figures = {
            item.label: {**item.figures, "milliseconds": round(item.picture.seconds * 1000)}
            for item in results
        }
        return (*paths, figures)

    def modes(self) -> dict:
        """List the modes, their architectures, and the built-in styles with what they look like."""
        return {
            "modes": list(MODES),
            "archs": available_archs(),
            "styles": {s.slug: s.about for s in self.examples.styles},
        }

    def _style(self, path: str | None, name: str) -> tuple[Image.Image, str]:
        if path:
            return read_picture(path, "style", self.host.limits), "own picture"
        if not name:
            raise InputError("give a style picture, or the style_name of a built-in one")
        style = self.examples.style(name)
        return read_picture(str(style.path), "style", self.host.limits), style.name


def add_endpoints(host: Host, library: Library) -> None:
    """Add /stylize_image, /stylize_video, /compare and /modes to the page that is being built."""
    calls = Endpoints(host, library)
    picture = {"concurrency_id": "pictures", "concurrency_limit": 2}
    video = {"concurrency_id": "video", "concurrency_limit": 2}
    with gr.Row(visible=False):
        look = [
            gr.Textbox("artistic", label="mode: artistic, photo or perceptual"),
            gr.Number(1.0, label="strength: 0 the original to 1 the full style"),
            gr.Number(0, label="max_side: pixels, 0 for the original size"),
            gr.Checkbox(False, label="keep_colors"),
            gr.Number(1.0, label="style_scale: 0.25 to 4"),
            gr.Textbox("", label="style_name: a built-in style"),
        ]
        part = [
            gr.Number(-1, label="strength_end: as strength if negative"),
            gr.Textbox("statistics", label="stabilize: off, statistics or flow"),
            gr.Number(0, label="start: seconds"),
            gr.Number(0, label="end: seconds, 0 for the end"),
        ]
        arch = gr.Textbox("lite", label="arch: lite or vgg19")
        style = picture_input(label="style")
        _endpoint(calls.stylize_image, [picture_input(label="content"), style, *look, arch],
                  gr.Image(format="png", label="result"), **picture)  # fmt: skip
        _endpoint(calls.stylize_video, [clip_input(label="video"), style, *look, *part, arch],
                  gr.Video(label="result"), **video)  # fmt: skip
        results = [gr.Image(format="png", label=mode) for mode in MODES]
        side = gr.Number(768, label="max_side: pixels, 0 for the original size")
        _endpoint(calls.compare, [picture_input(label="content"), style, look[1], side],
                  [*results, gr.JSON(label="figures")], **picture)  # fmt: skip
        _endpoint(calls.modes, [], gr.JSON(label="modes"), queue=False)


def _endpoint(call: Callable, inputs: list, outputs: Any, **options: Any) -> None:
    gr.on([], call, inputs, outputs, api_name=call.__name__, show_progress="hidden", **options)
