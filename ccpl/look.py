"""Look: everything that can be asked of a stylized picture or clip, apart from the files.

It travels unopened from the flag, the HTTP parameter or the control to the place that uses it.
All of these, the metadata of results and their names are made from its fields: a new option is one
field here and the one place that reads it.
"""

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any, Literal

from ccpl.config import Arch, Consistency, Mode, Optimize, Stabilize, Transform
from ccpl.errors import InputError
from ccpl.options import Option, check_options, option, options

Region = Literal["inside", "outside"]
Transfer = Literal["both", "colour", "light"]
AUTO, OFF = "auto", "off"  # of `Look.tuned`
STROKE_SIZES = (0.25, 4.0)  # the least and the largest
# What has to be there for an option to mean something besides a picture and a style.
Need = Literal["clip", "second style", "mask", "photo", "painting", "transform", "optimize"]


@dataclass(frozen=True, kw_only=True)
class Look:
    """How a picture or clip is to be stylized.

    Raises:
        InputError: a value is out of its range or none of the choices; the sentence names it.
    """

    mode: Mode = option(
        "artistic",
        "Artistic: colours and brushwork. Perceptual: calmer, faithful to shapes. "
        "Photo: light and colour only.",
    )
    arch: Arch = option(
        "lite",
        "Lite is fast; vgg19 is the large reference network, where its weights were imported.",
        label="Engine",
        titles=("Fast", "Quality"),
    )
    tuned: str = option(
        AUTO,
        "The name of a tuned style: its own network is used, with its mode. Auto takes one where a "
        "built-in style comes with it, off never.",
        label="Tuned style",
    )
    strength: float = option(1.0, "0 keeps the original, 1 is the full style.", low=0, high=1)
    end_strength: float | None = option(
        None,
        "Strength at the end of the clip; left out, it stays the same.",
        low=0,
        high=1,
        label="Strength at the end",
        needs=("clip",),
    )
    stabilize: Stabilize = option(
        "statistics",
        "Statistics keeps colours steady and is quick; flow follows the motion, removes most "
        "flicker and takes longer.",
        label="Stabilization",
        titles=("Off", "Steady colours", "Follow motion"),
        needs=("clip",),
    )
    consistency: Consistency = option(
        "frame",
        "Frame grades every frame by itself; shot grades each scene as one; LUT gives each scene "
        "one table of colours, so nothing can flicker.",
        titles=("Every frame", "Every scene", "One LUT a scene"),
        needs=("clip", "photo"),
    )
    max_side: int | None = option(
        None,
        "Larger results are reduced to it; left out, the size stays.",
        low=1,
        label="Longest side in pixels",
    )
    keep_colors: bool = option(
        False,
        "Only light and brushwork come from the style.",
        label="Keep the original colours",
    )
    transfer: Transfer = option(
        "both",
        "What comes from the style: colour and light, colour alone, or lightness and contrast "
        "alone.",
        titles=("Both", "Colour", "Light"),
        needs=("photo",),
    )
    protect_skin: float = option(
        0.0,
        "How far colours of skin, light or dark, stay as they are; so may wood and sand.",
        low=0,
        high=1,
        label="Protect skin",
        needs=("photo",),
    )
    keep_exposure: bool = option(
        False, "The picture stays as bright as it was.", label="Keep exposure", needs=("photo",)
    )
    keep_white_balance: bool = option(
        False, "What was grey stays grey.", label="Keep white balance", needs=("photo",)
    )
    stroke_size: float = option(
        1.0,
        "Size of the strokes: 1 natural, above larger, below finer.",
        low=STROKE_SIZES[0],
        high=STROKE_SIZES[1],
    )
    stroke_contrast: float = option(
        0.0,
        "Finer strokes where one looks, broader ones elsewhere: 0 the same everywhere, 1 half and "
        "twice as large.",
        low=0,
        high=1,
        label="Fine where you look",
        needs=("painting",),
    )
    transform: Transform = option(
        "sct",
        "How features of the content take on the style: SCT, or for comparison another method in "
        "its place.",
        label="Method",
        titles=("SCT", "AdaIN", "WCT", "Style-Swap", "Linear"),
        needs=("transform",),
    )
    optimize: Optimize = option(
        "off",
        "Slow and beautiful: a picture is improved step by step from what the network painted, by "
        "neighbours of features (Kolkin et al.) or by Gram matrices (Gatys et al.).",
        label="Slow and beautiful",
        titles=("Off", "Neighbours", "Gram matrices"),
        stills=True,
    )
    seconds: float = option(
        150.0,
        "How long it may take.",
        low=0.1,
        high=3600,
        label="Seconds",
        needs=("optimize",),
        stills=True,
    )
    share: float = option(
        0.5,
        "How much of the blend is the second style.",
        low=0,
        high=1,
        label="Share of the second style",
        needs=("second style",),
    )
    region: Region = option(
        "inside",
        "What is stylized: the white (painted) part of the mask, or the rest.",
        label="Painted area",
        titles=("Stylize what is painted", "Keep what is painted"),
        needs=("mask",),
    )
    feather: float = option(
        0.0,
        "How softly the painted area ends: 0 at once, 1 over about a sixth of the picture.",
        low=0,
        high=1,
        label="Soft edge",
        needs=("mask",),
    )

    def __post_init__(self) -> None:
        check_options(self)
        self._check_kind()
        if self.consistency != "frame" and self.stabilize == "flow":
            raise InputError(
                f"consistency {self.consistency} and stabilization flow exclude each other; "
                "choose one of them"
            )

    def _check_kind(self) -> None:
        there = kinds(self.mode, self.arch)
        for item in options(Look):
            missing = [need for need in needs(item) & {*KINDS} if need not in there]
            if missing and getattr(self, item.name) != item.default:
                what = item.label[:1].lower() + item.label[1:]
                is_not = self.mode if missing == ["photo"] else f"{self.arch}.{self.mode}"
                raise InputError(f"{what} is for {KINDS[missing[0]]}, not {is_not}")

    @property
    def names_tuned(self) -> bool:
        """Whether it names a tuned style, so that no style picture and no mode are needed."""
        return self.tuned not in (AUTO, OFF)

    @property
    def strengths(self) -> tuple[float, float]:
        """At the first and at the last frame of a clip."""
        return self.strength, self.strength if self.end_strength is None else self.end_strength

    def settings(self, given: Collection[Need] = ()) -> dict[str, str]:
        """The options by their labels, as they are written into the metadata of a result.

        Args:
            given: what there is besides a picture and a style.
        """
        values = ((item, getattr(self, item.name)) for item in self._meant(given))
        return {item.label: _text(value) for item, value in values if value is not None}

    def tag(self, given: Collection[Need] = ()) -> str:
        """The look in the name of a file: the mode, then whatever is not the default.

        A tuned style is no part of it: it stands where others name their style. A choice stands
        for itself, a switch is named, a number follows its name:
        "photo-vgg19-strength-0.5-keep-colors".
        """
        words = [self.mode]
        for item in self._meant(given):
            value = getattr(self, item.name)
            known = item.name == "mode" or item.name == "tuned" and self.names_tuned
            if known or value == item.default:
                continue
            name = item.name.replace("_", "-")
            words.append(_text(value) if item.choices else name)
            if not item.choices and item.kind is not bool:
                words.append(_text(value))
        return "-".join(words)

    def _meant(self, given: Collection[Need]) -> list[Option]:
        own: set[Need] = {"optimize"} if self.optimize != "off" else set()
        return look_options([*given, *own, *kinds(self.mode, self.arch)])


# What a network has to be for an option, in words.
KINDS: dict[Need, str] = {
    "photo": "mode photo",
    "painting": "mode artistic or perceptual with the fast engine",
    "transform": "mode artistic or perceptual, or the large engine",
}


def kinds(mode: Mode, arch: Arch) -> set[Need]:
    """Which of the KINDS a network is."""
    found: set[Need] = {"photo"} if mode == "photo" else set()
    if arch != "lite":
        return found | {"transform"}
    return found or {"painting", "transform"}


def transform_titles() -> dict[Transform, str]:
    """The methods that join content and style, and their names for people."""
    return next(item for item in options(Look) if item.name == "transform").titles


def look_options(given: Collection[Need] = ()) -> list[Option]:
    """The fields of a Look that mean something with what is given, KINDS and "optimize" too."""
    return [item for item in options(Look) if needs(item) <= {*given}]


def needs(item: Option) -> set[Need]:
    """What has to be there for an option to mean something."""
    return {*item.facts.get("needs", ())}


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:g}"
    return PurePath(str(value)).name.removesuffix(".safetensors")  # a tuned style may be a file
