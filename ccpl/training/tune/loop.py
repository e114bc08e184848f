"""The loop of a tuning: one lesson a step, for so many minutes, the best so far always at hand."""

import copy
import logging
import math
import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel

from ccpl.device import has_fast_bf16
from ccpl.errors import InputError
from ccpl.training.step import MixedPrecision, TrainingStep
from ccpl.training.tune.config import TuneConfig
from ccpl.training.tune.lesson import Lesson
from ccpl.training.tune.objective import TuneObjective

log = logging.getLogger(__name__)

WARMUP = 10  # steps
KEPT_SHARE = 0.98  # share the running mean of the weights keeps at a step
MOST_FAILURES = 6  # times the loss may stop being finite
BETAS = (0.9, 0.99)
NEARLY = 1.05  # of the lowest loss: lessons differ, and what is newer has learned more
WINDOW = 24  # steps over which the loss is judged
CLIP = 2.0  # largest gradient norm

State = dict[str, Tensor]


@dataclass(frozen=True)
class TuneReport:
    """How far a tuning is."""

    step: int
    seconds: float  # since it began
    share: float  # of the whole, 0 .. 1
    seconds_left: float
    losses: dict[str, float]
    note: str = ""  # a sentence, if something is to be said


class Tuning:
    """A network in tuning, the running mean of its weights, and the best of it so far.

    Args:
        network: with float32 weights, on its device.
        objective: on the same.
        lessons: the k-th is what step k learns from.
    """

    def __init__(
        self,
        network: nn.Module,
        objective: TuneObjective,
        lessons: Callable[[int], Lesson],
        config: TuneConfig,
    ) -> None:
        self.config, self.step, self.failures, self.seconds = config, 0, 0, 0.0
        self.model = TrainingStep(network, objective)
        device = next(network.parameters()).device
        dtype = torch.bfloat16 if has_fast_bf16(device) else torch.float32
        self._forward = MixedPrecision(self.model, dtype)
        self._mean = AveragedModel(network, avg_fn=self._average).eval()
        self._lessons = lessons
        self._recent: deque[float] = deque(maxlen=WINDOW)
        self._rate = config.lr
        self._best_score = math.inf
        self.best: State = self._copied()
        self._start()

    def _start(self) -> None:
        learning = [p for p in self.model.network.parameters() if p.requires_grad]
        self._optimizer = torch.optim.Adam(learning, betas=BETAS, fused=True)
        self._since = 0  # steps of this optimizer

    def _average(self, mean: Tensor, new: Tensor, _: Tensor) -> Tensor:
        return torch.lerp(new, mean, min(KEPT_SHARE, (1 + self.step) / (4 + self.step)))

    def _copied(self) -> State:
        return {name: x.detach().clone() for name, x in self._mean.module.state_dict().items()}

    def update(self, share: float) -> tuple[dict[str, float], str]:
        """Do one step.

        Args:
            share: of the whole tuning that is done, 0 .. 1.
        Returns:
            The terms of the loss before it, and a sentence if it failed.
        Raises:
            InputError: it failed too often.
        """
        terms = self._forward(self._lessons(self.step), self.step)
        losses = {name: value.item() for name, value in terms.items()}
        if not all(map(math.isfinite, losses.values())):
            return losses, self._go_back()
        rate = self._rate * min(1, (self._since + 1) / WARMUP)
        for group in self._optimizer.param_groups:
            group["lr"] = rate * (0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * share)))
        self._optimizer.zero_grad(set_to_none=True)
        terms["total"].backward()
        norm = nn.utils.clip_grad_norm_(self.model.network.parameters(), CLIP)
        if not norm.isfinite():
            return losses, self._go_back()
        self._optimizer.step()
        self._mean.update_parameters(self.model.network)
        self.step, self._since = self.step + 1, self._since + 1
        self._judge(self.model.objective.score(losses))
        return losses, ""

    def best_network(self) -> nn.Module:
        """The best so far, apart from what goes on learning."""
        network = copy.deepcopy(self._mean.module)
        network.load_state_dict(self.best)
        return network.eval()

    def _judge(self, score: float) -> None:
        """The best are the weights after which the last WINDOW steps cost least, or nearly."""
        self._recent.append(score)
        recent = sum(self._recent) / len(self._recent)
        full = len(self._recent) == self._recent.maxlen
        if not full or recent <= NEARLY * self._best_score:
            self.best = self._copied()
            self._best_score = min(recent, self._best_score) if full else math.inf

    def _go_back(self) -> str:
        """To the best weights, at half the rate."""
        self.failures += 1
        if self.failures > MOST_FAILURES:
            raise InputError("the loss is not finite again and again; lower --lr or the weights")
        self._rate /= 2
        for network in (self.model.network, self._mean.module):
            network.load_state_dict(self.best)
        self._recent.clear()
        self._start()
        return (
            f"the loss was no longer finite at step {self.step + 1}: back to the best so far, at "
            f"half the learning rate ({self._rate:.2g})"
        )


def tune_steps(tuning: Tuning, config: TuneConfig) -> Iterator[TuneReport]:
    """Tune until the time is over or the steps are done; it may be left in between.

    Yields:
        A report after every step.
    """
    began = time.monotonic()
    share = 0.0
    while share < 1:
        losses, note = tuning.update(share)
        tuning.seconds = seconds = time.monotonic() - began
        share = tuning.step / config.steps if config.steps else seconds / (60 * config.minutes)
        left = seconds / share - seconds if share else 0.0
        yield TuneReport(tuning.step, seconds, min(share, 1.0), max(left, 0.0), losses, note)
