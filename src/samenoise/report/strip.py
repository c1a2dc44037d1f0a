"""One noise at every training size: what two networks draw from it, and the training image nearest to that.

The picture of a run, for who sees it first. It is chosen for what it shows, and shows nothing that is not so of its
noise: copies at few images, disagreement between, and at many the same new picture.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import matplotlib
import numpy as np
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from numpy.typing import NDArray

from samenoise.lab.run_files import Grid
from samenoise.report.ink import COLOURS, RC, WIDE

__all__ = ["Strip", "drawn", "strip", "telling_panel"]


CELL = 1.25
"""Inches of a picture on paper at most."""

SIZE = "N = "
"""What the labels of panels along sizes begin with."""


@dataclass(frozen=True)
class Strip:
    """Rows of pictures over panels."""

    noise: int
    """Its number."""
    labels: tuple[str, ...]
    """Of the rows."""
    panels: tuple[str, ...]
    images: NDArray[np.uint8]
    """Shape ``(rows, panels, channels, height, width)``."""
    matches: NDArray[np.bool_]
    """Whether a picture is the same as the other network's, or the training image the same as the last network's,
    shape ``(rows, panels)``."""


def strip(grid: Grid) -> Strip | None:
    """The most telling noise of a grid over training sizes with two networks or more, else nothing."""
    models = _models(grid)
    nearest = next((k for k, row in enumerate(grid.rows) if row.get("kind") == "nearest"), None)
    sizes = [panel.get("n_train") for panel in grid.panels]
    if len(models) < 2 or nearest is None or len(sizes) < 2 or len(set(sizes)) < len(sizes):
        return None
    a, b = models[0], models[-1]
    agree, copy = grid.similarity[:, :, a, b], grid.similarity[:, :, b, nearest]
    column = int(np.argmax(_telling(agree, copy, grid.threshold)))
    rows = [a, b, nearest]
    same, copied = agree[:, column] > grid.threshold, copy[:, column] > grid.threshold
    names = [str(grid.rows[k]["label"]) for k in (a, b)]
    return Strip(
        grid.noise_ids[column],
        (*names, f"nearest training image to {names[1]}"),
        tuple(str(panel["label"]) for panel in grid.panels),
        grid.images[:, rows, column].swapaxes(0, 1),
        np.stack([same, same, copied]),
    )


def telling_panel(grid: Grid) -> int:
    """Where a grid is opened: at the panel with most noises from which the first and the last network draw the same
    picture, and no copy; the last of several, and the first where there is no such noise."""
    models = _models(grid)
    if len(models) < 2:
        return 0
    a, b = models[0], models[-1]
    with np.errstate(invalid="ignore"):
        same = grid.similarity[:, :, a, b] > grid.threshold
        new = ~(grid.nearest_similarity[:, [a, b]] > grid.threshold).any(1)
    counts = (same & new).sum(1)
    return int(len(counts) - 1 - np.argmax(counts[::-1])) if counts.any() else 0


def drawn(found: Strip) -> Figure:
    """On paper."""
    rows, panels = found.images.shape[:2]
    height, width = found.images.shape[-2:]
    left, head = 1.75, 0.28
    cell = min((WIDE - left) / panels, CELL)
    tall = cell * height / width
    with matplotlib.rc_context(RC):
        wide = left + panels * cell
        figure = Figure(figsize=(wide, head + rows * tall))
        axes: Any = figure.add_axes((0, 0, 1, 1))
        axes.axis("off")
        common = SIZE if all(label.startswith(SIZE) for label in found.panels) else ""
        axes.text(left - 0.1, head / 2, common, ha="right", va="center", fontsize=8.5)
        for p, label in enumerate(found.panels):
            words = label.removeprefix(common)
            axes.text(left + (p + 0.47) * cell, head / 2, words, ha="center", va="center", fontsize=8.5)
        for r, label in enumerate(found.labels):
            words = label.replace("training image to ", "training image\nto ")
            axes.text(left - 0.1, head + (r + 0.47) * tall, words, ha="right", va="center", fontsize=8.5)
            for p in range(panels):
                x, y = left + p * cell, head + r * tall
                picture = np.broadcast_to(found.images[r, p], (3, height, width)).transpose(1, 2, 0)
                box = (x, x + 0.94 * cell, y + 0.94 * tall, y)
                axes.imshow(picture, extent=box, interpolation="nearest")
                if found.matches[r, p]:
                    frame = Rectangle((x, y), 0.94 * cell, 0.94 * tall, fill=False, ec=COLOURS["green"], lw=1.6)
                    axes.add_patch(frame)
        axes.set(xlim=(0, wide), ylim=(head + rows * tall, 0), aspect="auto")
    return figure


def _models(grid: Grid) -> list[int]:
    return [k for k, row in enumerate(grid.rows) if row.get("kind") == "model"]


def _telling(agree: NDArray[np.float32], copy: NDArray[np.float32], threshold: float) -> NDArray[np.float64]:
    """How well each noise shows both ends and the dip, shape ``(noises,)``: whether pictures match there, and by how
    much, so that of several the clearest is taken."""

    def clear(values: NDArray[np.float32], above: bool = True) -> NDArray[np.float64]:
        sign, known = (1 if above else -1), np.nan_to_num(values.astype(np.float64), nan=-1.0)
        found: NDArray[np.float64] = (sign * (known - threshold) > 0) + 0.1 * sign * known
        return found

    copied, new = clear(agree[0]) + clear(copy[0]), clear(agree[-1]) + clear(copy[-1], above=False)
    return copied + new + (clear(agree[1:-1].min(0), above=False) if len(agree) > 2 else 0.0)
