"""Where to compute, and in which number format."""

import os
import subprocess
import sys

import pytest
import torch

from ccpl import device
from ccpl.device import cpu_quota, has_fast_bf16, pick_device, pick_dtype
from ccpl.errors import InputError

CPU = torch.device("cpu")


def test_auto_takes_a_gpu_only_if_there_is_one():
    assert pick_device("auto").type == ("cuda" if torch.cuda.is_available() else "cpu")
    assert pick_device("cpu") == CPU


def test_an_unknown_device_is_refused():
    with pytest.raises(InputError, match="unknown device 'toaster'; use auto, cpu or cuda"):
        pick_device("toaster")


def test_auto_is_bfloat16_only_where_it_is_native_and_preferred():
    native = torch.bfloat16 if has_fast_bf16(CPU) else torch.float32
    assert pick_dtype("auto", CPU, prefer_bf16=True) == native
    assert pick_dtype("auto", CPU, prefer_bf16=False) == torch.float32
    assert pick_dtype("bfloat16", CPU, prefer_bf16=False) == torch.bfloat16
    assert pick_dtype("float32", CPU, prefer_bf16=True) == torch.float32


def test_an_unknown_format_lists_the_choices():
    with pytest.raises(ValueError, match="expected one of auto, float32, bfloat16"):
        pick_dtype("half", CPU, prefer_bf16=False)


@pytest.fixture
def eight_cpus(tmp_path, monkeypatch):
    """A machine with eight CPUs; the file is its cgroup's limit, at first missing."""
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(8)), raising=False)
    monkeypatch.delenv("LOCAL_WORLD_SIZE", raising=False)
    monkeypatch.setattr(device, "CPU_LIMIT", tmp_path / "cpu.max")
    return tmp_path / "cpu.max"


@pytest.mark.parametrize(
    ("limit", "cpus"),
    [("max 100000", 8), ("1600000 100000", 8), ("250000 100000", 3), ("20000 100000", 1)],
)
def test_a_cgroup_may_allow_fewer_cpus_than_there_are(eight_cpus, limit, cpus):
    assert cpu_quota() == 8
    eight_cpus.write_text(limit)
    assert cpu_quota() == cpus


@pytest.mark.parametrize(("processes", "cpus"), [("1", 8), ("2", 4), ("3", 2), ("100", 1)])
def test_processes_of_one_run_share_the_cpus(eight_cpus, monkeypatch, processes, cpus):
    monkeypatch.setenv("LOCAL_WORLD_SIZE", processes)
    assert cpu_quota() == cpus


@pytest.mark.skipif(sys.platform != "linux", reason="the allocator of glibc")
def test_blocks_of_one_picture_are_kept_for_the_next():
    """Pages that the system had to clear: not a block's, once the heap has settled.

    Blocks aligned to huge pages leave gaps, so up to seven pictures of the kind let it grow,
    depending on where it begins.
    """
    code = """
import resource, torch
from ccpl.device import tune_memory
tune_memory()
def picture():
    return sum(torch.ones(1 << 20) for _ in range(8)).sum()
for _ in range(10):
    picture()
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(20):
    picture()
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert int(done.stdout) < 1024  # of 20 x 8 blocks of 1024 pages
