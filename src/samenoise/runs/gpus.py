"""GPUs: which workers see which, and which of them take the cells that want one.

A cell of the device "cuda" computes on the first GPU that its process sees, so each worker is shown its own, by
``CUDA_VISIBLE_DEVICES``. A cell that names a GPU by its number, as "cuda:1", sees all of them.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import NamedTuple

from samenoise.runs.cell import Cell, ConfigError

__all__ = ["ALL", "AS_IT_IS", "NONE", "VISIBLE", "Sharing", "seats", "visible"]

VISIBLE = "CUDA_VISIBLE_DEVICES"
ALL, NONE = "all", ""
"""Of what a worker sees: whatever its driver does; no GPU."""
SIDE_BY_SIDE = 2
"""Cells on a GPU, unless somebody says how many: while one waits for its driver, another computes."""


class Sharing(NamedTuple):
    """How cells share machines. No result depends on it."""

    per_gpu: int | None = None
    """Cells side by side on one GPU at most; as many as there are workers unless given."""
    ranks: int = 1
    """Processes for one cell at most, each on a GPU of its own where the cell wants one; a cell takes as many as divide
    its :attr:`~samenoise.runs.cell.Cell.shares`."""
    shards: int = 1
    """Parts that what can be cut is computed in, at most: images, features and searches."""

    def of(self, cell: Cell) -> int:
        """Processes for a cell."""
        return max(count for count in range(1, self.ranks + 1) if cell.shares % count == 0)

    def workers(self, gpus: int) -> int:
        """Workers that keep so many GPUs busy."""
        return (self.per_gpu or SIDE_BY_SIDE) * max(1, gpus // self.ranks)


AS_IT_IS = Sharing()
"""One process for a cell, and all workers on all GPUs."""


def visible() -> list[str]:
    """The GPUs that this process sees, as ``CUDA_VISIBLE_DEVICES`` names them."""
    named = os.environ.get(VISIBLE)
    if named is not None:
        return [name.strip() for name in named.split(",") if name.strip()]
    import torch

    return [str(number) for number in range(torch.cuda.device_count())]


def seats(cells: Iterable[Cell], workers: int, sharing: Sharing) -> list[str]:
    """What each worker sees: :data:`ALL`, the GPUs of its own, or :data:`NONE`, and then it takes no cell that wants
    one.

    Raises:
        ConfigError: one cell is to have more GPUs than there are.
    """
    wanting = [cell for cell in cells if cell.on_gpu]
    if not wanting or any(getattr(cell, "device", "") != "cuda" for cell in wanting):
        return [ALL] * workers
    gpus, each = visible(), max(sharing.of(cell) for cell in wanting)
    if each > len(gpus) > 0:
        raise ConfigError(f"{each} processes for one cell want a GPU each: this process sees {len(gpus)}")
    groups = [",".join(gpus[start : start + each]) for start in range(0, len(gpus) - each + 1, each)]
    if not groups:  # whoever computes the first cell says that there is none
        return [ALL] * workers
    most = workers if sharing.per_gpu is None else sharing.per_gpu * len(groups)
    return [groups[k % len(groups)] if k < most else NONE for k in range(workers)]
