"""What can be asked for in a config: its models and the closed forms beside them, and the images they draw."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from samenoise.cells.data import DataCell, MixtureCell, Subset, data_cell
from samenoise.cells.members import Member, Model
from samenoise.cells.specs import NetworkSpec, ProcessSpec, SamplingSpec, TrainingSpec
from samenoise.data.subsets import Part
from samenoise.generators.base import Generator
from samenoise.generators.gaussian import FittedGaussian
from samenoise.generators.optimum import Optimum
from samenoise.generators.trained import Unplanned
from samenoise.generators.truth import Truth
from samenoise.lab.common import Common
from samenoise.lab.features import FEATURES, Feature
from samenoise.runs.cell import Spec
from samenoise.training.order import child_seed
from samenoise.training.unseen import MOST

__all__ = ["Ask", "Study", "Wanted"]

Wanted = Generator | Unplanned
"""What an experiment asks for."""


class Ask(Spec):
    """The images of a generator: what is sampled, how, and how many at a time."""

    wanted: Wanted
    sampling: SamplingSpec
    batch: int

    @property
    def each(self) -> list[Ask]:
        """Those of every training by itself; of a closed form there is one."""
        if not isinstance(self.wanted, Unplanned):
            return [self]
        return [self.model_copy(update={"wanted": one}) for one in self.wanted.each]


@dataclass(frozen=True)
class Study:
    """All that can be asked for in a config."""

    common: Common

    @cached_property
    def data(self) -> DataCell:
        """The data."""
        return data_cell(self.common.data, self.common.count, self.common.seed)

    @cached_property
    def feature(self) -> Feature:
        """In what images are compared."""
        return FEATURES[self.common.feature](data=self.data, subset=Subset(n=self.largest))

    @property
    def largest(self) -> int:
        """The largest training set."""
        return max(self.common.sizes)

    def label(self, width: int) -> str:
        """What rows call the model of a width."""
        return f"{self.common.network.name}-{width}"

    def model(self, width: int, n: int, part: Part = "a", update: int | None = None) -> Unplanned:
        """A network of the run's own kind, at the end of its training or after an update on the way."""
        seed, label = self.common.seed, self.label(width)
        model = Model(
            subset=Subset(n=n, part=part),
            init_seed=child_seed(seed, "weights", label, n, part),
            # Models that are compared (other width, other part) never share their noise. Sizes do: they are not
            # compared, and one stream serves the whole cohort.
            seed=child_seed(seed, "training", label, part),
        )
        common = self.common
        member = self._member(common.process, common.network, width, common.training, model)
        return Unplanned(member=member, update=update, replicates=common.replicates)

    def named(self, label: str) -> Unplanned:
        """One of the config's ``models``."""
        return Unplanned(member=self._named(label), replicates=self.common.replicates)

    def networks(self) -> dict[str, Unplanned]:
        """The models by the names they have in the rows; of several sizes, on the smallest."""
        if self.common.models:
            return {label: self.named(label) for label in self.common.models}
        return {self.label(width): self.model(width, self.common.sizes[0]) for width in self.common.widths}

    def optimum(self, n: int, part: Part = "a") -> Optimum:
        """The empirical optimum of a training set."""
        return Optimum(data=self.data, subset=Subset(n=n, part=part), process=self.common.process)

    def gaussian(self, n: int, part: Part = "a") -> FittedGaussian:
        """The Gaussian with its mean and covariance."""
        return FittedGaussian(data=self.data, subset=Subset(n=n, part=part), process=self.common.process)

    def truth(self) -> Truth:
        """The true distribution, of a run on a mixture."""
        if not isinstance(self.data, MixtureCell):
            raise ValueError(f"the true distribution of {self.data.label} is not known")
        return Truth(data=self.data, process=self.common.process)

    def ask(self, wanted: Wanted, again: bool = False, sampling: SamplingSpec | None = None) -> Ask:
        """Images; with ``again``, of the first noises at the other batch size. ``sampling`` is the config's unless
        given."""
        sampling = sampling or self.common.sampling
        if again:
            return Ask(wanted=wanted, sampling=sampling.again, batch=sampling.ceiling_batch)
        return Ask(wanted=wanted, sampling=sampling, batch=sampling.batch)

    def twice(self, *wanted: Wanted, sampling: SamplingSpec | None = None) -> list[Ask]:
        """Images of each, and of the first noises at the other batch size: what a ceiling needs."""
        return [self.ask(each, again, sampling) for each in wanted for again in (False, True)]

    def _named(self, label: str) -> Member:
        spec, seed = self.common.models[label], self.common.seed
        model = Model(
            subset=Subset(n=self.largest),
            init_seed=child_seed(seed, "weights", label, spec.seed),
            seed=child_seed(seed, "training", label, spec.seed),
        )
        teacher = None if spec.teacher is None else self._named(spec.teacher)
        for steps in spec.training.stages[:-1]:
            training = spec.training.model_copy(update={"steps": steps})
            teacher = self._member(spec.process, spec.network, spec.width, training, model, teacher)
        return self._member(spec.process, spec.network, spec.width, spec.training, model, teacher)

    def _member(
        self,
        process: ProcessSpec,
        network: NetworkSpec,
        width: int,
        training: TrainingSpec,
        model: Model,
        teacher: Member | None = None,
    ) -> Member:
        return Member(
            data=self.data,
            process=process,
            network=network,
            width=width,
            training=training,
            model=model,
            device=self.common.device,
            teacher=teacher,
            unseen=min(self.common.data.held_out, MOST) if training.procedure == "standard" else 0,
        )
