"""What a measurement ran on (processor, its flags, versions, commit) and the memory it took."""

import os
import platform
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import cv2
import torch

from ccpl.device import cpu_quota

# Instruction sets that decide how fast matrix products run; named as in /proc/cpuinfo.
FLAGS = ("avx2", "fma", "avx512f", "avx512_vnni", "avx512_bf16", "amx_bf16", "asimd", "bf16")
_PROC = Path("/proc")


@dataclass(frozen=True)
class Machine:
    """Where and with what a result was measured."""

    cpu: str
    flags: tuple[str, ...]
    cpus: int  # this process may use
    threads: int  # of torch
    gpu: str | None
    system: str
    python: str
    torch: str
    opencv: str
    commit: str | None  # of this project; ends in "+" where files were changed since

    @property
    def title(self) -> str:
        """One line for the head of a table."""
        place = f"{self.cpu}, {self.threads} of {self.cpus} CPUs ({', '.join(self.flags)})"
        return f"{self.gpu} on {place}" if self.gpu else place


def describe_machine() -> Machine:
    """Look at this machine, now."""
    info = _cpu_info()
    flags = info.get("flags", info.get("Features", "")).split()
    return Machine(
        cpu=info.get("model name") or platform.processor() or platform.machine(),
        flags=tuple(f for f in FLAGS if f in flags),
        cpus=cpu_quota(),
        threads=torch.get_num_threads(),
        gpu=torch.cuda.get_device_name() if torch.cuda.is_available() else None,
        system=f"{platform.system()} {platform.release()}",
        python=platform.python_version(),
        torch=torch.__version__,
        opencv=cv2.__version__,
        commit=_commit(),
    )


def _cpu_info() -> dict[str, str]:
    """The first processor's entries of /proc/cpuinfo; empty where there is none."""
    path = _PROC / "cpuinfo"
    if not path.is_file():
        return {}
    lines = path.read_text().partition("\n\n")[0].splitlines()
    return {k.strip(): v.strip() for k, _, v in (line.partition(":") for line in lines)}


def _commit() -> str | None:
    """The commit of the source tree; None outside a git checkout."""
    folder = Path(__file__).resolve().parent
    try:
        head, changed = (
            subprocess.run(
                ["git", "-C", str(folder), *args], capture_output=True, text=True, check=True
            ).stdout.strip()
            for args in (
                ("rev-parse", "--short=12", "HEAD"),
                ("status", "--porcelain", "--untracked-files=no"),
            )
        )
    except (OSError, subprocess.CalledProcessError):
        return None
    return head + ("+" if changed else "")


def reset_peak_memory() -> None:
    """Start a new measurement for `peak_memory`, where the system lets us."""
    if torch.cuda.is_available():
        torch.cuda.reset_peak_memory_stats()
    clear = _PROC / "self/clear_refs"
    if os.access(clear, os.W_OK):
        clear.write_text("5")


def peak_memory() -> float | None:
    """Largest resident size of this process in MiB since `reset_peak_memory`.

    On a GPU what torch had allocated there. On a system without /proc the peak of the whole run;
    None where that is unknown too.
    """
    if torch.cuda.is_available():
        return torch.cuda.max_memory_allocated() / 2**20
    status = _PROC / "self/status"
    if status.is_file():
        line = next(x for x in status.read_text().splitlines() if x.startswith("VmHWM"))
        return int(line.split()[1]) / 1024
    if sys.platform == "win32":
        return None
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (2**20 if sys.platform == "darwin" else 1024)
