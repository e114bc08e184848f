"""Files spread over a local cluster, a worker of which is killed in the middle of a clip."""

import os
import signal
import socket
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from imageio_ffmpeg import get_ffmpeg_exe

from ccpl import cluster
from ccpl.cluster import LOCAL, spread
from ccpl.config import VideoConfig
from ccpl.errors import InputError
from ccpl.look import Look
from ccpl.painting.batch import Batch, Follow, Job, Outcome, last_report, plan_jobs
from ccpl.painting.requests import Host, Inputs
from ccpl.termination import ENDING, Terminated, catch_termination
from ccpl.video import VideoProgress, probe
from tests.test_cli import run

PHOTO = Look(mode="photo", strength=0.5)


@pytest.fixture
def ray():
    """The package; functions of this module travel to its workers."""
    package = pytest.importorskip("ray")
    package.cloudpickle.register_pickle_by_value(sys.modules[__name__])
    yield package
    package.cloudpickle.unregister_pickle_by_value(sys.modules[__name__])


@pytest.fixture
def workers(ray, monkeypatch):
    """A function (count): a cluster of this machine has so many workers."""
    return lambda count: monkeypatch.setattr(cluster, "cpu_quota", lambda: count)


@pytest.fixture
def archive(tmp_path, picture):
    """Pictures and clips, a bad one of each."""
    folder = tmp_path / "archive"
    (folder / "deep").mkdir(parents=True)
    for n in range(4):
        picture(32, 48, n).save(folder / f"{n}.png")
    source = ["-f", "lavfi", "-i", "testsrc2=size=96x64:rate=10:duration=2"]
    for name in ("a.mp4", "deep/b.mp4"):
        args = [get_ffmpeg_exe(), "-v", "error", *source, "-pix_fmt", "yuv420p", folder / name]
        assert os.spawnv(os.P_WAIT, args[0], list(map(str, args))) == 0
    (folder / "bad.png").write_text("oops")
    (folder / "bad.mp4").write_text("oops")
    return folder


@dataclass(frozen=True)
class Deadly(Batch):
    """Workers are killed in the middle of a clip, as often as it has files in a folder."""

    graves: Path = Path()

    def run(self, job: Job, follow: Follow = last_report) -> Outcome:
        def die(reports: Iterator[VideoProgress], name: str) -> VideoProgress:
            next(reports)
            for grave in self.graves.glob(f"{job.source.name}.*"):
                grave.unlink()
                os.kill(os.getpid(), signal.SIGKILL)
            return last_report(reports)

        return super().run(job, die)


@pytest.fixture
def deadly(tmp_path, picture):
    """A function (deaths by name): a batch whose workers are killed so many times."""

    def make(**deaths):
        graves = tmp_path / "graves"
        graves.mkdir()
        for name, times in deaths.items():
            for n in range(times):
                (graves / f"{name}.mp4.{n}").touch()
        inputs = Inputs([picture(32, 32, 9)])
        return Deadly(Host(device="cpu"), inputs, PHOTO, VideoConfig(batch_size=1), graves=graves)

    return make


def left_behind(folder):
    return [path for path in folder.rglob(".*") if path.is_file()]


def test_a_killed_worker_costs_a_retry_and_a_file_that_kills_every_worker_is_given_up(
    workers, archive, deadly, tmp_path, monkeypatch
):
    workers(2)
    monkeypatch.setattr(cluster, "TRIES", 2)
    jobs = plan_jobs([str(archive)], tmp_path / "out", PHOTO)
    batch = deadly(a=1, b=2)
    outcomes = list(spread(batch, jobs, LOCAL))
    assert not list(batch.graves.iterdir())  # they were killed
    assert sorted(done.job for done in outcomes) == sorted(jobs)
    problems = {done.job.source.name: done.problem for done in outcomes if done.problem}
    assert problems.keys() == {"bad.png", "bad.mp4", "b.mp4"}
    assert "its worker ended 2 times" in problems["b.mp4"]
    made = {path for path in (tmp_path / "out").rglob("*") if path.is_file()}
    assert made == {done.job.target for done in outcomes if not done.problem}
    assert probe(tmp_path / "out" / "a-photo-strength-0.5.mp4").seconds == 2
    assert left_behind(tmp_path / "out") == []


@dataclass(frozen=True)
class Ending(Batch):
    """In the middle of a clip the process that spreads the files is told to end."""

    driver: int = 0

    def run(self, job: Job, follow: Follow = last_report) -> Outcome:
        def end(reports: Iterator[VideoProgress], name: str) -> VideoProgress:
            next(reports)
            os.kill(self.driver, signal.SIGTERM)
            return last_report(reports)

        return super().run(job, end)


@pytest.fixture
def termination():
    """Signals are handled as by the command line."""
    before = {number: signal.getsignal(number) for number in ENDING}
    catch_termination()
    yield signal.getsignal(signal.SIGTERM)
    for number, handler in before.items():
        signal.signal(number, handler)


def test_being_told_to_end_leaves_nothing_half_written(
    workers, termination, archive, tmp_path, picture
):
    workers(1)
    jobs = plan_jobs([str(archive / "a.mp4")], tmp_path / "out", PHOTO)
    inputs = Inputs([picture(32, 32, 9)])
    batch = Ending(Host(device="cpu"), inputs, PHOTO, VideoConfig(batch_size=1), (), os.getpid())
    with pytest.raises(Terminated):
        list(spread(batch, jobs, LOCAL))
    assert left_behind(tmp_path / "out") == []


def test_a_restart_does_only_what_is_left(workers, archive, tmp_path, picture):
    workers(1)
    picture(32, 32, 9).save(tmp_path / "style.png")
    out = tmp_path / "out"
    args = ["--stylize", archive, "--style", tmp_path / "style.png", "--mode", "photo"]
    args += ["--output", out]
    first = run(*args)
    made = sorted(map(str, filter(Path.is_file, out.rglob("*"))))
    assert sorted(first.stdout.split()) == made and len(made) == 6
    picture(32, 48, 7).save(archive / "1.png")  # another picture by the same name
    (out / "a-style-photo.mp4").unlink()
    second = run(*args, "--cluster", LOCAL)
    assert sorted(second.stdout.split()) == [
        str(out / "1-style-photo.png"),
        str(out / "a-style-photo.mp4"),
    ]
    assert second.returncode == 2 and "Traceback" not in second.stderr
    *_, one, other, skipped = second.stderr.splitlines()  # the bad ones, at the end
    assert one.startswith("app.py: ") and other.startswith("app.py: ")
    assert second.stderr.count("app.py: ") == 3
    assert f"4 left out, they have their results in {out}" in skipped


def test_a_cluster_that_does_not_answer_is_one_sentence(ray, deadly):
    batch = deadly()
    with socket.socket() as free:  # bound, but nobody listens
        free.bind(("127.0.0.1", 0))
        silent = f"127.0.0.1:{free.getsockname()[1]}"
        for address in ("nowhere", silent, f"ray://{silent}"):
            with pytest.raises(InputError, match=f"cannot use the cluster at {address}: "):
                list(spread(batch, [], address))


def test_without_ray_it_is_said_what_to_install(deadly, monkeypatch):
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(InputError, match="pip install -r requirements-cluster.txt"):
        list(spread(deadly(), [], LOCAL))
