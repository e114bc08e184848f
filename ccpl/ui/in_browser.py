"""What a visitor's browser needs to run the networks by itself, and the page /live.

The app serves everything, the runtime too; once it is loaded, nothing more is asked of the server.
"""

import functools
import html
import json
import threading
from collections.abc import Callable
from pathlib import Path

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ccpl.config import MODES, Mode
from ccpl.errors import InputError, check_choice
from ccpl.painting.shipped import load_stylizer
from ccpl.painting.stylizer import Stylizer
from ccpl.painting.tuned import load_tuned_stylizer
from ccpl.ui.builtin import Library
from ccpl.ui.parts import sentence

FOLDER = Path(__file__).with_name("browser")
RUNTIME = FOLDER / "node_modules" / "onnxruntime-web" / "dist"
INSTALL = "npm ci --ignore-scripts --prefix ccpl/ui/browser"
GRAPHS = ("style", "picture")
TYPES = {".js": "text/javascript", ".mjs": "text/javascript", ".wasm": "application/wasm"}
# Threads of WebAssembly need a page that is isolated from others, and workers that are too.
ISOLATED = {
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Embedder-Policy": "require-corp",
    "Cross-Origin-Resource-Policy": "same-origin",
}
_building = threading.Lock()


def browser_routes(library: Library, tuned: Callable[[str], Path]) -> list[Route]:
    """Everything below /browser, and /live.

    Args:
        tuned: finds the file of a tuned style by its name, or raises InputError.
    """
    handlers: dict[str, Callable[[Request], Response]] = {
        "/live": functools.partial(_live_page, library),
        "/browser/ort/{name}": _runtime_file,
        "/browser/graphs/{mode}.{part}.onnx": _graph,
        "/browser/tuned/{name}.onnx": functools.partial(_tuned_graph, tuned),
        "/browser/codes/{mode}/{slug}": functools.partial(_code, library),
        "/browser/{name}": _script,
    }
    return [Route(path, _answering(handler)) for path, handler in handlers.items()]


class Isolation:
    """Middleware: the app's own page may use threads, too."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def isolated(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(ISOLATED)
            await send(message)

        page = scope["type"] == "http" and scope["path"] == "/"
        await self.app(scope, receive, isolated if page else send)


def is_there() -> bool:
    """Whether the runtime for browsers was installed."""
    return RUNTIME.is_dir()


def _answering(handler: Callable[[Request], Response]) -> Callable[[Request], Response]:
    """A handler for those who may see the app; what cannot be done is one sentence."""

    def answer(request: Request) -> Response:
        if not _may_see(request):
            return PlainTextResponse("Log in first.", 401)
        try:
            response = handler(request)
        except InputError as error:
            response = PlainTextResponse(sentence(str(error)), 404)
        response.headers.update(ISOLATED)
        return response

    return answer


def _may_see(request: Request) -> bool:
    """Whether this visitor is logged in, if the app asks for it."""
    app, cookies = request.app, request.cookies
    if app.auth is None and app.auth_dependency is None:
        return True
    names = (f"access-token-{app.cookie_id}", f"access-token-unsecure-{app.cookie_id}")
    return any(cookies.get(name) in app.tokens for name in names)


def _live_page(library: Library, request: Request) -> Response:
    facts = json.dumps({"modes": MODES, "styles": [style.slug for style in library.styles]})
    page = (FOLDER / "live.html").read_text(encoding="utf-8")
    return HTMLResponse(page.replace("{{facts}}", html.escape(facts, quote=False)))


def _script(request: Request) -> Response:
    return _file(FOLDER, request.path_params["name"])


def _runtime_file(request: Request) -> Response:
    if not is_there():
        raise InputError(f"the runtime for browsers is not installed; run {INSTALL}")
    return _file(RUNTIME, request.path_params["name"])


def _file(folder: Path, name: str) -> Response:
    path = folder / name
    if path.suffix not in TYPES or path.parent != folder or not path.is_file():
        raise InputError(f"there is no {name}")
    return FileResponse(path, media_type=TYPES[path.suffix])


def _graph(request: Request) -> Response:
    mode, part = request.path_params["mode"], request.path_params["part"]
    check_choice("graph", part, GRAPHS)
    return _for_device(graphs(_known(mode))[GRAPHS.index(part)], request)


def _tuned_graph(tuned: Callable[[str], Path], request: Request) -> Response:
    path = tuned(request.path_params["name"])
    with _building:
        data = _tuned_graph_of(path, path.stat().st_mtime_ns)
    return _for_device(data, request)


def _for_device(graph: bytes, request: Request) -> Response:
    if request.query_params.get("device") == "webgpu":
        import onnx

        from ccpl.export.gpu import without_doubles

        graph = without_doubles(onnx.ModelProto.FromString(graph)).SerializeToString()
    return Response(graph, media_type="application/octet-stream")


@functools.lru_cache(maxsize=8)
def _tuned_graph_of(path: Path, _: int) -> bytes:
    from ccpl.export.graphs import build_tuned

    return build_tuned(load_tuned_stylizer(path, "cpu"), half=True).SerializeToString()


def _code(library: Library, request: Request) -> Response:
    mode, style = _known(request.path_params["mode"]), library.style(request.path_params["slug"])
    return Response(style_code(mode, style.path), media_type="application/octet-stream")


def _known(mode: str) -> Mode:
    check_choice("mode", mode, MODES)
    return mode


def _stylizer(mode: Mode) -> Stylizer:
    return load_stylizer(mode, device="cpu", dtype="float32")


def graphs(mode: Mode) -> tuple[bytes, bytes]:
    """The style graph and the picture graph of a mode, made of its weights at first need."""
    with _building:  # once, whoever waits for it
        return _graphs(mode)


@functools.cache
def _graphs(mode: Mode) -> tuple[bytes, bytes]:
    from ccpl.export.graphs import build_graphs  # takes a second

    style, picture = build_graphs(_stylizer(mode), half=True)
    return style.SerializeToString(), picture.SerializeToString()


@functools.lru_cache(maxsize=256)
def style_code(mode: Mode, path: Path) -> bytes:
    """The code of a style as the picture graph takes it, float32."""
    from ccpl.export.pieces import to_vector
    from ccpl.image import load_image

    stylizer = _stylizer(mode)
    return to_vector(stylizer.network, stylizer.encode_style(load_image(path))).numpy().tobytes()
