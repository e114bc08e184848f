"""A tuning on the terminal: a bar with the losses and the time left, and a picture of progress."""

import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from tqdm import tqdm

from ccpl.image import save_image
from ccpl.termination import Terminated
from ccpl.training.tune.config import TuneConfig
from ccpl.training.tune.run import Progress, follow, start


def tuned_files(config: TuneConfig) -> Iterator[Path]:
    """Tune; yields every file that is written, also when it is stopped.

    The picture of progress lies beside the result, as NAME.progress.jpg.

    Raises:
        InputError: see `start`.
    """
    session = start(config)
    with tqdm(total=100, bar_format="{percentage:3.0f}%|{bar:20}| {desc}") as bar:
        try:
            with closing(follow(session)) as steps:
                for progress in steps:
                    show(progress, bar, config.path)
                    if progress.kept:
                        yield progress.kept
        except (KeyboardInterrupt, Terminated):
            if session.tuning.step:
                yield config.path
            raise


def show(progress: Progress, bar: tqdm, path: Path) -> None:
    """Bring the bar and the picture up to date."""
    report = progress.report
    bar.n = 100 * report.share
    terms = ", ".join(f"{name} {value:.3g}" for name, value in report.losses.items())
    bar.set_description_str(f"step {report.step}, {report.seconds_left:.0f} s left, {terms}")
    if report.note:
        bar.write(f"app.py: {report.note}", file=sys.stderr)
    if progress.preview:
        save_image(progress.preview, path.with_suffix(".progress.jpg"))
