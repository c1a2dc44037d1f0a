"""The sweep that an experiment looks at: models by width and training size, and the closed forms beside them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from torch import Tensor

from samenoise.data import held_out
from samenoise.data.subsets import Part
from samenoise.experiments.config import Config
from samenoise.experiments.data_cell import DataCell, Subset
from samenoise.experiments.fingerprint import fingerprint
from samenoise.experiments.sample_cell import SampleCell, Source
from samenoise.experiments.scoring import Drawn
from samenoise.experiments.specs import SamplingSpec
from samenoise.experiments.train_cell import Model, TrainCell
from samenoise.features import Pixel
from samenoise.runs.store import Store
from samenoise.training.order import child_seed

__all__ = ["Scene", "Sweep"]

Key = tuple[int, int, Part]
"""Width, training size and part of a model."""


@dataclass(frozen=True)
class Sweep:
    """All cells of a config below the scores."""

    config: Config

    @cached_property
    def data(self) -> DataCell:
        """The data."""
        spec = self.config.data
        return DataCell(
            spec=spec.model_copy(update={"get": ""}),  # words, not data
            fingerprint=fingerprint(spec),
            count=self.config.count,
            seed=self.config.seed,
        )

    @property
    def splits_width(self) -> int:
        """Width of the models on disjoint halves."""
        return self.config.splits_width or min(self.config.widths)

    def label(self, width: int) -> str:
        """What rows call a model."""
        return f"{self.config.network.name}-{width}"

    @cached_property
    def _members(self) -> dict[Key, tuple[TrainCell, int]]:
        """Where each model is trained. Cohorts are cut from the list of a width's models, as evenly as may be."""
        found = {}
        for width in self.config.widths:
            keys: list[Key] = [(width, n, "a") for n in self.config.sizes]
            if "splits" in self.config.experiments and width == self.splits_width:
                keys += [(width, n, "b") for n in self.config.split_sizes]
            stacked = self.config.network.name == "mlp" and self.config.training.plain
            for share in _shares(keys, self.config.training.cohort if stacked else 1):
                cell = self._train(width, share)
                found.update({key: (cell, k) for k, key in enumerate(share)})
        return found

    def _train(self, width: int, keys: list[Key]) -> TrainCell:
        seed, label = self.config.seed, self.label(width)
        return TrainCell(
            data=self.data,
            process=self.config.process,
            network=self.config.network,
            width=width,
            training=self.config.training,
            models=tuple(
                Model(
                    subset=Subset(n=n, part=part),
                    init_seed=child_seed(seed, "weights", label, n, part),
                    # Models that are compared (other width, other part) never share their noise. Sizes do: they are
                    # not compared, and one stream serves the whole cohort.
                    seed=child_seed(seed, "training", label, part),
                )
                for _, n, part in keys
            ),
            device=self.config.device,
            kept=self.config.looks if "dynamics" in self.config.experiments else (),
        )

    def named(self, label: str) -> Source:
        """One of the config's ``models``, trained on the largest training set."""
        return Source(kind="trained", data=self.data, train=self._named(label), member=0)

    def _named(self, label: str) -> TrainCell:
        spec, seed = self.config.models[label], self.config.seed
        cell = TrainCell(
            data=self.data,
            process=spec.process,
            network=spec.network,
            width=spec.width,
            training=spec.training,
            models=(
                Model(
                    subset=Subset(n=max(self.config.sizes)),
                    init_seed=child_seed(seed, "weights", label, spec.seed),
                    seed=child_seed(seed, "training", label, spec.seed),
                ),
            ),
            device=self.config.device,
            teacher=None if spec.teacher is None else self._named(spec.teacher),
        )
        if spec.training.procedure != "progressive-distillation":
            return cell
        # A chain of students, each of half the steps of the one before it.
        steps, chain = spec.training.teacher_steps // 2, cell.teacher
        while True:
            training = spec.training.model_copy(update={"steps": steps})
            stage = cell.model_copy(update={"training": training, "teacher": chain})
            if steps == spec.training.steps:
                return stage
            steps, chain = steps // 2, stage

    def trained(self, width: int, n: int, part: Part = "a", update: int | None = None) -> Source:
        """A trained model, at the end or after one of the config's ``looks``."""
        cell, member = self._members[width, n, part]
        return Source(kind="trained", data=self.data, train=cell, member=member, update=update)

    def optimum(self, n: int) -> Source:
        """The empirical optimum of part "a" of size ``n``."""
        return Source(kind="optimum", data=self.data, subset=Subset(n=n))

    def gaussian(self, n: int) -> Source:
        """The Gaussian with its mean and covariance."""
        return Source(kind="gaussian", data=self.data, subset=Subset(n=n))

    def teacher(self) -> Source:
        """The true distribution."""
        return Source(kind="teacher", data=self.data)

    def samples(self, source: Source, ceiling: bool = False, sampling: SamplingSpec | None = None) -> SampleCell:
        """Its images; with ``ceiling``, at the other batch size. ``sampling`` is the config's unless given."""
        sampling = sampling or self.config.sampling
        # Closed forms stay on the CPU: one reference for models of every device.
        device = self.config.device if source.kind == "trained" else "cpu"
        return SampleCell(
            source=source,
            process=self.config.process,
            sampling=sampling,
            batch=sampling.ceiling_batch if ceiling else sampling.batch,
            device=device,
        )


