"""The command --export."""

import argparse
from collections.abc import Iterator
from pathlib import Path

from ccpl.cli.flags import add_flags
from ccpl.errors import InputError
from ccpl.export.config import OnnxConfig
from ccpl.options import given, options


def define_export(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("format", choices=["onnx"], help="what to make")
    add_flags(parser, options(OnnxConfig))


def exported(args: argparse.Namespace) -> Iterator[Path]:
    """Write what the flags ask for.

    Raises:
        InputError: the packages for it are not installed, or see `export_onnx`.
    """
    try:
        from ccpl.export.onnx import export_onnx
    except ModuleNotFoundError as error:
        need = "pip install -r requirements-export.txt"
        raise InputError(f"the export needs {error.name}: {need}") from None
    yield from export_onnx(OnnxConfig(**given(vars(args), OnnxConfig)))
