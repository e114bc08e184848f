"""A server that cannot start says so before it loads anything."""

import socket

import pytest

from ccpl.errors import InputError
from ccpl.ui import address
from ccpl.ui.address import check_address, check_mcp
from tests.test_cli import run


@pytest.fixture
def taken():
    """A port somebody listens at."""
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        yield server.getsockname()[1]


def test_a_taken_port_is_one_sentence(taken):
    done = run("--port", taken)
    assert (done.returncode, done.stdout) == (2, "")
    place = f"app.py: cannot open the app at 127.0.0.1, port {taken}: Address already in use"
    assert done.stderr == f"{place}; choose another --port or --host\n"


@pytest.mark.parametrize(
    ("host", "port"), [("127.0.0.1", 70000), ("127.0.0.1", -1), ("300.1.1.1", None), ("::ffff", 1)]
)
def test_an_address_that_cannot_be_is_refused(host, port):
    with pytest.raises(InputError, match="choose another --port or --host"):
        check_address(host, port)


def test_a_free_address_is_let_be():
    check_address("127.0.0.1", None)


def test_mcp_without_its_package_is_refused(monkeypatch):
    monkeypatch.setattr(address, "find_spec", lambda name: None)
    with pytest.raises(InputError, match=r'pip install "gradio\[mcp\]"'):
        check_mcp()
