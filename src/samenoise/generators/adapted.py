"""Adapted networks: trained on one data set, then on images of another."""

from __future__ import annotations

from samenoise.cells.adapting import AdaptCell, WaySpec
from samenoise.cells.data import DataCell, Subset
from samenoise.cells.specs import TrainingSpec
from samenoise.cells.training import Teacher, TrainCell
from samenoise.denoiser import NetworkDenoiser
from samenoise.generators.base import DenoiserGenerator
from samenoise.generators.trained import Unplanned
from samenoise.networks.checkpoint import from_pretrained
from samenoise.runs.cell import Cell, Results, Spec
from samenoise.training.order import child_seed

__all__ = ["Adapted", "Onward", "UnplannedAdapted"]


class Adapted(DenoiserGenerator):
    """A network at the end of its adaptation."""

    adapt: AdaptCell

    @property
    def title(self) -> str:
        return self.adapt.title

    def needs(self) -> list[Cell]:
        return [self.adapt]

    def denoiser(self, store: Results, device: str) -> NetworkDenoiser:
        denoiser = from_pretrained(store.path(self.adapt))
        denoiser.network.to(device)
        return denoiser

    def cost(self, calls: int) -> float:
        train = self.adapt.start.train
        return calls * (0 if train.network.name == "mlp" else (train.width / 16) ** 1.5 * 2e-4)


class Onward(Spec):
    """What a trained network is adapted to, and how."""

    data: DataCell
    subset: Subset
    how: WaySpec
    training: TrainingSpec
    seed: int
    unseen: int = 0


class UnplannedAdapted(Unplanned):
    """An adapted network, before it is planned which cell trains what it starts from, its ``member``."""

    onward: Onward

    def again(self, replicate: int) -> UnplannedAdapted:
        """One adaptation, of a training of its own, with training noise of its own; number 0 is that of a network
        without replicates."""
        again = super().again(replicate)
        assert isinstance(again, UnplannedAdapted)
        if replicate == 0:
            return again
        seed = child_seed(self.onward.seed, "replicate", replicate)
        return again.model_copy(update={"onward": self.onward.model_copy(update={"seed": seed})})

    def planned(self, train: TrainCell, member: int) -> Adapted:
        onward = {name: getattr(self.onward, name) for name in type(self.onward).model_fields}
        start = Teacher(train=train, member=member)
        return Adapted(adapt=AdaptCell(**onward, start=start, device=self.member.device))
