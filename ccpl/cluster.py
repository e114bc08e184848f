"""Many files on a Ray cluster: a worker has one network and takes the next file when it is free.

A worker that ends, killed or with its machine, is replaced, and its file is tried again. Sources
and results are on a disk that all machines see at the same place, and so is this project.
"""

import logging
import os
import socket
from collections import Counter, deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch

from ccpl.atomic import remove_parts
from ccpl.device import cpu_quota
from ccpl.errors import InputError
from ccpl.painting.batch import Batch, Job, Outcome
from ccpl.termination import ended_as_interrupt

LOCAL = "local"  # the address of a cluster of this machine alone, made for the occasion
TRIES = 3  # of a file whose workers end, and of a worker that ends before its first file
PATIENCE = 10  # seconds until a cluster that does not answer counts as absent
ROOT = Path(__file__).resolve().parent.parent
ENVIRONMENT = {
    "RAY_USAGE_STATS_ENABLED": "0",  # nothing leaves the cluster
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",  # else a warning
    "RAY_worker_niceness": "0",  # as without a cluster; else other work goes first
}


class Worker:
    """Does jobs one after the other, on one core or one GPU."""

    def __init__(self, batch: Batch) -> None:
        torch.set_num_threads(1)
        self.batch = batch

    def ready(self) -> None:
        """Return once it has begun."""

    def run(self, job: Job) -> Outcome:
        """See `Batch.run`."""
        return self.batch.run(job)


def spread(batch: Batch, jobs: Sequence[Job], address: str) -> Iterator[Outcome]:
    """Do jobs on a cluster; yields outcomes as they come.

    Args:
        address: of the cluster's head, as `ray start` prints it, or LOCAL.
    Raises:
        InputError: ray is not installed, nobody answers, or no worker can begin.
    """
    batch = replace(batch, files=tuple(Path(file).absolute() for file in batch.files))
    remove_parts(job.target for job in jobs)  # a run before this one may have been killed
    with _connected(address) as ray:
        try:
            yield from _Crew(ray, batch, jobs).work()
        finally:
            ray.shutdown()
            remove_parts(job.target for job in jobs)


@contextmanager
def _connected(address: str) -> Iterator[Any]:
    """The ray package, connected to a cluster; signals are handled as before."""
    for name, value in ENVIRONMENT.items():
        os.environ.setdefault(name, value)
    try:
        import ray
    except ImportError:
        raise InputError("--cluster needs ray: pip install -r requirements-cluster.txt") from None
    where = os.pathsep.join(filter(None, (str(ROOT), os.getenv("PYTHONPATH"))))
    if address == LOCAL:
        os.environ["PYTHONPATH"] = where  # not as below, where workers begin twice
        how: dict[str, Any] = {"num_cpus": cpu_quota(), "include_dashboard": False}
    else:
        how = {"runtime_env": {"env_vars": {"PYTHONPATH": where}}}
    try:
        _call(address)
        with ended_as_interrupt():
            ray.init(address, log_to_driver=False, logging_level=logging.ERROR, **how)
    except (OSError, ValueError, RuntimeError) as error:
        why = getattr(error, "strerror", None) or str(error).strip().partition("\n")[0]
        raise InputError(f"cannot use the cluster at {address}: {why}") from None
    yield ray


def _call(address: str) -> None:
    """Raise OSError if an address is one and nobody answers; ray itself would wait for minutes."""
    host, colon, port = address.rpartition("://")[2].rpartition(":")
    if colon:
        socket.create_connection((host, port), timeout=PATIENCE).close()


class _Crew:
    """The workers and what each of them does."""

    def __init__(self, ray: Any, batch: Batch, jobs: Sequence[Job]) -> None:
        self.ray, self.waiting = ray, deque(jobs)
        self.tries: Counter[Job] = Counter()
        self.unready = 0  # workers that ended before they began
        self.busy: dict[Any, tuple[Any, Job | None]] = {}  # a job, or none before the first one
        there = ray.cluster_resources()
        self.needs = {"num_cpus": 1, "num_gpus": 1 if there.get("GPU") else 0}
        self.size = int(there.get("GPU") or there.get("CPU") or 1)
        self.shared = ray.put(batch)

    def work(self) -> Iterator[Outcome]:
        """Do all jobs."""
        for _ in range(min(self.size, len(self.waiting))):
            self._hire()
        while self.waiting or any(job for _, job in self.busy.values()):
            with ended_as_interrupt():
                (done, *_), _ = self.ray.wait(list(self.busy))
            worker, job = self.busy.pop(done)
            try:
                outcome = self.ray.get(done)
            except self.ray.exceptions.RayActorError as error:
                yield from self._lost(job, error)
                continue
            if job:
                yield outcome._replace(job=job)
            if self.waiting:
                self._give(worker, self.waiting.popleft())

    def _hire(self) -> None:
        worker = self.ray.remote(Worker).options(**self.needs).remote(self.shared)
        self.busy[worker.ready.remote()] = worker, None

    def _give(self, worker: Any, job: Job) -> None:
        places = {"source": job.source.absolute(), "target": job.target.absolute()}
        self.busy[worker.run.remote(job._replace(**places))] = worker, job

    def _lost(self, job: Job | None, error: Exception) -> Iterator[Outcome]:
        """A worker has ended; its job is tried again, but not for ever."""
        if job is None:
            self.unready += 1
            if self.unready >= TRIES:
                why = str(error).strip().partition("\n")[0]
                raise InputError(f"workers of the cluster end before they begin: {why}")
        else:
            remove_parts([job.target])
            self.tries[job] += 1
            if self.tries[job] < TRIES:
                self.waiting.append(job)
            else:
                yield Outcome(
                    job,
                    problem=f"cannot stylize {job.source}: its worker ended {TRIES} times; "
                    "try it alone, or on a machine with more memory",
                )
        if self.waiting:
            self._hire()
