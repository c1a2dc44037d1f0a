"""What is trained: one network, before it is planned which cell trains it, and beside which others."""

from __future__ import annotations

from samenoise.cells.data import DataCell, Subset
from samenoise.cells.labels import LabelSpec
from samenoise.cells.specs import NetworkSpec, ProcessSpec, TrainingSpec
from samenoise.runs.cell import Spec
from samenoise.training.order import child_seed

__all__ = ["Member", "Model", "stacked"]


def stacked(network: NetworkSpec, training: TrainingSpec) -> bool:
    """Whether a network trains in a cohort with others of its shape."""
    return network.name == "mlp" and training.plain


class Model(Spec):
    """What one network trains on and where it starts."""

    subset: Subset
    init_seed: int
    seed: int
    """Of the order of data and of the training noise."""


class Member(Spec):
    """One network to be trained, wherever and beside whichever others: what is asked for before it is planned."""

    data: DataCell
    process: ProcessSpec
    network: NetworkSpec
    width: int
    training: TrainingSpec
    model: Model
    device: str
    teacher: Member | None = None
    """Of a student: what it is made of."""
    unseen: int = 0
    """Held-out images that its loss is taken on along the training."""
    labels: LabelSpec | None = None
    """What it is told of its images."""

    @property
    def stacked(self) -> bool:
        """Whether it trains in a cohort with others of its shape."""
        return stacked(self.network, self.training)

    def again(self, replicate: int) -> Member:
        """The same network trained once more: with other initial weights and other training noise, and so its teacher.
        Replicate 0 is the network itself."""
        if replicate == 0:
            return self
        seeds = {name: child_seed(getattr(self.model, name), "replicate", replicate) for name in ("init_seed", "seed")}
        return Member(
            data=self.data,
            process=self.process,
            network=self.network,
            width=self.width,
            training=self.training,
            model=self.model.model_copy(update=seeds),
            device=self.device,
            teacher=None if self.teacher is None else self.teacher.again(replicate),
            unseen=self.unseen,
            labels=self.labels,
        )
