"""Training: `train(config)` yields a report a step; what it makes goes to one folder.

Everything random in step n is drawn from (seed, n), so a resumed run equals an uninterrupted one.
"""

import dataclasses
import logging
import math
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel

from ccpl.atomic import atomic_path
from ccpl.config import ModelConfig, TrainConfig
from ccpl.device import has_fast_bf16, pick_device
from ccpl.errors import InputError
from ccpl.files.vgg import prepare_vgg
from ccpl.files.weights import load_network, save_weights
from ccpl.models import StyleTransferNet, build_network
from ccpl.models.reference import reference_taps
from ccpl.models.vgg import VGG19, deepest_taps
from ccpl.training.data import CropStream, batches
from ccpl.training.objective import TrainingModel
from ccpl.training.runlog import RunLog

log = logging.getLogger(__name__)

STYLE_TAPS = ("relu1_1", "relu2_1", "relu3_1", "relu4_1")
FIXED = 1 << 40  # crops from here on are for the contact sheets
FULL_PACE = 216  # inputs of a layer up to which it learns at the full rate
MODULATION_PACE = 0.5  # share of the learning rate for what turns styles into kernels
SHEET = (4, 6)  # contents and styles on them


@dataclass(frozen=True)
class StepReport:
    """What one step did."""

    step: int  # steps done so far
    steps: int
    losses: dict[str, float]  # unweighted terms by name, and the weighted "total"
    lr: float
    seconds_left: float


