"""What a server needs, looked at before anything is loaded."""

import socket
from importlib.util import find_spec

from ccpl.errors import InputError


def check_address(host: str, port: int | None) -> None:
    """Raise InputError unless a server can listen there; without a port, one will be looked for."""
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
        family, kind, protocol, _, (address, _, *scope) = found[0]
        with socket.socket(family, kind, protocol) as trial:
            trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            trial.bind((address, port or 0, *scope))
    except (OSError, OverflowError) as error:  # OverflowError: a port above 65535
        place = host if port is None else f"{host}, port {port}"
        why = getattr(error, "strerror", None) or error
        raise InputError(
            f"cannot open the app at {place}: {why}; choose another --port or --host"
        ) from None


def check_mcp() -> None:
    """Raise InputError unless the package for `--mcp` is installed."""
    if find_spec("mcp") is None:
        raise InputError('--mcp needs a package that is missing: pip install "gradio[mcp]"')
