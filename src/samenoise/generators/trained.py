"""Trained networks: at the end of their training or on the way, and few-step students."""

from __future__ import annotations

from samenoise.cells.members import Member
from samenoise.cells.specs import SamplingSpec
from samenoise.cells.training import TrainCell
from samenoise.denoiser import NetworkDenoiser
from samenoise.generators.base import DenoiserGenerator, DenoiserSampler, Generator
from samenoise.networks.checkpoint import from_pretrained
from samenoise.runs.cell import Cell, Results, Spec
from samenoise.solver import DDIM

__all__ = ["Student", "Trained", "Unplanned"]


class Trained(DenoiserGenerator):
    """A network of a training."""

    train: TrainCell
    member: int
    """Which of the networks that are trained together."""
    update: int | None = None
    """One of the kept updates of the training; ``None`` is its end."""

    @property
    def title(self) -> str:
        train, subset = self.train, self.train.models[self.member].subset
        at = "" if self.update is None else f" after {self.update} updates"
        return f"{train.network.name}-{train.width} ({train.process.name}) on N = {subset.n}{subset.part}{at}"

    def needs(self) -> list[Cell]:
        return [self.train]

    def denoiser(self, store: Results, device: str) -> NetworkDenoiser:
        denoiser = from_pretrained(self.train.place(store, self.member, self.update))
        denoiser.network.to(device)
        return denoiser

    def cost(self, calls: int) -> float:
        return calls * (0 if self.train.network.name == "mlp" else (self.train.width / 16) ** 1.5 * 2e-4)


class Student(Trained):
    """A few-step student: it knows few times, was made for DDIM, and is drawn so whatever the solver of the run."""

    @property
    def title(self) -> str:
        return f"{super().title} by {self.train.training.procedure}"

    def open(self, store: Results, sampling: SamplingSpec, device: str) -> DenoiserSampler:
        denoiser = self.denoiser(store, device)
        if denoiser.grid is None:
            raise ValueError(f"{self.train.place(store, self.member)} holds no student: its process.json has no grid")
        return DenoiserSampler(denoiser, DDIM(), denoiser.grid, sampling, device)


class Unplanned(Spec):
    """A trained network as an experiment asks for it, before it is planned which cell trains it."""

    member: Member
    update: int | None = None
    replicates: int = 1
    """Trainings of it, which differ in their initial weights and training noise alone."""

    @property
    def each(self) -> list[Unplanned]:
        """Every training by itself."""
        return [self.again(replicate) for replicate in range(self.replicates)]

    def again(self, replicate: int) -> Unplanned:
        """One training; number 0 is that of a network without replicates."""
        return self.model_copy(update={"member": self.member.again(replicate), "replicates": 1})

    def planned(self, train: TrainCell, member: int) -> Generator:
        """The generator, where ``train`` trains it."""
        kind = Trained if self.member.training.procedure == "standard" else Student
        return kind(train=train, member=member, update=self.update)
