"""The training loop: `fit(network, objective, batches, config)` yields a report a step.

Everything random in step n is drawn from (seed, n), so a resumed run equals an uninterrupted one.
"""

import math
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel

from ccpl.device import has_fast_bf16
from ccpl.errors import InputError
from ccpl.models import Network
from ccpl.training import processes
from ccpl.training.checkpoint import OTHER_VERSION, Checkpoint, describe
from ccpl.training.config import TrainConfig
from ccpl.training.data import Batch
from ccpl.training.objective import Objective
from ccpl.training.optimizer import build_optimizer, learning_rate
from ccpl.training.runlog import RunFolder
from ccpl.training.step import MixedPrecision, TrainingStep

Batches = Callable[[int], Iterator[Batch]]  # step -> the batches from that step on, without an end


@dataclass(frozen=True)
class StepReport:
    """What one step did."""

    step: int  # steps done so far
    steps: int
    losses: dict[str, float]  # unweighted terms by name, and the weighted "total"
    lr: float
    seconds_left: float


class Training:
    """All that a step changes: weights, their running mean, the state of the optimizer.

    The running mean is what is exported and drawn: single steps, on a few pictures each, jump about
    it.

    Args:
        network: on its device.
        objective: on the same.
        config: pace and averaging.
    """

    def __init__(self, network: Network, objective: Objective, config: TrainConfig) -> None:
        self.config, self.step = config, 0
        self.model = TrainingStep(network, objective)
        self.optimizer = build_optimizer(self.model, config)
        self._mean = AveragedModel(network, avg_fn=self._average).eval()

    @property
    def mean(self) -> Network:
        """The network with the running mean of the weights."""
        return self._mean.module

    def _average(self, mean: Tensor, new: Tensor, _: Tensor) -> Tensor:
        """The next running mean of a weight; in the first steps it follows faster."""
        return torch.lerp(new, mean, min(self.config.ema, (1 + self.step) / (10 + self.step)))

    def update(self, forward: nn.Module, batch: Batch) -> dict[str, float]:
        """Do one step: the terms of the loss on the batch, before what it teaches."""
        lr = learning_rate(self.config, self.step)
        for group in self.optimizer.param_groups:
            group["lr"] = lr * group["pace"]
        terms = forward(batch, self.step)
        self.optimizer.zero_grad(set_to_none=True)
        terms["total"].backward()
        nn.utils.clip_grad_norm_(self.model.parameters(), self.config.clip)
        self.optimizer.step()
        self._mean.update_parameters(self.model.network)
        self.step += 1
        losses = {name: value.item() for name, value in terms.items()}
        if not all(map(math.isfinite, losses.values())):
            raise InputError(f"the loss is no longer finite at step {self.step}; lower --lr")
        return losses

    def checkpoint(self) -> Checkpoint:
        """What `restore` needs, see `ccpl.training.checkpoint`."""
        return {
            "model": self.model.state_dict(),
            "mean": self._mean.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "step": self.step,
            "config": describe(self.config),
        }

    def restore(self, checkpoint: Checkpoint) -> None:
        """Go on from a checkpoint.

        Raises:
            InputError: it is of another network.
        """
        paces = [group["pace"] for group in self.optimizer.param_groups]
        try:
            self.model.load_state_dict(checkpoint["model"])
            self._mean.load_state_dict(checkpoint["mean"])
            self.optimizer.load_state_dict(checkpoint["optimizer"])
        except (KeyError, RuntimeError, ValueError):
            raise InputError(f"the checkpoint {OTHER_VERSION}") from None
        for group, pace in zip(self.optimizer.param_groups, paces, strict=True):
            group["pace"] = pace
        self.step = checkpoint["step"]


def fit(
    network: Network,
    objective: Objective,
    batches: Batches,
    config: TrainConfig,
    *,
    folder: RunFolder | None = None,
    checkpoint: Checkpoint | None = None,
) -> Iterator[StepReport]:
    """Train a network in place, from float32 weights, in bfloat16 where that is fast.

    At the end the network has the running mean of its weights.

    Args:
        network, objective: on one device.
        batches: of any pictures, on that device.
        config: steps, pace, averaging, how often something is written.
        folder: where; nothing is written without it.
        checkpoint: to go on from.
    Yields:
        A report after every step; stopping early writes a checkpoint.
    Raises:
        InputError: the checkpoint is of another network, or the loss is no longer finite.
    """
    training = Training(network, objective, config)
    if checkpoint:
        training.restore(checkpoint)
    device = next(network.parameters()).device
    dtype = torch.bfloat16 if has_fast_bf16(device) else torch.float32
    forward = processes.average_gradients(MixedPrecision(training.model, dtype), device)
    began, first = time.monotonic(), training.step
    stream = batches(first)
    try:
        while training.step < config.steps:
            lr = learning_rate(config, training.step)
            losses = training.update(forward, next(stream))
            if folder:
                record(training, lr, losses, folder)
            rate = (time.monotonic() - began) / (training.step - first)
            left = config.steps - training.step
            yield StepReport(training.step, config.steps, losses, lr, rate * left)
    except (KeyboardInterrupt, SystemExit, GeneratorExit):
        if folder:
            folder.save(training.checkpoint(), training.mean)
        raise
    network.load_state_dict(training.mean.state_dict())


def record(training: Training, lr: float, losses: dict[str, float], folder: RunFolder) -> None:
    """Metrics of every step; a contact sheet, curves and a checkpoint when they are due."""
    step, config = training.step, training.config
    last = step == config.steps
    folder.add(step, lr, losses)
    if config.sample_every and (last or step % config.sample_every == 0):
        folder.draw_samples(training.mean, step)
    if last or (config.checkpoint_every and step % config.checkpoint_every == 0):
        folder.draw_curves()
        folder.save(training.checkpoint(), training.mean)
