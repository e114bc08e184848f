"""Many files in one request: what is made of each, where it goes, and what there is to say."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from os.path import isdir  # for a name no file can have: False, not an error
from pathlib import Path
from typing import NamedTuple

from ccpl.atomic import check_folder, check_place
from ccpl.config import Codec, VideoConfig
from ccpl.errors import InputError
from ccpl.files.sources import find_sources, is_clip
from ccpl.look import Look
from ccpl.painting.picture_files import stylize_file
from ccpl.painting.requests import Host, Inputs, made_with, stylize_clip
from ccpl.video import VideoProgress, suffix_for

Follow = Callable[[Iterator[VideoProgress], str], VideoProgress]  # reports, name -> the last one


NO_INPUTS = Inputs([])


class Job(NamedTuple):
    """One file."""

    source: Path
    target: Path
    moves: bool  # whether it becomes a clip


class Outcome(NamedTuple):
    """What became of a job."""

    job: Job
    notes: tuple[str, ...] = ()  # sentences on what was not taken or could not be kept
    problem: str | None = None  # a sentence on why there is no result


def last_report(reports: Iterator[VideoProgress], _: str = "") -> VideoProgress:
    """Run a clip to its end and show nothing."""
    return deque(reports, maxlen=1).pop()


@dataclass(frozen=True)
class Batch:
    """What all jobs have in common.

    Args:
        files: what no result may overwrite, besides its own source.
    """

    host: Host
    inputs: Inputs
    look: Look
    config: VideoConfig
    files: tuple[str | Path, ...] = ()

    def run(self, job: Job, follow: Follow = last_report) -> Outcome:
        """Do one job; `follow` may show how a clip is getting on."""
        source, target, moves = job
        try:
            check_place(target, *self.files)
            if moves:
                run = stylize_clip(self.host, source, target, self.inputs, self.look, self.config)
                return Outcome(job, follow(run, source.name).result.warnings)
            return Outcome(job, stylize_file(self.host, source, target, self.inputs, self.look))
        except InputError as error:
            return Outcome(job, problem=str(error))


def check_places(jobs: Sequence[Job]) -> None:
    """Raise InputError unless there is room for results; of one file, for that very one."""
    if len(jobs) == 1:
        check_place(jobs[0].target)
    for folder in {job.target.parent for job in jobs}:
        check_folder(folder)


def is_finished(job: Job, files: Iterable[str | Path]) -> bool:
    """Whether there is a result that is newer than what it is made from."""
    try:
        made = job.target.stat().st_mtime
        return all(Path(path).stat().st_mtime <= made for path in (job.source, *files))
    except OSError:  # one of them is not there
        return False


def plan_jobs(
    contents: list[str],
    output: Path,
    look: Look,
    inputs: Inputs = NO_INPUTS,
    codec: Codec = "h264",
) -> list[Job]:
    """Every file named or in a folder, with the place of its result.

    One file goes to `output` itself if that has an extension; else every result goes into the
    folder `output`, as <name>-<what it is made with>.<extension>, numbered where names meet;
    a clip has the extension of a format that holds `codec`.
    """
    single = len(contents) == 1 and not isdir(contents[0])
    if single and output.suffix and not isdir(output):
        source = Path(contents[0])
        return [Job(source, output, is_clip(source, output))]
    jobs: list[Job] = []
    taken: set[Path] = set()
    for source, below in find_sources(contents):
        moves = is_clip(source)
        suffix = suffix_for(codec) if moves else ".png"
        tagged = f"{below.stem}-{made_with(inputs, look, moves=moves)}"
        name, count = tagged, 1
        while (target := output / below.with_name(name + suffix)) in taken:
            count += 1
            name = f"{tagged}-{count}"
        taken.add(target)
        jobs.append(Job(source, target, moves))
    return jobs
