"""Several pictures at once: they come back as one archive."""

from collections.abc import Callable, Iterator
from pathlib import Path
from time import perf_counter
from typing import Any
from zipfile import ZIP_STORED, ZipFile

import gradio as gr

from ccpl.errors import InputError
from ccpl.look import Look
from ccpl.painting.requests import Host, Inputs, save_picture
from ccpl.painting.tiles import Step
from ccpl.ui.jobs import paint_picture, result_name
from ccpl.ui.parts import QUIET, notice, progress_bar, read_picture, result_path, sentence

NAME = "stylized-pictures.zip"
Asked = tuple[Inputs, Look]


class Several:
    """The part of the page, and how it is wired."""

    def __init__(self) -> None:
        with gr.Accordion("Several pictures at once", open=False, elem_id="several"):
            self.files = gr.File(
                file_count="multiple",
                file_types=["image"],
                label="Pictures: all get the style and the look chosen above",
                height=140,
                elem_id="several-files",
            )
            with gr.Row(elem_classes="state"):
                self.status = gr.HTML(notice(""), elem_classes="status", elem_id="several-status")
                self.cancel = gr.Button("Cancel", size="sm", min_width=80, scale=0)
            with gr.Row():
                self.run = gr.Button("Stylize all", elem_id="several-run", min_width=90)
                self.download = gr.DownloadButton(
                    "Download ZIP", interactive=False, elem_id="several-download", min_width=90
                )

    def wire(self, host: Host, asked: Callable[..., Asked], inputs: list[gr.Component]) -> None:
        """Connect it.

        Args:
            asked: what the values of `inputs` ask for; InputError if there is none.
        """

        def stylize(paths: list[str] | None, *values: Any) -> Iterator[list[Any]]:
            try:
                for text, archive in archived(host, paths or [], *asked(*values)):
                    button = gr.DownloadButton(value=archive, interactive=bool(archive))
                    yield [button, text]
            except InputError as error:
                yield [gr.skip(), notice(sentence(str(error)), "error")]

        running = self.run.click(
            stylize, [self.files, *inputs], [self.download, self.status],
            concurrency_id="pictures", **QUIET,
        )  # fmt: skip
        self.cancel.click(
            lambda: notice("Cancelled.", "warning"), None, self.status,
            cancels=[running], queue=False, **QUIET,
        )  # fmt: skip


def archived(
    host: Host, paths: list[str], inputs: Inputs, look: Look
) -> Iterator[tuple[str, str | None]]:
    """Stylize pictures into an archive.

    Yields:
        How far it is, as HTML, and at last the archive's path.
    Raises:
        InputError: there is no picture among the files.
    """
    if not paths:
        raise InputError("Choose some pictures first.")
    target, began, refused = result_path(NAME), perf_counter(), []
    complete = False
    try:
        with ZipFile(target, "w", ZIP_STORED) as archive:
            for done, path in enumerate(paths):
                try:
                    content = read_picture(path, "content", host.limits)
                except InputError as error:
                    refused.append(f"{Path(path).name}: {error}")
                    continue
                for step in paint_picture(host, content, inputs, look):
                    share = step.done / step.total if isinstance(step, Step) else 1
                    seconds = perf_counter() - began
                    left = seconds / (done + share) * (len(paths) - done - share)
                    text = f"Picture {done + 1} of {len(paths)}"
                    yield (
                        progress_bar(round(100 * (done + share)), 100 * len(paths), text, left),
                        None,
                    )
                name = f"{done + 1:02}-{result_name(path, inputs, look, '.png')}"
                picture = save_picture(step, target.with_name(name), inputs, look)
                archive.write(picture, name)
                picture.unlink()
            made = len(archive.namelist())
        if not made:
            raise InputError(refused[0])
        complete = True
    finally:
        if not complete:
            target.unlink(missing_ok=True)
    lines = [notice(f"Done: {made} pictures in {perf_counter() - began:.1f} s.", "done")]
    yield "".join(lines + [notice(text, "warning") for text in refused]), str(target)
