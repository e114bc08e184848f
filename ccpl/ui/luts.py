"""LUTs on the Image tab: a .cube as the style, and the look that is shown as a .cube."""

from pathlib import Path
from typing import Any

import gradio as gr

from ccpl.colour.chart import save_chart
from ccpl.colour.cube import SUFFIX
from ccpl.errors import InputError
from ccpl.export.lut import check_lut_mode, fit_picture, save_look
from ccpl.image import load_image
from ccpl.painting.requests import Host
from ccpl.ui.history import Entry
from ccpl.ui.parts import PRIVATE, QUIET, explained, notice, read_picture, result_path

CLICK = """() => setTimeout(() => {
  if (!document.querySelector('#image-status .error'))
    document.querySelector('#image-cube-file')?.click()
}, 100)"""  # by then the page knows the file


def lut_button() -> gr.UploadButton:
    """For a .cube file, which a picture input would refuse."""
    return gr.UploadButton(
        "Use a LUT (.cube) as style", file_types=[SUFFIX], size="sm", elem_id="image-lut"
    )


@explained(3)
def lut_taken(path: str) -> list[Any]:
    """The chart of an uploaded LUT for the style picture, and the mode it is for."""
    source = Path(path)
    chart = save_chart(source.read_bytes(), source.name, result_path(f"{source.stem}.png"))
    return [str(chart), "photo", gr.skip()]


def cube_buttons() -> tuple[gr.Button, gr.DownloadButton]:
    """What a visitor presses, and what holds the file then."""
    button = gr.Button(
        "Download .cube", elem_id="image-cube", elem_classes="photo-only", min_width=140
    )
    return button, gr.DownloadButton(visible="hidden", elem_id="image-cube-file")


def wire_cube(
    host: Host,
    buttons: tuple[gr.Button, gr.DownloadButton],
    download: gr.DownloadButton,
    history: gr.State,
    status: gr.HTML,
) -> None:
    """The LUT of the result that `download` offers, made when it is asked for."""
    button, file = buttons

    @explained(2)
    def make(result: str | None, entries: list[Entry]) -> list[Any]:
        entry = next((entry for entry in entries if entry.result == result), None)
        if entry is None:
            raise InputError("Make a picture in mode photo first.")
        check_lut_mode(entry.asked.look, masked=entry.asked.mask is not None)
        content = read_picture(entry.asked.content, "content", host.limits)
        fitted = fit_picture(content, load_image(entry.result), entry.caption)
        path = save_look(fitted, result_path(Path(entry.result).with_suffix(SUFFIX).name))
        warning = fitted.error.warning
        said = notice(warning, "warning") if warning else notice(f"LUT: {fitted.error}.", "done")
        return [str(path), said]

    button.click(make, [download, history], [file, status], **QUIET).then(None, js=CLICK, **PRIVATE)