class Trainer:
    """Model, optimizer and streams of one run; `steps()` runs it.

    What it exports and draws samples with is a running mean of the weights: single steps, on a few
    crops each, jump about it.

    Args:
        config: the run.
        vgg_state: VGG-19 weights in any layout `prepare_vgg` reads.
    """

    def __init__(self, config: TrainConfig, vgg_state: dict[str, Tensor]) -> None:
        self.config = config
        self.rank = int(os.environ.get("RANK", 0))
        self.world = int(os.environ.get("WORLD_SIZE", 1))
        self.device = pick_device(config.device)
        self.folder = Path(config.output_dir)
        self.streams = [
            CropStream(folder, config.image_size, seed=config.seed + i, bold=bold)
            for i, (folder, bold) in enumerate(
                [(config.content_dir, 0), (config.style_dir, config.bold_styles)]
            )
        ]
        self.vgg = self._prepare_vgg(vgg_state)
        torch.manual_seed(config.seed)
        network = self._start_network()
        self.model = TrainingModel(config, network, self.vgg).to(
            self.device, memory_format=torch.channels_last
        )
        self._freeze_the_rest()
        self.optimizer = torch.optim.Adam(self._parameter_groups(), lr=config.lr, fused=True)
        self.mean = AveragedModel(network, avg_fn=self._average).eval()
        self.step = 0
        if config.resume:
            self.load_checkpoint(Path(config.resume))
        self.log = RunLog(self.folder, step=self.step) if self.rank == 0 else None

    def _prepare_vgg(self, state: dict[str, Tensor]) -> VGG19:
        lite = self.config.arch == "lite"
        taps = deepest_taps(state, STYLE_TAPS) if lite else reference_taps(state, self.config.mode)
        vgg = prepare_vgg(state, taps)
        log.info("VGG-19 taps: %s", ", ".join(vgg.taps))
        self.encoder_state = vgg.state_dict()  # float32, for the encoder of vgg19
        dtype = torch.bfloat16 if has_fast_bf16(self.device) else torch.float32
        return vgg.to(self.device, dtype, memory_format=torch.channels_last)

    def _start_network(self) -> StyleTransferNet:
        """A new network, or one of the shape of `--init` with all it has that the mode knows."""
        shape = ModelConfig(arch=self.config.arch)
        start = load_network(Path(self.config.init)) if self.config.init else None
        if start and start.config.arch == shape.arch:
            shape = start.config
        network = build_network(dataclasses.replace(shape, mode=self.config.mode))
        if start:
            given, own = start.state_dict(), network.state_dict()
            network.load_state_dict(
                {
                    k: given[k] if k in given and given[k].shape == v.shape else v
                    for k, v in own.items()
                }
            )
        if self.config.arch == "vgg19":
            network.encoder.load_state_dict(self.encoder_state)
        return network

    def _freeze_the_rest(self) -> None:
        """Hold still what `--learn` does not name; the losses' own projections learn on."""
        part, network = self.config.learn, self.model.network
        if part is None:
            return
        names = [name for name, p in network.named_parameters() if p.requires_grad]
        if not any(part in name for name in names):
            tops = sorted({".".join(name.split(".")[:2]) for name in names})
            raise InputError(f"no part that learns is named {part!r}; try {', '.join(tops)}")
        for name, module in network.named_modules():
            module.training = part in name  # running statistics stand still too
        for name, parameter in network.named_parameters():
            parameter.requires_grad_(part in name and parameter.requires_grad)

    def _parameter_groups(self) -> list[dict[str, Any]]:
        """All that is learned, each part at its pace.

        Adam moves every weight by as much, so a layer jumps the further the more inputs it sums,
        and what jumps is soon switched off: the wider the layer, the slower (as in muP, Yang et
        al., NeurIPS 2021). What turns styles into kernels moves every layer at once.
        """
        groups: dict[float, list[Tensor]] = {}
        for name, p in self.model.named_parameters():
            if p.requires_grad:
                pace = min(1.0, FULL_PACE / p[0].numel()) if self.config.arch == "lite" else 1.0
                pace *= MODULATION_PACE if ".modulation." in name else 1.0
                groups.setdefault(pace, []).append(p)
        return [{"params": params, "pace": pace} for pace, params in groups.items()]

    def _average(self, mean: Tensor, new: Tensor, _: Tensor) -> Tensor:
        """The next running mean of a weight; in the first steps it follows faster."""
        return torch.lerp(new, mean, min(self.config.ema, (1 + self.step) / (10 + self.step)))

    def steps(self) -> Iterator[StepReport]:
        """Run to the end, yielding after every step; checkpoints and samples on the way."""
        config, began, first = self.config, time.monotonic(), self.step
        model, batch = self._distributed(), self._batches()
        while self.step < config.steps:
            lr = learning_rate(config, self.step)
            losses = self._step(model, *next(batch), lr)
            self.mean.update_parameters(self.model.network)
            self.step += 1
            if not all(map(math.isfinite, losses.values())):
                raise InputError(f"the loss is no longer finite at step {self.step}; lower --lr")
            if self.rank == 0:
                self._record(lr, losses)
            rate = (time.monotonic() - began) / (self.step - first)
            yield StepReport(self.step, config.steps, losses, lr, rate * (config.steps - self.step))

    def _distributed(self) -> nn.Module:
        """The model, averaged over the processes of torchrun if there are several."""
        if self.world == 1:
            return self.model
        ids = [self.device.index] if self.device.type == "cuda" else None
        return nn.parallel.DistributedDataParallel(self.model, ids, find_unused_parameters=True)

    def _batches(self) -> Iterator[tuple[Tensor, Tensor]]:
        """Content and style crops from this step on, on the device; each process has its own."""
        config = self.config
        start = self.step * config.batch_size * self.world + self.rank
        for pair in zip(
            *(
                batches(
                    stream,
                    config.batch_size,
                    start=start,
                    stride=self.world,
                    workers=config.workers,
                )
                for stream in self.streams
            ),
            strict=True,
        ):
            yield tuple(map(self._to_device, pair))

    def _step(
        self, model: nn.Module, content: Tensor, style: Tensor, lr: float
    ) -> dict[str, float]:
        for group in self.optimizer.param_groups:
            group["lr"] = lr * group["pace"]
        terms = model(content, style, self.step)
        self.optimizer.zero_grad(set_to_none=True)
        terms["total"].backward()
        nn.utils.clip_grad_norm_(self.model.parameters(), self.config.clip)
        self.optimizer.step()
        return {name: value.item() for name, value in terms.items()}

    def _record(self, lr: float, losses: dict[str, float]) -> None:
        """Metrics of every step; curves and a checkpoint, and samples, when they are due."""
        config, last = self.config, self.step == self.config.steps
        self.log.add(self.step, lr, losses)
        if last or self.step % config.sample_every == 0:
            fixed = [
                self._to_device(torch.stack([stream[FIXED + k] for k in range(n)]))
                for stream, n in zip(self.streams, SHEET, strict=True)
            ]
            self.log.draw_samples(self.mean.module, *fixed, self.step)
        if last or self.step % config.checkpoint_every == 0:
            self.log.draw_curves()
            self.save_checkpoint()

    def _to_device(self, batch: Tensor) -> Tensor:
        batch = batch.to(self.device, non_blocking=True, memory_format=torch.channels_last)
        return batch.float() / 255

    def save_checkpoint(self) -> Path:
        """Write checkpoint.pt and the exported weights, each whole or not at all."""
        path = self.folder / "checkpoint.pt"
        if self.rank == 0:
            state = {
                "model": self.model.state_dict(),
                "mean": self.mean.state_dict(),
                "optimizer": self.optimizer.state_dict(),
                "step": self.step,
                "config": dataclasses.asdict(self.config),
            }
            with atomic_path(path) as part:
                torch.save(state, part)
            save_weights(self.mean.module, self.weights_path_of(self.config))
        return path

    @staticmethod
    def weights_path_of(config: TrainConfig) -> Path:
        """Where the exported weights go, ready to be copied into weights/."""
        return Path(config.output_dir) / f"{config.arch}.{config.mode}.safetensors"

    def load_checkpoint(self, path: Path) -> None:
        """Continue from a checkpoint of the same mode and architecture."""
        try:
            state = torch.load(path, map_location=self.device, weights_only=True)
            saved, mean = state["config"], state["mean"]
        except (OSError, KeyError, RuntimeError, ValueError, TypeError) as error:
            raise InputError(f"cannot resume from {path}: {error}") from None
        for name in ("arch", "mode", "seed", "batch_size", "image_size"):
            if saved[name] != getattr(self.config, name):
                raise InputError(
                    f"{path} was trained with {name.replace('_', ' ')} {saved[name]}, not "
                    f"{getattr(self.config, name)}; give the same flags to resume"
                )
        paces = [group["pace"] for group in self.optimizer.param_groups]
        try:
            self.model.load_state_dict(state["model"])
            self.mean.load_state_dict(mean)
            self.optimizer.load_state_dict(state["optimizer"])
            self.step = state["step"]
        except (KeyError, RuntimeError, ValueError):
            raise InputError(
                f"{path} was written by another version of this program; start a new run"
            ) from None
        for group, pace in zip(self.optimizer.param_groups, paces, strict=True):
            group["pace"] = pace


def learning_rate(config: TrainConfig, step: int) -> float:
    """Linear warm-up, then cosine decay to a hundredth, or inverse decay if `lr_decay` is set."""
    if step < config.warmup:
        return config.lr * (step + 1) / config.warmup
    if config.lr_decay:
        return config.lr / (1 + config.lr_decay * step)
    done = (step - config.warmup) / max(config.steps - config.warmup, 1)
    cosine = 0.5 * (1 + torch.cos(torch.tensor(done * torch.pi)).item())
    return config.lr * (0.01 + 0.99 * cosine)


def train(config: TrainConfig, vgg_state: dict[str, Tensor]) -> Iterator[StepReport]:
    """Train and export to `config.output_dir`; stopping it early saves a checkpoint.

    Under torchrun one process trains on each GPU. See `Trainer` for the arguments.
    """
    if int(os.environ.get("WORLD_SIZE", 1)) > 1 and not dist.is_initialized():
        dist.init_process_group("nccl" if torch.cuda.is_available() else "gloo")
    trainer = Trainer(config, vgg_state)
    try:
        yield from trainer.steps()
    except (KeyboardInterrupt, GeneratorExit):
        trainer.save_checkpoint()
        raise
