"""How long things take: one run, and every part of a network."""

import re
from collections.abc import Callable
from contextlib import ExitStack
from time import perf_counter

import torch
from torch import nn


def timed(run: Callable[[], object]) -> float:
    """Seconds one run takes, the work of a GPU included."""
    _synchronise()
    start = perf_counter()
    run()
    _synchronise()
    return perf_counter() - start


def _synchronise() -> None:
    if torch.cuda.is_available():
        torch.cuda.synchronize()


@torch.inference_mode()
def time_modules(network: nn.Module, *args: object) -> dict[str, float]:
    """Milliseconds every part of a network takes for one call, the best of five, slowest first.

    Parts are its grandchildren, a list of blocks being one; what these do themselves, outside of
    their children, counts as their own, and "rest" is what the network does itself.
    """
    best: dict[str, float] = {}
    for _ in range(5):
        with ExitStack() as stack:
            clock = _Clock()
            for path, module in network.named_modules():
                name = re.sub(r"\.\d+$", "", path)  # the blocks of a list are one part
                if name.count(".") < 2 and not isinstance(module, nn.ModuleDict | nn.ModuleList):
                    stack.callback(module.register_forward_pre_hook(clock.enter).remove)
                    stack.callback(module.register_forward_hook(clock.leave(name or "rest")).remove)
            network(*args)
        for name, seconds in clock.own.items():
            best[name] = min(best.get(name, seconds * 1000), seconds * 1000)
    return dict(sorted(best.items(), key=lambda item: -item[1]))


class _Clock:
    """Adds up the time of nested modules, each without that of its children."""

    def __init__(self) -> None:
        self.own: dict[str, float] = {}
        self._open: list[list[float]] = []  # [start, time of the children]

    def enter(self, *_: object) -> None:
        _synchronise()
        self._open.append([perf_counter(), 0.0])

    def leave(self, name: str) -> Callable[..., None]:
        def note(*_: object) -> None:
            _synchronise()
            start, inside = self._open.pop()
            spent = perf_counter() - start
            self.own[name] = self.own.get(name, 0.0) + spent - inside
            if self._open:
                self._open[-1][1] += spent

        return note
