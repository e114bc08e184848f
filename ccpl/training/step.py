"""The forward of one training step as a module, which precision and processes wrap."""

import torch
from torch import Tensor, nn
from torch.func import functional_call

from ccpl.models import Network
from ccpl.training.data import Batch
from ccpl.training.objective import Objective

NETWORK = "network"  # its name within the step


class TrainingStep(nn.Module):
    """The network and the objective that judges it: all that learns."""

    def __init__(self, network: Network, objective: Objective) -> None:
        super().__init__()
        self.network, self.objective = network, objective

    def forward(self, batch: Batch, step: int) -> dict[str, Tensor]:
        """See `Objective.forward`."""
        return self.objective(self.network, batch, step)


class MixedPrecision(nn.Module):
    """A step whose network computes in another precision, from float32 weights that learn.

    Args:
        step: its weights stay as they are.
        dtype: float32 changes nothing.
    """

    def __init__(self, step: TrainingStep, dtype: torch.dtype) -> None:
        super().__init__()
        self.step, self.dtype = step, dtype

    def forward(self, batch: Batch, step: int) -> dict[str, Tensor]:
        """See `Objective.forward`."""
        if self.dtype == torch.float32:
            return self.step(batch, step)
        weights = self.step.network.named_parameters(NETWORK)
        cast = {name: p.to(self.dtype) for name, p in weights}
        return functional_call(self.step, cast, (batch, step))
