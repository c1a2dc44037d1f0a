"""Trainings: a cohort of small networks, one network of images, or a few-step student of one."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import ClassVar, NamedTuple, cast

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from samenoise import networks
from samenoise.cells.checkpoints import Checkpoints
from samenoise.cells.data import DataCell
from samenoise.cells.labels import LabelSpec
from samenoise.cells.members import Model, stacked
from samenoise.cells.record import LOG_EVERY, Look, Record
from samenoise.cells.specs import NetworkSpec, ProcessSpec, TrainingSpec
from samenoise.data import ImageSet, held_out
from samenoise.denoiser import NetworkDenoiser
from samenoise.networks import ResidualMLP
from samenoise.networks.checkpoint import from_pretrained, save_pretrained
from samenoise.runs.cell import Cell, Progress, Results, Spec
from samenoise.training.cohort import Cohort, State
from samenoise.training.distill import ConsistencyDistillation, ConsistencyTraining, ProgressiveDistillation
from samenoise.training.labels import Labels
from samenoise.training.objective import Matching, Objective
from samenoise.training.order import child_seed
from samenoise.training.unseen import Unseen

__all__ = ["Teacher", "TrainCell", "Watch", "student_grid"]


class Watch(NamedTuple):
    """How somebody looks on while a network trains; nothing of it changes what is trained."""

    trackers: Sequence[str] = ()
    """Of accelerate: "tensorboard", "wandb", "trackio", "mlflow"."""
    folder: Path = Path()
    """Where trackers write."""
    every: int = 0
    """Updates between calls of ``show``."""
    show: Callable[[int, NetworkDenoiser], NDArray[np.uint8]] | None = None
    """Given the averaged network now and then, in the first process: pictures ``(n, h, w, 3)`` for the trackers."""


class TrainCell(Cell):
    """Networks of one shape: for each one folder in diffusers' layout, with ``process.json``; and ``log.jsonl``.

    Plain MLPs train together as a cohort; any other network alone, and is then the only one of its cell.
    """

    kind: ClassVar[str] = "train"
    folder: ClassVar[str] = "models"
    data: DataCell
    process: ProcessSpec
    network: NetworkSpec
    width: int
    training: TrainingSpec
    models: tuple[Model, ...]
    device: str
    teacher: Teacher | None = None
    """Of a student."""
    kept: tuple[int, ...] = ()
    """Updates after which the averaged weights are kept, beside those at the end."""
    unseen: int = 0
    """Held-out images that the loss of the averaged weights is taken on, now and then: ``unseen.safetensors``."""
    labels: LabelSpec | None = None
    """What they are told of their images."""

    def needs(self) -> list[Cell]:
        return [self.data] if self.teacher is None else [self.data, self.teacher.train]

    @property
    def title(self) -> str:
        sizes = ", ".join(f"{m.subset.n}{'' if m.subset.part == 'a' else m.subset.part}" for m in self.models)
        how = "" if self.training.procedure == "standard" else f" by {self.training.procedure}"
        told = "" if self.labels is None else f" with {_TOLD[self.labels.kind]}"
        return f"{self.network.name}-{self.width} ({self.process.name}) on N = {sizes}{told}{how}"

    @property
    def cost(self) -> float:
        # Seconds on one core, roughly: arithmetic of the products, and what every update takes besides.
        images = len(self.models) * self.training.batch * self.training.updates
        if self.network.name == "mlp":
            return images * (self.width**2 * 3 + 40 * self.width) / 2e8
        return float(images * (self.width / 16) ** 1.5 * 4e-4)

    def place(self, store: Results, member: int, update: int | None = None) -> Path:
        """Folder of one network, at the end or after one of the ``kept`` updates."""
        folder = store.path(self) / str(member)
        return folder if update is None else folder / f"update-{update}"

    def run(self, store: Results, out: Path, progress: Progress) -> None:
        self.train(store, out, progress)

    def train(self, store: Results, out: Path, progress: Progress, watch: Watch | None = None) -> None:
        """:meth:`run`, with somebody looking on."""
        found = self.data.load(store)
        images, told = found.images, self._labels(found)
        checkpoints = Checkpoints(store.scratch(self), self.kept)
        sigma_data = self._sigma_data(store)
        if self.stacked:
            record, final = self._train_cohort(found, sigma_data, checkpoints, progress, told)
        else:
            record, final = self._train_network(found, store, checkpoints, progress, watch or Watch(), told)
        if int(os.environ.get("RANK", "0")):  # the first process writes
            return
        for k, weights in enumerate(final):
            save_pretrained(self._denoiser(images, sigma_data, weights), out / str(k))
        for update in self.kept:
            for k, weights in enumerate(checkpoints.weights(update)):
                save_pretrained(self._denoiser(images, sigma_data, weights), out / str(k) / f"update-{update}")
        record.write(out)

    @property
    def shares(self) -> int:
        return 1 if self.stacked else self.training.accumulate

    @property
    def stacked(self) -> bool:
        """Whether the networks train as a cohort."""
        return stacked(self.network, self.training)

    def _network(self, images: Tensor, seed: int = 0) -> networks.Network:
        spec, classes = self.network, 0 if self.labels is None else self.labels.classes
        return networks.build(spec.name, tuple(images.shape[1:]), self.width, spec.blocks, seed, classes)

    def _labels(self, found: ImageSet) -> list[Labels] | None:
        """Those of every training set."""
        if self.labels is None:
            return None
        each = [self.labels.of(found, m.subset.ids(self.data)) for m in self.models]
        return [Labels(values, self.labels.dropout) for values in each]

    def _sigma_data(self, store: Results) -> float:
        """The network's own, or that of the data: the same for all networks of a run, teachers and students."""
        found = self.data.deviation(store) if self.network.sigma_data == "measured" else self.network.sigma_data
        if not found:
            raise ValueError(f"all pixels of {self.data.label} are equal: there is nothing to learn")
        return found

    def _denoiser(self, images: Tensor, sigma_data: float, weights: dict[str, Tensor]) -> NetworkDenoiser:
        network, spec = self._network(images), self.network
        network.load_state_dict(weights)
        return NetworkDenoiser(
            network.eval(),
            self.process.build(),
            network.shape,
            spec.parameterisation,
            sigma_data,
            student_grid(self.process, self.training),
        )

    def _look(self, found: ImageSet, sigma_data: float) -> Look | None:
        """How the loss on unseen images is taken, which students have none of: theirs is not of denoising."""
        if not self.unseen:
            return None
        largest, seed = max(m.subset.n for m in self.models), self.data.seed
        ids = held_out(self.data.count, largest, self.unseen, seed)
        objective = Matching(self.process.build(), self.network.parameterisation, sigma_data, self.training.weighting)
        told = None if self.labels is None else self.labels.unseen(found, ids)
        unseen = Unseen(found.images[ids], child_seed(seed, "unseen"), objective, told)
        return Look(unseen, self._network(found.images), self.device)

    def _train_cohort(
        self,
        found: ImageSet,
        sigma_data: float,
        checkpoints: Checkpoints,
        progress: Progress,
        told: list[Labels] | None,
    ) -> Trained:
        spec, images = self.network, found.images
        cohort = Cohort(
            [cast(ResidualMLP, self._network(images, m.init_seed)) for m in self.models],
            [images[m.subset.ids(self.data)] for m in self.models],
            [m.seed for m in self.models],
            [f"{spec.name}-{self.width} on {m.subset.n} images" for m in self.models],
            self.process.build(),
            spec.parameterisation,
            self.training.recipe(),
            sigma_data,
            self.device,
            told,
        )
        kept = checkpoints.latest()
        state = cohort.start() if kept is None else State.from_tensors(kept.tensors)
        log = [] if kept is None else kept.log
        record = Record(
            checkpoints,
            log,
            self.training.updates,
            progress,
            lambda: cohort.weights(state),
            self._look(found, sigma_data),
        )
        for _ in cohort.train(state):
            if state.update in self.kept:
                checkpoints.keep(state.update, cohort.weights(state))
            record.after(state, [round(loss, 6) for loss in state.loss.tolist()])
        return record, cohort.weights(state)

    def _train_network(
        self,
        found: ImageSet,
        store: Results,
        checkpoints: Checkpoints,
        progress: Progress,
        watch: Watch,
        told: list[Labels] | None,
    ) -> Trained:
        from samenoise.training.loop import Loop

        (model,), images = self.models, found.images
        network = self._network(images, model.init_seed)
        if self.teacher is not None:  # students of a teacher start from its weights
            network.load_state_dict(self._teacher(store).network.state_dict())
        loop = Loop(
            network,
            images[model.subset.ids(self.data)],
            model.seed,
            self._objective(store),
            self.training.recipe(),
            self.device,
            self.title,
            watch.trackers,
            str(watch.folder),
            None if told is None else told[0],
        )
        kept = loop.agreed(checkpoints.latest())
        if kept is not None:
            loop.restore(kept.tensors)
        log = [] if kept is None else kept.log
        first = loop.accelerator.is_main_process
        look = self._look(found, self._sigma_data(store))
        record = Record(checkpoints, log, self.training.updates, progress, lambda: [loop.weights()], look)
        if watch.trackers:
            loop.accelerator.init_trackers("samenoise", {"cell": self.hash, "title": self.title})
        for _ in loop.train():
            if first and loop.update in self.kept:
                checkpoints.keep(loop.update, [loop.weights()])
            if first:
                record.after(loop, [round(loop.loss, 6)])
            if watch.trackers and loop.update % LOG_EVERY == 0:
                rate = self.training.recipe().lr_at(loop.update - 1)
                loop.accelerator.log({"loss": loop.loss, "lr": rate}, step=loop.update)
            if first and watch.show is not None and loop.update % watch.every == 0:
                pictures = watch.show(loop.update, self._denoiser(images, self._sigma_data(store), loop.weights()))
                for tracker in loop.accelerator.trackers:
                    order = {"dataformats": "NHWC"} if tracker.name == "tensorboard" else {}
                    tracker.log_images({"samples": pictures}, step=loop.update, **order)
        loop.accelerator.end_training()
        return record, [loop.weights()]

    def _teacher(self, store: Results) -> NetworkDenoiser:
        assert self.teacher is not None
        denoiser = from_pretrained(self.teacher.train.place(store, self.teacher.member))
        denoiser.network.to(self.device).requires_grad_(False)
        return denoiser

    def _objective(self, store: Results) -> Objective:
        spec, process, training = self.network, self.process.build(), self.training
        how = process, spec.parameterisation, self._sigma_data(store)
        if training.procedure == "standard":
            return Matching(*how, training.weighting)
        if training.procedure == "consistency-training":
            return ConsistencyTraining(*how, training.teacher_steps, training.steps, training.updates)
        teacher = self._teacher(store)
        if training.procedure == "consistency-distillation":
            return ConsistencyDistillation(*how, training.teacher_steps, training.steps, teacher)
        stride = training.teacher_steps // (2 * training.steps)
        return ProgressiveDistillation(*how, teacher, process.grid(training.teacher_steps)[::stride])


class Teacher(Spec):
    """What a student is made of: a network of a training."""

    train: TrainCell
    member: int


_TOLD = {"class": "its labels", "random": "random labels", "each": "a label for each image"}

Trained = tuple[Record, list[dict[str, Tensor]]]
"""What happened, and the averaged weights of every network."""


def student_grid(process: ProcessSpec, training: TrainingSpec) -> Tensor | None:
    """Times that a few-step student is sampled on: every so many of its teacher's; ``None`` for all other networks."""
    if training.procedure == "standard":
        return None
    return process.build().grid(training.teacher_steps)[:: training.teacher_steps // training.steps]
