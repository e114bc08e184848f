"""The pictures and clips that ship with the app, from examples/ and its names.json."""

import base64
import functools
import io
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gradio as gr
from PIL import Image, ImageDraw

from ccpl.config import Limits
from ccpl.errors import InputError
from ccpl.look import Look
from ccpl.options import options
from ccpl.painting.requests import Inputs
from ccpl.ui.controls import available_archs
from ccpl.ui.parts import QUIET, read_style
from ccpl.video import preview_frame

EXAMPLES_DIR = Path(__file__).resolve().parents[2] / "examples"
THUMBNAIL = (176, 132)  # pixels
# content, style, mode: one-click examples, where the files exist
PAIRS = (
    ("canal-houses", "red-sun-wave", "artistic"),
    ("auburn-portrait", "fauve-valley", "perceptual"),
    ("alpine-lake", "moonlit-bay", "artistic"),
    ("window-still-life", "tulip-window", "artistic"),
)


@dataclass(frozen=True)
class BuiltIn:
    """One file of examples/."""

    slug: str
    name: str
    about: str
    path: Path

    def thumbnail(self) -> Image.Image:
        """The middle of the picture, or of the clip's first frame, THUMBNAIL large."""
        return _thumbnail(self.path)


@functools.lru_cache(maxsize=128)
def _thumbnail(path: Path) -> Image.Image:
    if path.suffix == ".mp4":
        frame = preview_frame(path, lambda frames, strengths, cuts: frames).content
        return cover(Image.fromarray(frame), THUMBNAIL)
    with Image.open(path) as image:
        image.draft("RGB", THUMBNAIL)  # decodes a JPEG smaller, faster
        return cover(image.convert("RGB"), THUMBNAIL)


@dataclass(frozen=True)
class Library:
    """Everything built in; a section whose files are missing is empty."""

    styles: tuple[BuiltIn, ...]
    contents: tuple[BuiltIn, ...]
    clips: tuple[BuiltIn, ...]

    def style(self, name: str) -> BuiltIn:
        """A style by slug or name.

        Raises:
            InputError: unknown; the names are listed.
        """
        for style in self.styles:
            if name.lower() in (style.slug, style.name.lower()):
                return style
        known = ", ".join(style.slug for style in self.styles)
        raise InputError(f"unknown style {name!r}; expected one of {known}")

    def name_of(self, path: str) -> str:
        """The name of a style by its file; other files are "own picture"."""
        return next((s.name for s in self.styles if str(s.path) == path), "own picture")

    def read_inputs(
        self,
        limits: Limits,
        look: Look,
        style: str | None,
        second: str | None = None,
        mask: Image.Image | None = None,
    ) -> Inputs:
        """Load what was chosen besides the content.

        Args:
            look: one that names a tuned style needs no picture of it.
            style, second: paths of style pictures; without a second there is no blend.
        Raises:
            InputError: there is no style, or a picture cannot be used.
        """
        if look.names_tuned:
            return Inputs([], mask, [look.tuned])
        styles, names = [read_style(style, "style", limits)], [self.name_of(style)]
        if second:
            styles.append(read_style(second, "second style", limits))
            names.append(self.name_of(second))
        return Inputs(styles, mask, names)

    def pairs(self) -> list[tuple[BuiltIn, BuiltIn, str]]:
        """One-click examples: content, style, mode."""
        contents = {content.slug: content for content in self.contents}
        styles = {style.slug: style for style in self.styles}
        return [(contents[c], styles[s], m) for c, s, m in PAIRS if c in contents and s in styles]


def load_library(folder: Path = EXAMPLES_DIR) -> Library:
    """Read names.json and keep the entries whose files exist."""
    names = folder / "names.json"
    entries = json.loads(names.read_text("utf-8")) if names.is_file() else {}
    sections = []
    for section, suffix in (("styles", ".jpg"), ("contents", ".jpg"), ("clips", ".mp4")):
        found = (
            BuiltIn(slug, entry["name"], entry["about"], folder / section / f"{slug}{suffix}")
            for slug, entry in entries.get(section, {}).items()
        )
        sections.append(tuple(item for item in found if item.path.is_file()))
    return Library(*sections)


