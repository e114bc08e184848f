"""What a training run leaves to look at: metrics.csv, losses.png, contact sheets, TensorBoard."""

import csv
import importlib.util
from pathlib import Path

import cv2
import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from ccpl.image import save_image, to_image
from ccpl.models import StyleTransferNet

COLOURS = ((66, 113, 174), (222, 143, 5), (2, 158, 115), (204, 120, 188), (202, 145, 97),
           (148, 148, 148), (236, 225, 51), (86, 180, 233), (213, 94, 0))  # fmt: skip


class RunLog:
    """Collects the reports of a run in a folder; reopening continues the CSV.

    Args:
        folder: created if missing.
        step: rows after this step are dropped, so that a resumed run does not repeat them.
    """

    def __init__(self, folder: Path, *, step: int = 0) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder, self.path = folder, folder / "metrics.csv"
        self.rows: list[dict[str, float]] = []
        if step and self.path.is_file():
            with self.path.open(newline="") as file:
                rows = [{k: float(v) for k, v in row.items()} for row in csv.DictReader(file)]
            kept = [row for row in rows if row["step"] <= step]
            self.rows = [{**row, "step": int(row["step"])} for row in kept]
        if self.rows:
            self._rewrite()
        self.board = None
        if importlib.util.find_spec("tensorboard"):
            from torch.utils.tensorboard import SummaryWriter

            self.board = SummaryWriter(str(folder))

    def _rewrite(self) -> None:
        with self.path.open("w", newline="") as file:
            writer = csv.DictWriter(file, self.rows[0])
            writer.writeheader()
            writer.writerows(self.rows)

    def add(self, step: int, lr: float, losses: dict[str, float]) -> None:
        """Append one step to the CSV (and to TensorBoard)."""
        row = {"step": step, "lr": lr, **losses}
        self.rows.append(row)
        if len(self.rows) == 1:
            self._rewrite()
        else:
            with self.path.open("a", newline="") as file:
                csv.DictWriter(file, row).writerow(row)
        if self.board:
            for name, value in losses.items():
                self.board.add_scalar(f"loss/{name}", value, step)

    def draw_curves(self) -> Path:
        """Write losses.png: every term over the steps, each relative to its own largest value."""
        width, height, left = 960, 480, 190
        canvas = np.full((height, width, 3), 255, np.uint8)
        names = [n for n in self.rows[0] if n not in ("step", "lr")]
        for i, name in enumerate(names):
            colour = COLOURS[i % len(COLOURS)]
            values = _smooth(np.array([row[name] for row in self.rows]))
            top = max(values.max(), 1e-12)
            x = np.linspace(left, width - 20, len(values))
            y = height - 30 - values / top * (height - 60)
            points = np.stack([x, y], 1).round().astype(np.int32)
            cv2.polylines(canvas, [points], False, colour, 2, cv2.LINE_AA)
            text = f"{name} {values[-1]:.4g}"
            place = (12, 40 + 24 * i)
            cv2.putText(canvas, text, place, cv2.FONT_HERSHEY_SIMPLEX, 0.5, colour, 1, cv2.LINE_AA)
        label = (
            f"steps {self.rows[0]['step']:.0f} to {self.rows[-1]['step']:.0f}, each / its maximum"
        )
        place = (left, height - 8)
        cv2.putText(canvas, label, place, cv2.FONT_HERSHEY_SIMPLEX, 0.45, (90,) * 3, 1, cv2.LINE_AA)
        return save_image(to_image(torch.from_numpy(canvas).permute(2, 0, 1)[None] / 255),
                          self.folder / "losses.png")  # fmt: skip

    def draw_samples(
        self, network: StyleTransferNet, contents: Tensor, styles: Tensor, step: int
    ) -> Path:
        """Write samples/<step>.png: contents down, styles across, stylized pictures between.

        Args:
            contents, styles: (N, 3, S, S) and (M, 3, S, S) in [0, 1].
        """
        path = self.folder / "samples" / f"{step:06d}.png"
        return save_image(to_image(contact_sheet(network, contents, styles)), path)


@torch.no_grad()
def contact_sheet(network: StyleTransferNet, contents: Tensor, styles: Tensor) -> Tensor:
    """Every content in every style, (1, 3, (N + 1) * S', (M + 1) * S') with thin white gaps."""
    code = network.encode_style(styles)
    rows = [torch.cat([torch.ones_like(styles[:1]), styles])]
    for content in contents.split(1):
        rows.append(torch.cat([content, network(content.expand(len(styles), -1, -1, -1), code)]))
    rows = [F.pad(row.clamp(0, 1), (2, 2, 2, 2), value=1.0) for row in rows]
    return torch.cat([torch.cat(list(row), 2) for row in rows], 1)[None].cpu()


def _smooth(values: np.ndarray) -> np.ndarray:
    """Running mean over 1/50 of the run."""
    span = max(1, len(values) // 50)
    padded = np.concatenate([np.full(span - 1, values[0]), values])
    return np.convolve(padded, np.full(span, 1 / span), "valid")
