"""Where to compute, and in which number format."""

import subprocess
import sys

import pytest
import torch

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


def test_at_least_one_cpu_may_be_used():
    assert cpu_quota() >= 1


def test_processes_of_one_run_share_the_cpus(monkeypatch):
    alone = cpu_quota()
    monkeypatch.setenv("LOCAL_WORLD_SIZE", "2")
    assert cpu_quota() == max(1, alone // 2)
    monkeypatch.setenv("LOCAL_WORLD_SIZE", "100000")
    assert cpu_quota() == 1


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