def cover(image: Image.Image, size: tuple[int, int]) -> Image.Image:
    """Scale and crop the middle so that it fills `size` (width, height)."""
    scale = max(size[0] / image.width, size[1] / image.height)
    width, height = (max(1, round(n * scale)) for n in image.size)
    left, top = (width - size[0]) // 2, (height - size[1]) // 2
    resized = image.resize((width, height), Image.Resampling.LANCZOS)
    return resized.crop((left, top, left + size[0], top + size[1]))


def split_thumbnail(content: BuiltIn, style: BuiltIn) -> Image.Image:
    """The content's thumbnail with the style's in its lower right half."""
    image, other = content.thumbnail().copy(), style.thumbnail()
    width, height = image.size
    half = Image.new("L", image.size)
    ImageDraw.Draw(half).polygon([(width, 0), (width, height), (0, height)], fill=255)
    image.paste(other, mask=half)
    return image


def picker(
    section: str, label: str, elem_id: str, *, any_there: bool = True, own: bool = False
) -> gr.HTML:
    """Pictures of a section of the library to pick from; see js/picker.js.

    Args:
        section: styles, contents, clips or pairs.
        any_there: whether there is one; an empty picker is hidden.
        own: whether styles that the visitor uploads join them; see js/own.js.
    """
    template = (
        f'<p class="picker-label" id="{elem_id}-label">{label}</p>'
        f'<div class="picker {section}" role="group" aria-labelledby="{elem_id}-label" '
        f'data-section="{section}"{" data-own=true" * own}></div>'
    )
    return gr.HTML(
        {},
        html_template=template,
        js_on_load="ccpl.picker(element, props, trigger, watch)",
        apply_default_css=False,
        elem_id=elem_id,
        visible=any_there,
    )


def thumbnails(items: Sequence[BuiltIn], label: str, elem_id: str, *, own: bool = False) -> gr.HTML:
    """A picker of built-in files; see `picker`."""
    section = items[0].path.parent.name if items else ""
    return picker(section, label, elem_id, any_there=bool(items), own=own)


def fill_from(pictures: gr.HTML, items: Sequence[BuiltIn], target: gr.Image | gr.Video):
    """Picking puts the file into the target, at once; returns the event.

    What is in the target is marked, however it came there.
    """
    if not items:
        return None
    section = items[0].path.parent.name
    js = f"value => ccpl.file('{section}', value.chosen)"
    mark = f"file => {{ ccpl.mark('{pictures.elem_id}', '{section}', file) }}"
    target.change(None, target, None, js=mark, **QUIET)
    return pictures.select(None, pictures, target, js=js, **QUIET)


def inline(image: Image.Image) -> str:
    """A small picture as an address that holds it."""
    buffer = io.BytesIO()
    image.convert("RGB").save(buffer, "JPEG", quality=82)
    return "data:image/jpeg;base64," + base64.b64encode(buffer.getvalue()).decode()


def facts(library: Library) -> dict[str, Any]:
    """The library as the scripts of the page know it."""
    sections = {
        section: [
            {
                "slug": item.slug,
                "name": item.name,
                "about": item.about,
                "path": str(item.path),
                "thumbnail": inline(item.thumbnail()),
            }
            for item in getattr(library, section)
        ]
        for section in ("styles", "contents", "clips")
    }
    pairs = [
        {
            "slug": f"{content.slug}-{style.slug}",
            "name": f"{content.name} × {style.name}",
            "about": f"Shows a result in {mode} mode",
            "thumbnail": inline(split_thumbnail(content, style)),
            "content": content.slug,
            "style": style.slug,
            "mode": mode,
        }
        for content, style, mode in library.pairs()
    ]
    return {**sections, "pairs": pairs, "archs": available_archs()}


def look_facts(starts: dict[str, Any]) -> dict[str, Any]:
    """The options of a look as the scripts of the page know them.

    Args:
        starts: values of the page's controls that begin elsewhere than at the default.
    """
    return {
        item.name: {
            "start": starts.get(item.name, item.default),
            "choices": item.choices or None,
            "low": item.facts.get("low"),
            "high": item.facts.get("high"),
        }
        for item in options(Look)
    }
