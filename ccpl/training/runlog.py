"""What a run leaves in its folder: metrics, curves, contact sheets, checkpoint and weights."""

import csv
import importlib.util
from pathlib import Path

import cv2
import numpy as np
import torch
from PIL import Image

from ccpl.atomic import atomic_path, check_folder, check_place
from ccpl.errors import InputError
from ccpl.files.sheets import contact_sheet
from ccpl.files.weights import save_weights
from ccpl.image import save_image, to_image
from ccpl.models import Network
from ccpl.training.checkpoint import Checkpoint, save_checkpoint
from ccpl.training.data import Samples

CHECKPOINT = "checkpoint.pt"
COLOURS = ((66, 113, 174), (222, 143, 5), (2, 158, 115), (204, 120, 188), (202, 145, 97),
           (148, 148, 148), (236, 225, 51), (86, 180, 233), (213, 94, 0))  # fmt: skip


class RunFolder:
    """A folder of one run; reopening continues the CSV.

    Args:
        folder: created if missing.
        weights: the file that weights are exported to.
        step: rows after this step are dropped, so that a resumed run does not repeat them.
    Raises:
        InputError: the folder cannot be written to.
    """

    def __init__(self, folder: Path, weights: Path, *, step: int = 0) -> None:
        self.folder, self.weights, self.csv = folder, weights, folder / "metrics.csv"
        self.samples: Samples | None = None
        check_folder(folder)
        for path in (self.csv, weights, folder / CHECKPOINT):
            check_place(path)
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise InputError(f"cannot write into {folder}: {error.strerror}") from None
        self.rows = [row for row in self._read() if row["step"] <= step] if step else []
        # Of all rows: a run that goes on with other weights has other terms.
        self.columns = list(dict.fromkeys(name for row in self.rows for name in row))
        if self.rows:
            self._rewrite()
        self.board = None
        if importlib.util.find_spec("tensorboard"):
            from torch.utils.tensorboard import SummaryWriter

            self.board = SummaryWriter(str(folder))

    def _read(self) -> list[dict[str, float]]:
        if not self.csv.is_file():
            return []
        try:
            with self.csv.open(newline="") as file:
                rows = [{k: float(x) for k, x in row.items() if x} for row in csv.DictReader(file)]
            return [{**row, "step": int(row["step"])} for row in rows]
        except (ValueError, TypeError, KeyError):
            raise InputError(f"{self.csv} is damaged; move it away to go on without it") from None

    def _rewrite(self) -> None:
        with atomic_path(self.csv) as part, part.open("w", newline="") as file:
            writer = csv.DictWriter(file, self.columns)
            writer.writeheader()
            writer.writerows(self.rows)

    def add(self, step: int, lr: float, losses: dict[str, float]) -> None:
        """Append one step to the CSV (and to TensorBoard)."""
        row = {"step": step, "lr": lr, **losses}
        self.rows.append(row)
        if new := [name for name in row if name not in self.columns]:
            self.columns += new
            self._rewrite()
        else:
            with self.csv.open("a", newline="") as file:
                csv.DictWriter(file, self.columns).writerow(row)
        if self.board:
            for name, value in losses.items():
                self.board.add_scalar(f"loss/{name}", value, step)

    def save(self, checkpoint: Checkpoint, network: Network) -> None:
        """Write checkpoint.pt and the exported weights, each whole or not at all."""
        save_checkpoint(self.folder / CHECKPOINT, checkpoint)
        save_weights(network, self.weights)

    def draw_curves(self) -> Path:
        """Write losses.png: every term over the steps, each relative to its own largest value."""
        width, height, left = 960, 480, 190
        canvas = np.full((height, width, 3), 255, np.uint8)
        places = np.linspace(left, width - 20, len(self.rows))
        for i, name in enumerate(n for n in self.columns if n not in ("step", "lr")):
            colour = COLOURS[i % len(COLOURS)]
            present = [k for k, row in enumerate(self.rows) if name in row]
            values = _smooth(np.array([self.rows[k][name] for k in present]))
            top = max(values.max(), 1e-12)
            x = places[present]
            y = height - 30 - values / top * (height - 60)
            points = np.stack([x, y], 1).round().astype(np.int32)
            cv2.polylines(canvas, [points], False, colour, 2, cv2.LINE_AA)
            _write(canvas, f"{name} {values[-1]:.4g}", (12, 40 + 24 * i), 0.5, colour)
        first, last = self.rows[0]["step"], self.rows[-1]["step"]
        label = f"steps {first:.0f} to {last:.0f}, each / its maximum"
        _write(canvas, label, (left, height - 8), 0.45, (90,) * 3)
        return save_image(Image.fromarray(canvas), self.folder / "losses.png")

    @torch.no_grad()
    def draw_samples(self, network: Network, step: int) -> Path:
        """Write samples/<step>.png: every content of `samples` in every style."""
        samples = self.samples
        code = network.encode_style(samples.style_pictures)
        results = {}
        for i, content in enumerate(samples.contents.split(1)):
            stylized = network(content.expand(len(samples.styles), -1, -1, -1), code)
            results |= {(i, j): to_image(x) for j, x in enumerate(stylized.split(1))}
        contents, styles = (
            [to_image(x) for x in part.split(1)] for part in (samples.contents, samples.styles)
        )
        sheet = contact_sheet(contents, styles, results, side=samples.contents.shape[2])
        return save_image(sheet, self.folder / "samples" / f"{step:06d}.png")


def _write(
    canvas: np.ndarray, text: str, place: tuple[int, int], size: float, colour: tuple[int, ...]
) -> None:
    cv2.putText(canvas, text, place, cv2.FONT_HERSHEY_SIMPLEX, size, colour, 1, cv2.LINE_AA)


def _smooth(values: np.ndarray) -> np.ndarray:
    """Running mean over 1/50 of the run."""
    span = max(1, len(values) // 50)
    padded = np.concatenate([np.full(span - 1, values[0]), values])
    return np.convolve(padded, np.full(span, 1 / span), "valid")
