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

from samenoise.cells.training import TrainCell, Watch
from samenoise.denoiser import NetworkDenoiser
from samenoise.generators.sampling import bank
from samenoise.lab.agenda import Agenda
from samenoise.lab.config import Config
from samenoise.lab.plan import Place
from samenoise.metrics.reproducibility import levels
from samenoise.runs.cell import ConfigError, Progress, in_order
from samenoise.runs.files import write_whole
from samenoise.runs.store import Store, reproducible
from samenoise.solver import DDIM, generate

__all__ = ["find", "sheet", "train"]


def find(agenda: Agenda, model: str, n: int | None = None) -> Place:
    """A model of a run: the cell that trains it, and which of its networks it is.

    Args:
        model: its name in the rows, such as "unet-16", or one of ``models``.
        n: its training size, where the config has several.

    Raises:
        ConfigError: there is no such model, or no such size, or no experiment of the run asks for it.
    """
    common, study, plan = agenda.config.common, agenda.study, agenda.plan
    if model not in study.networks():
        raise ConfigError(f"there is no model {model!r}; there are {', '.join(study.networks())}")
    if common.models:
        if n not in (None, study.largest):
            raise ConfigError(f"--n: a model of `models` is trained on the largest of the sizes, {study.largest}")
        wanted = study.named(model)
    else:
        size = common.sizes[0] if n is None and len(common.sizes) == 1 else n
        if size not in common.sizes:
            raise ConfigError(f"--n says on how many images: one of {', '.join(map(str, common.sizes))}")
        width = next(width for width in common.widths if study.label(width) == model)
        wanted = study.model(width, size)
    if wanted not in plan:
        raise ConfigError(f"no experiment of this preset trains {model} on {wanted.member.model.subset.n} images")
    return plan.place(wanted.member)


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
    if cell.teacher is not None and not store.has(cell.teacher.train):
        raise ConfigError(f"first train the teacher: {cell.teacher.train.title}")
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
    spec, device = config.common.sampling, config.common.device
    solver, grid = (spec.build(), None) if denoiser.grid is None else (DDIM(), denoiser.grid)
    denoiser.network.to(device)
    (batch,) = generate(
        denoiser,
        bank(spec, denoiser.shape),
        range(config.shown),
        solver=solver,
        steps=spec.steps,
        grid=grid,
        batch_size=config.shown,
        device=device,
    )
    colour = levels(batch.images.cpu()).to(torch.uint8).expand(-1, 3, -1, -1)
    pictures: NDArray[np.uint8] = colour.permute(0, 2, 3, 1).numpy()
    row = np.concatenate(list(pictures), axis=1)
    scale = max(1, 64 // row.shape[0])
    buffer = BytesIO()
    Image.fromarray(row.repeat(scale, axis=0).repeat(scale, axis=1)).save(buffer, "PNG")
    write_whole(folder / f"update-{update:08d}.png", buffer.getvalue())
    return pictures
