"""The one exception that means "what you gave me cannot be used"."""


class InputError(ValueError):
    """Bad input, described in one sentence that says what to do; shown to users as it stands."""
