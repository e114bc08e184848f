"""Controls of the page, made from the fields of a Look: label, explanation, range and default."""

from collections.abc import Sequence
from itertools import product
from typing import Any

import gradio as gr

from ccpl.config import ARCHS, MODES, TRANSFORM_NAMES, Limits, Transform, model_name
from ccpl.files.weights import available_models
from ccpl.look import AUTO, KINDS, OFF, Look, Need, kinds, look_options, needs
from ccpl.options import Option, options

STEP = 0.05  # of sliders and numbers
KIND = ("mode", "arch")  # options that tell what a network is


class LookControls:
    """The options of a Look; each appears where it is placed, `place_rest` leaves none out.

    Args:
        tab: where they are; the control of an option has the id "tab-option".
        moving: whether it is about clips, to which options for still pictures do not apply.
    """

    def __init__(self, limits: Limits, tab: str | None = None, *, moving: bool = False) -> None:
        self.limits, self.tab, self.moving = limits, tab, moving
        self.by_name: dict[str, gr.Component] = {}
        self._options = {item.name: item for item in options(Look)}

    @property
    def components(self) -> list[gr.Component]:
        """What a handler gets the values of; it hands them to `look`."""
        return list(self.by_name.values())

    def place(self, name: str, **changes: Any) -> gr.Component:
        """Lay out one option here.

        Args:
            changes: of the component's own arguments.
        """
        item = self._options[name]
        if self.tab:
            changes = {"elem_id": f"{self.tab}-{name.replace('_', '-')}", **changes}
        if name == "arch":
            component = engine_control(item, **changes)
        elif name == "transform":
            component = transform_control(item, **changes)
        elif name == "tuned":
            component = tuned_control(item, **changes)
        elif name == "max_side" and self.limits.longest_side:
            info = f"{item.help} At most {self.limits.longest_side} here."
            component = control(item, info=info, **changes)
        else:
            component = control(item, **changes)
        self.by_name[name] = component
        return component

    def place_rest(self, need: Need | None = None) -> None:
        """Lay out every option that needs this (None: nothing) and was not placed before."""
        for item in look_options([need] if need else []):
            if self.moving and item.facts.get("stills"):
                continue
            if needs(item) == ({need} if need else set()) and item.name not in self.by_name:
                self.place(item.name)

    def look(self, values: Sequence[Any]) -> Look:
        """The Look that the components' values ask for; InputError if there is none.

        What only some networks take is not asked for with the others, where it is not shown.
        """
        asked = dict(zip(self.by_name, values, strict=True))
        absent = {*KINDS} - kinds(*(asked.get(name, getattr(Look, name)) for name in KIND))
        asked = {k: v for k, v in asked.items() if not needs(self._options[k]) & absent}
        return Look(**asked)

    @property
    def visible(self) -> list[gr.Component]:
        """The components a visitor sees."""
        return [item for item in self.components if not isinstance(item, gr.State)]


def photo_options(look: LookControls, *more: str) -> None:
    """Lay out what only photo mode takes; the style sheet shows it in that mode alone.

    Args:
        more: options that need something else besides.
    """
    with gr.Column(elem_classes="photo-only"):
        for name in more:
            look.place(name)
        look.place_rest("photo")


def control(item: Option, **changes: Any) -> gr.Component:
    """The control for one field; `changes` are the component's own arguments."""
    how = {"label": item.label, "info": item.help, "value": item.default, **changes}
    if item.choices:
        choices = [(title, choice) for choice, title in item.titles.items()]
        if item.optional:
            return optional_radio(**{"choices": choices, **how})
        return gr.Radio(**{"choices": choices, **how})
    if item.kind is bool:
        return gr.Checkbox(**how)
    low, high = item.facts.get("low"), item.facts.get("high")
    if low is not None and high is not None and not item.optional:
        return gr.Slider(low, high, step=STEP, buttons=[], **how)
    if item.kind is int:
        return optional_number(precision=0, **how)
    return optional_number(step=STEP, **how)  # a slider cannot be left empty


def optional_number(**how: Any) -> gr.Number:
    """A number that may be left empty; Gradio's own page would put a 0 into it."""
    component = gr.Number(**how)
    read, write = component.preprocess, component.postprocess
    component.preprocess = lambda value: None if value in (None, "") else read(value)
    component.postprocess = lambda value: "" if value is None else write(value)
    component.value = component.postprocess(component.value)
    return component


def optional_radio(*, choices: list[tuple[str, str]], **how: Any) -> gr.Radio:
    """A choice that may be left out; Gradio's own page shows no button of None as chosen."""
    component = gr.Radio([("Usual", ""), *choices], **{**how, "value": how["value"] or ""})
    read, write = component.preprocess, component.postprocess
    component.preprocess = lambda value: read(value) or None
    component.postprocess = lambda value: write(value or "")
    return component


def engine_control(item: Option, **changes: Any) -> gr.Component:
    """The control for the architecture: those that some mode has weights for."""
    have = {arch for archs in available_archs().values() for arch in archs}
    choices = [(title, arch) for arch, title in item.titles.items() if arch in have]
    if len(choices) < 2:
        return gr.State(item.default)  # no choice, no room
    return control(item, choices=choices, **changes)


def transform_control(item: Option, **changes: Any) -> gr.Component:
    """The control for the method: those that some mode has weights for."""
    have = available_transforms()
    choices = [(title, choice) for choice, title in item.titles.items() if choice in have]
    if len(choices) < 2:
        return gr.State(item.default)
    return control(item, choices=choices, **changes)


def tuned_control(item: Option, **changes: Any) -> gr.Dropdown:
    """The control for the tuned style: those that there are; the page brings it up to date."""
    how = {"label": item.label, "info": item.help, "value": item.default, **changes}
    return gr.Dropdown(tuned_choices(), allow_custom_value=True, **how)


def tuned_choices(names: Sequence[str] = ()) -> list[tuple[str, str]]:
    """Titles and values of what can be chosen where tuned styles of these names are known."""
    own = [(name, name) for name in names]
    return [("Automatic", AUTO), ("None: the general network", OFF), *own]


def available_transforms() -> list[Transform]:
    """The methods that some model has weights for."""
    names = available_models()
    kinds_of = list(product(ARCHS, MODES))
    return [t for t in TRANSFORM_NAMES if any(model_name(*kind, t) in names for kind in kinds_of)]


def available_archs() -> dict[str, list[str]]:
    """The architectures that each mode has weights for."""
    models = available_models()
    return {mode: [arch for arch in ARCHS if f"{arch}.{mode}" in models] for mode in MODES}
