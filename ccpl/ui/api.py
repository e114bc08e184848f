"""The HTTP and MCP endpoints: everything but the files has a default; results are full size.

Parameters that ask for a look are made from the fields of a Look; their order, defaults and
explanations are what API pages and agents are shown.
"""

import inspect
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import gradio as gr

from ccpl.config import MODES, VideoConfig
from ccpl.errors import InputError
from ccpl.evaluation.compare import contenders
from ccpl.look import Look, Need, look_options
from ccpl.options import Option, options
from ccpl.painting.requests import Host, Inputs
from ccpl.painting.strokes import with_map
from ccpl.ui.builtin import Library
from ccpl.ui.controls import available_archs
from ccpl.ui.jobs import compare_looks, save_result, stylize_clip, stylize_picture
from ccpl.ui.parts import clip_input, picture_input, read_picture, sentence


@dataclass(frozen=True)
class Parameter:
    """One parameter of an endpoint; None is the default of those that may be left out."""

    name: str
    text: str
    component: gr.Component
    required: bool = False
    default: Any = None

    @property
    def signature(self) -> inspect.Parameter:
        """As Python describes it."""
        default = inspect.Parameter.empty if self.required else self.default
        kind = inspect.Parameter.POSITIONAL_OR_KEYWORD
        return inspect.Parameter(self.name, kind, default=default)


def option_parameter(item: Option, default: Any = None) -> Parameter:
    """A field of a dataclass as a parameter."""
    text = sentence(item.help)
    if item.choices:
        text += f" One of {', '.join(item.choices)}."
    elif item.range:
        text += f" {sentence(item.range)}"
    default = item.default if default is None else default
    how = {"label": f"{item.name}: {text}", "value": default}
    if item.choices or item.kind is str:
        component = gr.Textbox(**how)  # not a Radio: a wrong choice is answered by us
    elif item.kind is bool:
        component = gr.Checkbox(**how)
    else:
        component = gr.Number(precision=0 if item.kind is int else None, **how)
    return Parameter(item.name, text, component, default=default)


def picture_parameter(name: str, text: str, *, required: bool = False) -> Parameter:
    """A file that is sent along."""
    return Parameter(name, text, picture_input(label=f"{name}: {text}"), required=required)


def text_parameter(name: str, text: str) -> Parameter:
    """A word that may be left out."""
    return Parameter(name, text, gr.Textbox(label=f"{name}: {text}", value=None))


def look_parameters(*given: Need) -> list[Parameter]:
    """Everything a Look holds that means something with what is given."""
    items = (
        item for item in look_options(given) if not ("clip" in given and item.facts.get("stills"))
    )
    return [option_parameter(item) for item in items]


@dataclass(frozen=True)
class Endpoints:
    """The calls, with keyword arguments by the names of their parameters."""

    host: Host
    library: Library

    def stylize_image(self, *, content: str, **asked: Any) -> str:
        """Stylize a picture and return it as a lossless PNG."""
        inputs, look = self._inputs(asked)
        picture = read_picture(content, "content", self.host.limits)
        painted = stylize_picture(self.host, picture, inputs, look)
        return str(save_result(painted, content, inputs, look))

    def stylize_video(
        self,
        *,
        video: str,
        start: float | None,
        end: float | None,
        **asked: Any,
    ) -> str:
        """Stylize a clip and return it as an mp4 with its sound."""
        if not video:
            raise InputError("give a clip")
        inputs, look = self._inputs(asked)
        config = VideoConfig(start=start, end=end)
        reports = stylize_clip(self.host, video, inputs, look, config)
        return [str(report.result.path) for report in reports if report.result][-1]

    def compare(self, *, content: str, **asked: Any) -> list[Any]:
        """Stylize a picture in all three modes, or in two styles, and measure the results."""
        inputs, look = self._inputs(asked)
        picture = read_picture(content, "content", self.host.limits)
        results = list(compare_looks(self.host, picture, contenders(inputs, look)))
        paths = [
            str(save_result(item.painted, content, item.inputs, item.look)) for item in results
        ]
        figures = {
            item.label: {**item.figures, "milliseconds": round(item.painted.seconds * 1000)}
            for item in results
        }
        return [*paths, *[None] * (len(MODES) - len(paths)), figures]

    def modes(self) -> dict:
        """List the modes, their architectures, and the built-in styles with what they look like."""
        return {
            "modes": list(MODES),
            "archs": available_archs(),
            "styles": {s.slug: s.about for s in self.library.styles},
        }

    def _inputs(self, asked: dict[str, Any]) -> tuple[Inputs, Look]:
        """The pictures out of what is asked for, and the look that is left."""
        first, second = (
            self._style(asked.pop(name), asked.pop(f"{name}_name"))
            for name in ("style", "second_style")
        )
        places = {name: asked.pop(name, None) for name in ("mask", "stroke_map")}
        look = self.host.settled(Look(**asked))
        if not first and not look.names_tuned:
            raise InputError("give a style picture, or the style_name of a built-in one")
        inputs = self.library.read_inputs(self.host.limits, look, first, second)
        read = {
            name: read_picture(path, name.replace("_", " "), self.host.limits)
            for name, path in places.items()
            if path
        }
        return replace(inputs, **read), with_map(look, read.get("stroke_map"))

    def _style(self, path: str | None, name: str | None) -> str | None:
        return path or (str(self.library.style(name).path) if name else None)


