"""The same-noise grid: rows are generators, columns are noises, one panel for each training size, or
whatever else the run varies.

The pictures of a panel travel as one PNG sprite; what the page tells about a tile travels as numbers.
"""

from __future__ import annotations

import base64
import io
import math
from collections.abc import Sequence
from typing import Any

import matplotlib
import numpy as np
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from numpy.typing import NDArray
from PIL import Image

from samenoise.lab.run_files import Grid
from samenoise.report.ink import COLOURS, NARROW, RC, WIDE

__all__ = ["data_uri", "facts", "labels", "montage", "panel_legend", "sprite", "starting_row", "tile_size"]


def sprite(images: NDArray[np.uint8]) -> bytes:
    """PNG of one panel, shape (R, C, channels, height, width) with 1 or 3 channels: R rows of C tiles, edge to edge."""
    R, C, channels, height, width = images.shape
    sheet = images.transpose(0, 3, 1, 4, 2).reshape(R * height, C * width, channels)
    buffer = io.BytesIO()
    Image.fromarray(sheet[..., 0] if channels == 1 else sheet).save(buffer, "PNG", optimize=True)
    return buffer.getvalue()


def data_uri(png: bytes) -> str:
    """A PNG as an address that holds it."""
    return "data:image/png;base64," + base64.b64encode(png).decode()


def tile_size(grid: Grid, about: int) -> int:
    """Width of a tile on the page in pixels: a whole multiple of the image's, near ``about`` and at most 112."""
    width = int(grid.images.shape[-1])
    return min(112, width * max(1, round(about / width)))


def facts(grid: Grid) -> dict[str, Any]:
    """What the page says about each tile, ready for JSON: similarities to three decimals, ``None`` where undefined."""
    return {
        "threshold": grid.threshold,
        "noises": list(grid.noise_ids),
        "rows": labels(grid),
        "panels": [str(panel["label"]) for panel in grid.panels],
        "similarity": _rounded(grid.similarity),
        "nearest": grid.nearest_id.tolist(),
        "nearestSimilarity": _rounded(grid.nearest_similarity),
    }


def labels(grid: Grid) -> list[str]:
    """What the rows are called; that of nearest training images says whose they are."""
    names = [str(row["label"]) for row in grid.rows]
    models = [name for name, row in zip(names, grid.rows, strict=True) if row.get("kind") == "model"]
    of = f" to {models[-1]}" if models else ""
    return [f"{n}{of}" if row.get("kind") == "nearest" else n for n, row in zip(names, grid.rows, strict=True)]


def starting_row(grid: Grid) -> int:
    """The row that is compared with the others before the reader points at one: the first network."""
    return next((k for k, row in enumerate(grid.rows) if row.get("kind") == "model"), 0)


def panel_legend(grid: Grid) -> str:
    """What the panels tell apart; nothing where there is one alone."""
    if len(grid.panels) == 1:
        return ""
    sizes = {panel.get("n_train") for panel in grid.panels}
    return "Training size" if len(sizes) == len(grid.panels) else "Setting"


def montage(grid: Grid, narrow: bool = False) -> Figure:
    """The grid on paper: the first noises of up to three panels: the first, the middle and the last.

    A green frame marks a picture that matches the first network's at the same noise.
    """
    chosen = sorted({0, len(grid.panels) // 2, len(grid.panels) - 1})
    columns, reference = min(len(grid.noise_ids), 6 if narrow else 10), starting_row(grid)
    rows = [k for k, row in enumerate(grid.rows) if row.get("kind") != "noise"]
    width = NARROW if narrow else WIDE
    left = min(max(1.3, 0.15 + 0.062 * max(len(str(grid.rows[r]["label"])) for r in rows)), width / 2)
    cell = (width - left - 0.05) / columns
    block = len(rows) * cell + 0.36
    with matplotlib.rc_context(RC):
        figure = Figure(figsize=(width, len(chosen) * block))
        axes: Any = figure.add_axes((0, 0, 1, 1))
        axes.axis("off")
        for k, p in enumerate(chosen):
            axes.text(left, k * block + 0.2, str(grid.panels[p]["label"]), weight="bold", va="center")
            for i, r in enumerate(rows):
                top = k * block + 0.34 + i * cell
                axes.text(left - 0.08, top + cell / 2, str(grid.rows[r]["label"]), ha="right", va="center", fontsize=8)
                for c in range(columns):
                    x0, x1, y0, y1 = left + c * cell, left + (c + 0.92) * cell, top, top + 0.92 * cell
                    axes.imshow(_rgb(grid.images[p, r, c]), extent=(x0, x1, y1, y0), interpolation="nearest")
                    if r != reference and grid.similarity[p, c, reference, r] > grid.threshold:
                        frame = Rectangle((x0, y0), x1 - x0, y1 - y0, fill=False, ec=COLOURS["green"], lw=1.6)
                        axes.add_patch(frame)
        axes.set(xlim=(0, width), ylim=(len(chosen) * block, 0), aspect="auto")  # inches, from the top left
    return figure


def _rgb(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Shape (height, width, 3), from 1 or 3 channels first."""
    return np.broadcast_to(image, (3, *image.shape[1:])).transpose(1, 2, 0)


def _rounded(values: NDArray[np.float32]) -> Any:
    return _clean(np.round(values.astype(np.float64), 3).tolist())


def _clean(values: Sequence[Any] | float) -> Any:
    if isinstance(values, float):
        return values if math.isfinite(values) else None
    return [_clean(v) for v in values]
