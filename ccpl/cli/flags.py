"""Flags of the command line, made from the fields of dataclasses."""

import argparse
from collections.abc import Callable, Iterable
from importlib import import_module
from typing import Any, NoReturn

from ccpl.errors import InputError
from ccpl.options import Option, flag, options

Define = Callable[[argparse.ArgumentParser], None]


class Parser(argparse.ArgumentParser):
    """Says what is wrong in one line."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: {message}\n")


def add_flags(parser: argparse.ArgumentParser, wanted: Iterable[Option]) -> None:
    """One flag for every option: its type, its help, its range and default."""
    for option in wanted:
        shown = " ".join(map(str, option.default or ())) if option.many else option.default
        facts = [option.range, "" if option.default is None else f"default {shown}"]
        facts = "; ".join(filter(None, facts))
        text = f"{option.help} ({facts})" if facts else option.help
        how: dict[str, Any] = {"default": argparse.SUPPRESS, "help": text.replace("%", "%%")}
        if option.many:
            how["nargs"] = "+"
        if option.kind is bool:
            how["action"] = argparse.BooleanOptionalAction
        elif option.choices:
            how["choices"] = option.choices
        else:
            how["type"] = _reader(option)
        parser.add_argument(flag(option.name), **how)


def _reader(option: Option) -> Callable[[str], Any]:
    """From a word to a value that the option can hold; what is wrong is said with the flag."""

    def read(text: str) -> Any:
        value = option.kind(text)
        try:
            option.check((value,) if option.many else value)
        except InputError as error:
            raise argparse.ArgumentTypeError(str(error)) from None
        return value

    read.__name__ = option.kind.__name__  # argparse says it of a word that is no such thing
    return read


def flags_of(module: str, config: str) -> Define:
    """Flags for a dataclass whose module is loaded only when its command is asked for."""
    return lambda parser: add_flags(parser, options(getattr(import_module(module), config)))