def add_endpoints(host: Host, library: Library) -> None:
    """Add /stylize_image, /stylize_video, /compare and /modes to the page that is being built."""
    calls = Endpoints(host, library)
    pictures = {"concurrency_id": "pictures", "concurrency_limit": 2}
    clips = {"concurrency_id": "video", "concurrency_limit": 2}
    with gr.Row(visible=False):
        content = picture_parameter("content", "The picture to stylize.", required=True)
        video = Parameter(
            "video",
            "The clip to stylize.",
            clip_input(label="video: the clip to stylize"),
            required=True,
        )
        style = picture_parameter("style", "The style picture; or give a style_name.")
        others = [
            text_parameter("style_name", "A built-in style, see the endpoint modes."),
            picture_parameter("second_style", "Another style, blended with the first."),
            text_parameter("second_style_name", "The same, built in."),
        ]
        mask = picture_parameter("mask", "A grey picture: only its white part is stylized.")
        fine = picture_parameter("stroke_map", "A grey picture: the lighter, the finer strokes.")
        part = [
            option_parameter(item) for item in options(VideoConfig) if item.name in ("start", "end")
        ]
        look = look_parameters("second style", "mask", "photo", "painting", "transform", "optimize")
        moving = look_parameters("second style", "mask", "photo", "painting", "transform", "clip")
        _endpoint(calls.stylize_image, [content, style, *look, *others, mask, fine],
                  gr.Image(format="png", label="result"), **pictures)  # fmt: skip
        _endpoint(calls.stylize_video, [video, style, *moving, *part, *others, mask, fine],
                  gr.Video(label="result"), **clips)  # fmt: skip
        results = [gr.Image(format="png", label=mode) for mode in MODES]
        _endpoint(calls.compare, [content, style, *look_parameters("optimize"), *others],
                  [*results, gr.JSON(label="figures")], **pictures)  # fmt: skip
        _endpoint(calls.modes, [], gr.JSON(label="modes"), queue=False)


def _endpoint(call: Callable, parameters: list[Parameter], outputs: Any, **options: Any) -> None:
    """Offer a call; bad input becomes its error message, without a traceback."""

    def answer(*values: Any) -> Any:
        try:
            return call(**dict(zip((p.name for p in parameters), values, strict=True)))
        except InputError as error:
            raise gr.Error(sentence(str(error)), print_exception=False) from None

    lines = "".join(f"\n    {p.name}: {p.text}" for p in parameters)
    answer.__name__, answer.__annotations__ = call.__name__, {}
    answer.__doc__ = f"{call.__doc__}\n\nArgs:{lines}" if parameters else call.__doc__
    answer.__signature__ = inspect.Signature([p.signature for p in parameters])
    gr.on([], answer, [p.component for p in parameters], outputs,
          api_name=call.__name__, show_progress="hidden", **options)  # fmt: skip
