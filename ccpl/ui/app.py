"""The app as a whole: the page with its four tabs, and the server it runs on."""

import functools
import logging
import os
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import gradio as gr
from starlette.middleware import Middleware

from ccpl.config import HOSTED, LOCAL
from ccpl.device import pick_device
from ccpl.errors import InputError
from ccpl.files.tuned import TUNED_DIR, find_tuned
from ccpl.look import Look
from ccpl.painting.requests import Host
from ccpl.ui.address import check_address, check_mcp
from ccpl.ui.animation import DROP_FILE
from ccpl.ui.api import add_endpoints
from ccpl.ui.builtin import EXAMPLES_DIR, Library, facts, load_library, look_facts
from ccpl.ui.compare import compare_tab
from ccpl.ui.controls import available_archs
from ccpl.ui.gpu import ZERO_GPU
from ccpl.ui.image import image_tab
from ccpl.ui.in_browser import Isolation, browser_routes
from ccpl.ui.region import SOFT
from ccpl.ui.theme import CSS_FILES, FAVICON, build_theme, scripts
from ccpl.ui.tuned import tuned_gallery
from ccpl.ui.video import video_tab
from ccpl.ui.webcam import CAMERA_FILE, webcam_tab

log = logging.getLogger(__name__)

TITLE = "CCPL style transfer"
HEADER = """
<header class="masthead">
  <div><h1>Any picture, in any style</h1>
  <p>Photos, clips and your webcam, repainted by a small neural network. {promise}</p></div>
  <button class="mode-switch" type="button" aria-label="Switch between light and dark"
    onclick="document.body.classList.toggle('dark')">◐</button>
</header>
"""
PROMISE = {
    False: "Everything stays on this computer.",
    True: "What you upload is deleted within two hours and seen by nobody else.",
}
FIXED: dict[str, Any] = {
    "run_history": False,
    "enable_monitoring": False,
    "ssr_mode": False,
    "footer_links": ["api", "settings"],
    "css_paths": CSS_FILES,
    "favicon_path": FAVICON,
    "head_paths": [CAMERA_FILE, DROP_FILE],
    "_frontend": False,  # else Gradio gives up where its first page takes longer than 3 seconds
}
KEPT = (3600, 3600)  # seconds: files older than the second are deleted every first


def build_app(
    *, device: str = "auto", max_side: int | None = None, examples: Path = EXAMPLES_DIR
) -> gr.Blocks:
    """Lay out the page.

    Args:
        device: auto, cpu or cuda.
        max_side: longest side of results in pixels; default: what the limits allow.
        examples: folder of the built-in pictures.
    """
    limits = HOSTED if on_space() else LOCAL
    if max_side:
        limits = replace(limits, longest_side=min(max_side, limits.longest_side or max_side))
    host = Host(limits, "cuda" if ZERO_GPU else device, tuned=tuned_folder())
    library = load_library(examples)
    with gr.Blocks(title=TITLE, analytics_enabled=False, delete_cache=KEPT) as app:
        gr.HTML(HEADER.format(promise=PROMISE[on_space()]), padding=False)
        add_endpoints(host, library)  # first: handlers of the tabs must not take their names
        _tabs(app, host, library)
    return app


def _tabs(app: gr.Blocks, host: Host, library: Library) -> None:
    own = gr.State([], time_to_live=4 * 3600)  # names of the styles that the visitor tuned
    with gr.Tabs(elem_id="tabs") as tabs:
        with gr.Tab("Image", id="image"):
            pictures = image_tab(app, host, library, own)
        with gr.Tab("Video", id="video"):
            video_tab(app, host, library, own)
        with gr.Tab("Webcam", id="webcam"):
            style, look, here = webcam_tab(host, library, tabs, pictures)
            tuned_gallery(app, host, look, own, style.change, here=here)
        with gr.Tab("Compare", id="compare"):
            compare_tab(host, library)


def serve(
    *,
    host: str = "127.0.0.1",
    port: int | None = None,
    share: bool = False,
    auth: tuple[str, str] | None = None,
    device: str = "auto",
    max_side: int | None = None,
    mcp: bool = False,
    block: bool = True,
    examples: Path = EXAMPLES_DIR,
) -> tuple[gr.Blocks, str]:
    """Open the app and, unless `block` is False, stay until it is stopped.

    Args:
        host: address to listen at; "0.0.0.0" opens it to the network. A Space sets its own.
        port: default: the first free one from 7860 on.
        share: make a public gradio.live link.
        auth: user and password to ask visitors for.
        device, max_side, examples: see `build_app`.
        mcp: offer the endpoints as tools for agents; needs gradio[mcp].
    Returns:
        The app and its local address.
    Raises:
        InputError: the port is taken, the device or the package for `mcp` is not there.
    """
    check_address(host, port)
    if mcp:
        check_mcp()
    library = load_library(examples)
    with ThreadPoolExecutor(1) as beside:  # thumbnails are made while the page is laid out
        known = beside.submit(facts, library)
        app = build_app(device=device, max_side=max_side, examples=examples)
    if ZERO_GPU:
        load_models("cuda")
    else:
        pick_device(device)  # says what is wrong with it
    gr.set_static_paths([examples / part for part in ("styles", "contents", "clips")])
    limits = HOSTED if on_space() else LOCAL
    find = functools.partial(find_tuned, folder=tuned_folder(), listing=not on_space())
    try:
        _, url, _ = app.queue(max_size=64, default_concurrency_limit=4).launch(
            server_name=os.getenv("GRADIO_SERVER_NAME", "0.0.0.0") if on_space() else host,
            server_port=port,
            share=share,
            auth=auth,
            mcp_server=mcp,
            prevent_thread_lock=True,
            quiet=not block,
            max_file_size=f"{limits.upload_mb}mb",
            theme=build_theme(),
            app_kwargs={
                "routes": browser_routes(library, find),
                "middleware": [Middleware(Isolation)],
            },
            head=scripts({**known.result(), "look": look_facts({"feather": SOFT})}),
            **FIXED,
        )
    except OSError as error:
        why = str(error).partition(". ")[0]
        raise InputError(f"cannot open the app at {host}: {why}; name a free --port") from None
    if not ZERO_GPU:  # the page need not wait for them
        threading.Thread(target=load_models, args=(device,)).start()
    if block:
        app.block_thread()
    return app, url


def load_models(device: str) -> None:
    """Load every model before it is asked for; on ZeroGPU they must be placed before the app opens.

    A missing or altered weight file is logged; the rest of the app works without it.

    Raises:
        InputError: the device is not there.
    """
    host = Host(device=device if ZERO_GPU else str(pick_device(device)))
    for mode, archs in available_archs().items():
        for arch in dict.fromkeys(("lite", *archs)):
            try:
                host.stylizer(Look(mode=mode, arch=arch))
            except InputError as error:
                log.warning("%s", error)


def tuned_folder() -> Path:
    """Where tuned styles lie: on a Space among the files that do not stay."""
    return Path(gr.utils.get_upload_folder()) / "tuned" if on_space() else TUNED_DIR


def on_space() -> bool:
    """Whether this is a Hugging Face Space."""
    return bool(os.getenv("SPACE_ID"))
