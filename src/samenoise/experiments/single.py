"""One training of a run, by itself: on several devices or processes, with trackers and sample sheets.

Its result lies in the store where the run looks for it, so that ``samenoise run`` goes on from there. Under torchrun
every process calls :func:`train`; the first one writes, the others take their rows of every batch.
"""

from __future__ import annotations

import os
from functools import partial
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image

from samenoise.denoiser import NetworkDenoiser
from samenoise.experiments.config import Config, ConfigError
from samenoise.experiments.sample_cell import Source, bank
from samenoise.experiments.sweep import Sweep
from samenoise.experiments.train_cell import TrainCell, Watch
from samenoise.metrics.reproducibility import levels
from samenoise.runs.cell import Progress, in_order
from samenoise.runs.store import Store, reproducible, write_whole
from samenoise.solver import DDIM, generate

__all__ = ["find", "sheet", "train"]


def find(config: Config, model: str, n: int | None = None) -> Source:
    """A model of the config: the cell that trains it, and which of its networks it is.

    Args:
        model: its name in the rows, such as "unet-16", or one of ``models``.
        n: its training size, where the config has several.

    Raises:
        ConfigError: there is no such model, or no such size.
    """
    sweep = Sweep(config)
    if config.models:
        if model not in config.models:
            raise ConfigError(f"there is no model {model!r}; there are {', '.join(config.models)}")
        if n not in (None, max(config.sizes)):
            raise ConfigError(f"--n: a model of `models` is trained on the largest of the sizes, {max(config.sizes)}")
        return sweep.named(model)
    widths = {sweep.label(width): width for width in config.widths}
    if model not in widths:
        raise ConfigError(f"there is no model {model!r}; there are {', '.join(widths)}")
    size = config.sizes[0] if n is None and len(config.sizes) == 1 else n
    if size not in config.sizes:
        raise ConfigError(f"--n says on how many images: one of {', '.join(map(str, config.sizes))}")
    return sweep.trained(widths[model], size)


def train(cell: TrainCell, store: Store, progress: Progress, watch: Watch) -> Path:
    """Train a cell, with what it needs, and return its folder in the store.

    Raises:
        ConfigError: trackers or sheets are asked of a cohort, or several processes of one, or a teacher is missing.
    """
    processes = int(os.environ.get("WORLD_SIZE", "1"))
    if cell.stacked and (processes > 1 or watch.trackers or watch.every):
        raise ConfigError("small plain MLPs train together as a cohort: in one process, without trackers or sheets")
    if processes == 1:
        for need in in_order(cell.needs()):
            store.compute(need)
        return store.compute(cell, progress, partial(cell.train, watch=watch))

    from accelerate import PartialState

    state = PartialState(cpu=cell.device == "cpu")
    if cell.teacher is not None and not store.has(cell.teacher):
        raise ConfigError(f"first train the teacher: {cell.teacher.title}")
    with state.main_process_first():
        store.compute(cell.data)
    there = store.has(cell)
    state.wait_for_everyone()  # nobody writes before all have looked
    if there:
        return store.path(cell)
    if state.is_main_process:
        store.compute(cell, progress, partial(cell.train, watch=watch))
    else:
        with TemporaryDirectory() as aside, reproducible():
            cell.train(store, Path(aside), lambda share: None, watch)
    return store.path(cell)


def sheet(config: Config, folder: Path, update: int, denoiser: NetworkDenoiser) -> NDArray[np.uint8]:
    """Draw the first noises of the run's bank and write them as one picture, ``folder/update-<update>.png``.

    Returns:
        The pictures, uint8 of shape ``(n, h, w, 3)``.
    """
    spec = config.sampling
    solver, grid = (spec.build(), None) if denoiser.grid is None else (DDIM(), denoiser.grid)
    denoiser.network.to(config.device)
    (batch,) = generate(
        denoiser,
        bank(spec, denoiser.shape),
        range(config.shown),
        solver=solver,
        steps=spec.steps,
        grid=grid,
        batch_size=config.shown,
        device=config.device,
    )
    colour = levels(batch.images.cpu()).to(torch.uint8).expand(-1, 3, -1, -1)
    pictures: NDArray[np.uint8] = colour.permute(0, 2, 3, 1).numpy()
    row = np.concatenate(list(pictures), axis=1)
    scale = max(1, 64 // row.shape[0])
    buffer = BytesIO()
    Image.fromarray(row.repeat(scale, axis=0).repeat(scale, axis=1)).save(buffer, "PNG")
    write_whole(folder / f"update-{update:08d}.png", buffer.getvalue())
    return pictures
