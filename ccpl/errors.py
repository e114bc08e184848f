"""The one exception that means "what you gave me cannot be used"."""

from collections.abc import Sequence


class InputError(ValueError):
    """Bad input, described in one sentence that says what to do; shown to users as it stands."""


def check_choice(kind: str, value: object, choices: Sequence[str]) -> None:
    """Raise InputError naming the choices unless `value` is one of them."""
    if value not in choices:
        raise InputError(f"unknown {kind} {value!r}; expected one of {', '.join(choices)}")
