"""Gradio without its stubs.

Whenever Gradio is imported it reads the source of all its components, to write stub files (.pyi)
for editors beside it: two fifths of what the import costs. A class without a file it leaves alone.
"""

import inspect
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def without_stubs() -> Iterator[None]:
    """Gradio's components have no source files."""
    getfile = inspect.getfile

    def answer(item: Any) -> str:
        if isinstance(item, type) and item.__module__.startswith("gradio."):
            raise OSError("not looked for")
        return getfile(item)

    inspect.getfile = answer
    try:
        yield
    finally:
        inspect.getfile = getfile
