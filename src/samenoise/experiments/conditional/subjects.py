"""What ``conditional`` asks for: the config's models told labels, and the closed forms of each class."""

from __future__ import annotations

from dataclasses import dataclass

from samenoise.cells.data import Subset
from samenoise.cells.labels import LabelSpec
from samenoise.experiments.conditional.settings import ConditionalSettings, Kind
from samenoise.generators.labelled import How, Labelled, LabelledGaussian, LabelledOptimum, UnplannedLabelled, labelled
from samenoise.generators.trained import Unplanned
from samenoise.lab.study import Study
from samenoise.training.order import child_seed

__all__ = ["CLASS", "Subjects"]

CLASS: Kind = "class"


@dataclass(frozen=True)
class Subjects:
    """All that is drawn with labels."""

    study: Study
    settings: ConditionalSettings

    def labels(self, kind: Kind = CLASS) -> LabelSpec:
        """What networks are told."""
        common = self.study.common
        return self.settings.labels(kind, child_seed(common.seed, "labels", kind), common.sizes)

    def network(self, plain: Unplanned, how: How | None = None, kind: Kind = CLASS) -> UnplannedLabelled:
        """A network like ``plain``, but for what it is told. The two are compared, so they share neither initial
        weights nor noise."""
        model = plain.member.model
        seeds = {name: child_seed(getattr(model, name), "labels", kind) for name in ("init_seed", "seed")}
        member = plain.member.model_copy(update={"labels": self.labels(kind), "model": model.model_copy(update=seeds)})
        told = labelled(plain.model_copy(update={"member": member}), how)
        assert isinstance(told, UnplannedLabelled)
        return told

    def optimum(self, n: int, how: How | None = None, kind: Kind = CLASS) -> Labelled:
        """The empirical optimum of the images of each label."""
        data, process = self.study.data, self.study.common.process
        made = labelled(LabelledOptimum(data=data, subset=Subset(n=n), process=process, labels=self.labels(kind)), how)
        assert isinstance(made, Labelled)
        return made

    def gaussian(self, how: How | None = None) -> Labelled:
        """The Gaussian of the images of each class of the largest training set."""
        data, process, subset = self.study.data, self.study.common.process, Subset(n=self.study.largest)
        made = labelled(LabelledGaussian(data=data, subset=subset, process=process, labels=self.labels()), how)
        assert isinstance(made, Labelled)
        return made
