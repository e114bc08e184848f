"""Dataclass fields that people set: what each is for, and which values it takes.

Flags, HTTP parameters and controls are made from what `options` tells; nobody lists fields twice.
"""

import functools
import types
import typing
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, field, fields
from numbers import Integral, Real
from typing import Any

from ccpl.errors import InputError, check_choice


def option(
    default: Any, text: str, *, low: float | None = None, high: float | None = None, **facts: Any
) -> Any:
    """A dataclass field with its sentence of help and, for numbers, its range.

    Args:
        low, high: what a number is at least and at most.
        facts: more about it, for those who make something of it; `label` names it to people.
    """
    return field(default=default, metadata={"help": text, "low": low, "high": high, **facts})


@dataclass(frozen=True)
class Option:
    """What is known of one field; `kind` is the type of a value, or of each if there are `many`."""

    name: str
    kind: type
    choices: tuple[str, ...]  # of a closed choice, else empty
    many: bool  # a tuple of values
    optional: bool  # None is allowed, too
    default: Any
    facts: Mapping[str, Any]

    @property
    def help(self) -> str:
        """What it is for."""
        return self.facts.get("help", "")

    @property
    def label(self) -> str:
        """Its name for people."""
        return self.facts.get("label") or self.name.replace("_", " ").capitalize()

    @property
    def titles(self) -> dict[str, str]:
        """The choices and their names for people."""
        names = self.facts.get("titles") or [choice.capitalize() for choice in self.choices]
        return dict(zip(self.choices, names, strict=True))

    @property
    def range(self) -> str:
        """The range of a number in words, empty without one."""
        low, high = self.facts.get("low"), self.facts.get("high")
        if low is not None and high is not None:
            return f"{low:g} to {high:g}"
        return "" if low is None else f"at least {low:g}"

    def check(self, value: Any) -> None:
        """Raise InputError unless the field can hold this value."""
        if value is None and self.optional:
            return
        if self.many and not value:
            raise InputError(f"{self.label.lower()} must be one or more, got none")
        for one in value if self.many else (value,):
            self._check_one(one)

    def _check_one(self, value: Any) -> None:
        name = self.label[:1].lower() + self.label[1:]
        number = {int: Integral, float: Real}.get(self.kind)
        if self.choices:
            check_choice(name, value, self.choices)
        elif self.kind is bool and not isinstance(value, bool):
            raise InputError(f"{name} must be true or false, got {value!r}")
        elif number:
            if isinstance(value, bool) or not isinstance(value, number) or value != value:
                what = "a whole number" if self.kind is int else "a number"
                raise InputError(f"{name} must be {what}, got {value!r}")
            self._check_range(name, value)

    def _check_range(self, name: str, value: float) -> None:
        low, high = self.facts.get("low"), self.facts.get("high")
        if low is not None and high is not None and not low <= value <= high:
            raise InputError(f"{name} must lie between {low:g} and {high:g}, got {value:g}")
        if low is not None and value < low:
            raise InputError(f"{name} must be at least {low:g}, got {value:g}")
        if high is not None and value > high:
            raise InputError(f"{name} must be at most {high:g}, got {value:g}")


@functools.cache
def options(config: type) -> tuple[Option, ...]:
    """The fields of a dataclass, in their order."""
    hints = typing.get_type_hints(config)
    return tuple(_option(item, hints[item.name]) for item in fields(config))


def _option(item: Any, hint: Any) -> Option:
    optional = many = False
    if typing.get_origin(hint) in (types.UnionType, typing.Union):
        optional = True
        hint = next(kind for kind in typing.get_args(hint) if kind is not types.NoneType)
    if typing.get_origin(hint) is tuple:
        many, hint = True, typing.get_args(hint)[0]
    choices = typing.get_args(hint) if typing.get_origin(hint) is typing.Literal else ()
    kind = str if choices else hint
    default = None if item.default is MISSING else item.default
    return Option(item.name, kind, choices, many, optional, default, item.metadata)


def check_options(config: Any) -> None:
    """Check every field of a dataclass; for its `__post_init__`.

    Raises:
        InputError: a value of another kind, out of its range, or none of the choices.
    """
    for item in options(type(config)):
        item.check(getattr(config, item.name))


def flag(name: str) -> str:
    """How a field is called on the command line."""
    return "--" + name.replace("_", "-")


def given(values: dict[str, Any], config: type) -> dict[str, Any]:
    """The fields of a dataclass that are among values by name, lists as tuples."""
    names = [option.name for option in options(config) if option.name in values]
    found = {name: values[name] for name in names}
    return {k: tuple(v) if isinstance(v, list) else v for k, v in found.items()}
