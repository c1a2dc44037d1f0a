"""Maps: a sheet of places for each generator, coloured by the marked place whose picture the place's own is most like.

The colours of a sheet travel as one small PNG, a pixel for each place, and its pictures as one sprite.
"""

from __future__ import annotations

import io
import math
from collections.abc import Sequence
from typing import Any

import matplotlib
import numpy as np
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from numpy.typing import NDArray
from PIL import Image

from samenoise.lab.map_files import Maps
from samenoise.report.grid import sprite
from samenoise.report.ink import COLOURS, HUES, NARROW, RC, WIDE

__all__ = ["colours", "facts", "plate", "sheet_sprite", "words"]


def colours(maps: Maps, sheet: int, row: int) -> bytes:
    """PNG of a sheet, a pixel for each place: the hue of the nearest marked place, as opaque as they are similar."""
    buffer = io.BytesIO()
    Image.fromarray(_rgba(maps, sheet, row), "RGBA").save(buffer, "PNG", optimize=True)
    return buffer.getvalue()


def sheet_sprite(maps: Maps, sheet: int, row: int) -> bytes:
    """PNG of all pictures of a sheet, where their places are."""
    images = maps.images[sheet, row]
    return sprite(images.reshape(-1, maps.columns, *images.shape[1:]))


def facts(maps: Maps) -> dict[str, Any]:
    """What the page says about each place, ready for JSON: similarities to two decimals, ``None`` where undefined."""
    similarity = np.round(maps.similarity.astype(np.float64), 2)
    return {
        "columns": maps.columns,
        "places": int(maps.images.shape[2]),
        "marked": list(maps.marked),
        "rows": [str(row["label"]) for row in maps.rows],
        "sheets": [str(sheet["label"]) for sheet in maps.sheets],
        "nearest": maps.nearest.tolist(),
        "similarity": [[[None if math.isnan(v) else v for v in row] for row in each] for each in similarity.tolist()],
    }


def words(maps: Maps, sheet: int, row: int) -> str:
    """A map in words: which share of the places belongs to each marked one."""
    nearest = maps.nearest[sheet, row]
    shares = [f"{100 * float(np.mean(nearest == k)):.0f} % to {k + 1}" for k in range(len(maps.marked))]
    return f"{maps.rows[row]['label']}, {maps.sheets[sheet]['label']}: of the places, {', '.join(shares)}"


def plate(maps: Maps, narrow: bool = False) -> Figure:
    """The maps on paper: a row for each sheet, a column for each generator, with the marked places."""
    rows = [r for r in range(len(maps.rows)) if bool((maps.nearest[:, r] >= 0).any())]
    count, columns = len(maps.sheets), len(rows)
    width = NARROW if narrow else WIDE
    left, gap, head = 0.15 + 0.075 * max(len(str(s["label"])) for s in maps.sheets), 0.08, 0.3
    side = (width - left) / columns - gap
    height = side * (maps.images.shape[2] // maps.columns) / maps.columns
    with matplotlib.rc_context(RC):
        figure = Figure(figsize=(width, head + count * (height + gap)))
        total = figure.get_figheight()
        for p in range(count):
            top = head + p * (height + gap)
            figure.text(0.02, 1 - (top + height / 2) / total, str(maps.sheets[p]["label"]), va="center", fontsize=8)
            for c, r in enumerate(rows):
                x = left + c * (side + gap)
                place = x / width, 1 - (top + height) / total, side / width, height / total
                _sheet(figure.add_axes(place), maps, p, r)
                if p == 0:
                    label = str(maps.rows[r]["label"])
                    figure.text(
                        (x + side / 2) / width, 1 - (head - 0.08) / total, _broken(label), ha="center", fontsize=7
                    )
    return figure


def _sheet(axes: Any, maps: Maps, sheet: int, row: int) -> None:
    axes.imshow(_rgba(maps, sheet, row), interpolation="nearest", aspect="auto")
    for k, position in enumerate(maps.marked):
        y, x = divmod(position, maps.columns)
        axes.plot([x], [y], marker="o", ms=7, mfc=COLOURS["paper"], mec=COLOURS["ink"], mew=0.8)
        axes.text(x, y, str(k + 1), ha="center", va="center_baseline", fontsize=6)
    axes.set(xticks=[], yticks=[])
    axes.grid(visible=False)
    for spine in axes.spines.values():
        spine.set(visible=True, color=COLOURS["rule"])


def _rgba(maps: Maps, sheet: int, row: int) -> NDArray[np.uint8]:
    """Shape (rows, columns, 4)."""
    hues: Sequence[Any] = [to_rgb(HUES[k % len(HUES)]) for k in range(len(maps.marked))]
    nearest, similarity = maps.nearest[sheet, row], np.nan_to_num(maps.similarity[sheet, row])
    pixels = np.zeros((len(nearest), 4))
    for k, hue in enumerate(hues):
        pixels[nearest == k, :3] = hue
    pixels[:, 3] = np.where(nearest >= 0, similarity.clip(0, 1), 0)
    found: NDArray[np.uint8] = np.round(255 * pixels).astype(np.uint8).reshape(-1, maps.columns, 4)
    return found


def _broken(label: str) -> str:
    """In two lines where it is long."""
    head, _, rest = label.rpartition(" of ")
    return f"{head}\nof {rest}" if head and len(label) > 18 else label
