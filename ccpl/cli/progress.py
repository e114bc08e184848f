"""Progress of a command on the terminal."""

from collections.abc import Iterator
from typing import Any

from tqdm import tqdm


def follow(unit: str, reports: Iterator[Any], name: str | None = None) -> Any:
    """Show a progress bar for reports with `done` and `total`; returns the last one."""
    with tqdm(desc=name, unit=unit, leave=False) as bar:
        for report in reports:
            bar.total = report.total
            bar.update(report.done - bar.n)
    return report