def _shares(keys: list[Key], most: int) -> list[list[Key]]:
    count = -(-len(keys) // most)
    return [keys[k::count] for k in range(count)]


class Scene:
    """Everything at one training size, loaded from the store and named as in the rows."""

    def __init__(self, sweep: Sweep, n: int, store: Store) -> None:
        self.sweep, self.n, self.store = sweep, n, store
        config = sweep.config
        self.data = sweep.data.load(store)
        self.train_ids = Subset(n=n).ids(sweep.data)
        largest = max(config.sizes)
        self.held_out_ids = held_out(sweep.data.count, largest, config.data.held_out, sweep.data.seed)
        # One mean for the whole sweep, so that features of all sizes are the same features.
        self.extractor = Pixel(self.data.images[Subset(n=largest).ids(sweep.data)].mean(0))

    def drawn(self, name: str, source: Source, ceiling: bool = False, sampling: SamplingSpec | None = None) -> Drawn:
        """A generator's images and features."""
        return self.of(name, self.sweep.samples(source, ceiling, sampling))

    def of(self, name: str, cell: SampleCell) -> Drawn:
        """The images of a cell and their features."""
        return Drawn.of(name, cell.load(self.store), self.extractor, self.sweep.config.threshold)

    def twice(self, name: str, source: Source) -> tuple[Drawn, Drawn]:
        """A generator at both batch sizes: the ceiling."""
        return self.drawn(name, source), self.drawn(name, source, ceiling=True)

    def real(self, name: str, ids: Tensor) -> Drawn:
        """Real images in the place of a generator's; ids are row numbers of the data."""
        return Drawn.real(name, self.data.images[ids], ids, self.data.hash, self.extractor, self.sweep.config.threshold)

    @cached_property
    def train(self) -> Drawn:
        """The training set."""
        return self.real("train", self.train_ids)

    @cached_property
    def pool(self) -> Drawn:
        """The largest training set: real images to hold pictures of every size against."""
        return self.real("data", Subset(n=max(self.sweep.config.sizes)).ids(self.sweep.data))

    @cached_property
    def held_out(self) -> Drawn:
        """Real images that no model of the sweep has seen."""
        return self.real("held-out", self.held_out_ids)

    @cached_property
    def gaussian(self) -> Drawn:
        """The Gaussian baseline."""
        return self.drawn("gaussian", self.sweep.gaussian(self.n))
