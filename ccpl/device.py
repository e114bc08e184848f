"""Where to compute: the device, its fast number formats, how many CPU threads, whose memory."""

import ctypes
import math
import os
import sys
from pathlib import Path

import torch

from ccpl.errors import InputError, check_choice

DTYPES = {"float32": torch.float32, "bfloat16": torch.bfloat16}
CPU_LIMIT = Path("/sys/fs/cgroup/cpu.max")  # of a container: microseconds in each period
# For mallopt(3): M_TRIM_THRESHOLD and M_MMAP_THRESHOLD, in bytes; their upper limits by default
# are 64 and 32 MiB, and they start at 128 KiB.
_MALLOC = {-1: 256 << 20, -3: 32 << 20}


def pick_device(name: str = "auto") -> torch.device:
    """auto takes this process's GPU if there is one, else the CPU.

    Raises:
        InputError: "cuda" without a GPU, or a device torch does not know.
    """
    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "cpu"
    try:
        device = torch.device(name)
    except RuntimeError:
        raise InputError(f"unknown device {name!r}; use auto, cpu or cuda") from None
    if device.type == "cuda" and not torch.cuda.is_available():
        raise InputError("no GPU was found; use --device cpu")
    if device == torch.device("cuda"):
        return torch.device("cuda", int(os.environ.get("LOCAL_RANK", 0)))
    return device


def has_fast_bf16(device: torch.device) -> bool:
    """Whether bfloat16 runs natively on the device."""
    if device.type == "cuda":
        return torch.cuda.is_bf16_supported(including_emulation=False)
    return device.type == "cpu" and torch.cpu._is_avx512_bf16_supported()


def pick_dtype(name: str, device: torch.device, *, prefer_bf16: bool) -> torch.dtype:
    """Number format of a network's weights and features; statistics stay float32.

    Args:
        name: float32, bfloat16, or auto: bfloat16 where it is native and `prefer_bf16`.
    """
    check_choice("dtype", name, ("auto", *DTYPES))
    if name == "auto":
        name = "bfloat16" if prefer_bf16 and has_fast_bf16(device) else "float32"
    return DTYPES[name]


def tune_memory() -> None:
    """Let this process keep what a picture took for the next one; on Linux with glibc only.

    Every picture needs blocks of the same sizes again. To clear new pages for them each time costs
    a tenth of its time, huge pages save a little more. Up to 256 MiB stay with the process.
    """
    if sys.platform != "linux":
        return
    os.environ.setdefault("THP_MEM_ALLOC_ENABLE", "1")  # torch reads it at its first large block
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt:
        for option, size in _MALLOC.items():
            mallopt(option, size)


def cpu_quota() -> int:
    """CPUs this process may use: its affinity, or less if a cgroup allows it less.

    Processes that torchrun started share them: more threads than CPUs wait for each other.
    """
    count = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    if CPU_LIMIT.is_file():
        quota, period = CPU_LIMIT.read_text().split()
        if quota != "max":
            count = min(count, max(1, math.ceil(int(quota) / int(period))))
    return max(1, (count or 1) // int(os.environ.get("LOCAL_WORLD_SIZE", 1)))
