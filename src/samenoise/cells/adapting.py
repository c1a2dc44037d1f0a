"""Adaptations: a network of a training, trained on with images of another data set."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any, ClassVar, Self

from pydantic import BeforeValidator, model_validator
from torch import Tensor

from samenoise.cells.checkpoints import Checkpoints
from samenoise.cells.data import DataCell, Subset
from samenoise.cells.record import Look, Record
from samenoise.cells.specs import Positive, TrainingSpec, Whole
from samenoise.cells.training import Teacher
from samenoise.data import held_out
from samenoise.networks import Network, from_config
from samenoise.networks.checkpoint import from_pretrained, save_pretrained
from samenoise.runs.cell import Cell, Progress, Results, Spec
from samenoise.training.adapt import ALL, Adaptation, adapt
from samenoise.training.objective import Matching
from samenoise.training.order import child_seed
from samenoise.training.unseen import Unseen

__all__ = ["AdaptCell", "WaySpec"]


def _listed(value: Any) -> Any:
    return (value,) if isinstance(value, str) else value


class WaySpec(Spec):
    """What of a network is adapted, and how fast."""

    layers: Annotated[tuple[str, ...], BeforeValidator(_listed)] = (ALL,)
    """Patterns of names of weights, ``attention``, or ``*`` for all."""
    rank: Whole | None = None
    """Of LoRA in these layers; their weights themselves are trained unless given."""
    alpha: Positive | None = None
    """Of LoRA: what is added counts ``alpha / rank`` times; once unless given."""
    lr: Positive | None = None
    """Learning rate; that of the run unless given."""

    def build(self) -> Adaptation:
        """What the loop takes."""
        return Adaptation(self.layers, self.rank, self.alpha)

    @property
    def title(self) -> str:
        """In a few words."""
        where = "" if ALL in self.layers else f" in {', '.join(self.layers)}"
        if self.rank is not None:
            return f"LoRA of rank {self.rank}{where}"
        return where.removeprefix(" in ") or "all weights"

    @model_validator(mode="after")
    def _possible(self) -> Self:
        self.build()  # says what it cannot be
        return self


class AdaptCell(Cell):
    """A network in diffusers' layout, the same files as of a training, with ``adaptation.json``: how many of its
    numbers were trained."""

    kind: ClassVar[str] = "adapt"
    folder: ClassVar[str] = "models"
    data: DataCell
    subset: Subset
    start: Teacher
    """The network that it starts from, with its weights."""
    how: WaySpec
    training: TrainingSpec
    """``updates``, which may be none, and all else but what is of students."""
    seed: int
    """Of the order of data, of the training noise and of the first factors of LoRA."""
    device: str
    unseen: int = 0
    """Held-out images that the loss of the averaged weights is taken on, now and then: ``unseen.safetensors``."""

    def needs(self) -> list[Cell]:
        return [self.data, self.start.train]

    @property
    def title(self) -> str:
        train = self.start.train
        return f"{train.network.name}-{train.width} adapted to N = {self.subset.n} by {self.how.title}"

    @property
    def cost(self) -> float:
        train = self.start.train
        images = self.training.updates * self.training.batch
        return train.cost * images / (train.training.updates * train.training.batch * len(train.models))

    def run(self, store: Results, out: Path, progress: Progress) -> None:
        from samenoise.training.loop import Loop

        images = self.data.load(store).images
        denoiser = from_pretrained(self.start.train.place(store, self.start.member))
        network = denoiser.network
        assert isinstance(network, Network)  # none else is saved
        if network.shape != tuple(images.shape[1:]):
            raise ValueError(
                f"a network of images of shape {network.shape} cannot be adapted to {self.data.label}, of shape "
                f"{tuple(images.shape[1:])}: give both data the same size and channels"
            )
        objective = Matching(denoiser.process, denoiser.parameterisation, denoiser.sigma_data, self.training.weighting)
        adapting = adapt(network, self.how.build(), child_seed(self.seed, "factors"))
        plain = from_config(network.config())
        loop = Loop(
            adapting.module,
            images[self.subset.ids(self.data)],
            self.seed,
            objective,
            replace(self.training.recipe(), lr=self.how.lr or self.training.lr),
            self.device,
            self.title,
        )
        checkpoints = Checkpoints(store.scratch(self))
        found = checkpoints.latest()
        if found is not None:
            loop.restore(found.tensors)
        record = Record(
            checkpoints,
            [] if found is None else found.log,
            self.training.updates,
            progress,
            lambda: [adapting.plain(loop.weights())],
            self._look(images, objective, plain),
        )
        for _ in loop.train():
            record.after(loop, [round(loop.loss, 6)])
        loop.accelerator.end_training()
        plain.cpu().load_state_dict(adapting.plain(loop.weights()))
        save_pretrained(replace(denoiser, network=plain.eval()), out)
        trained = {"trained": adapting.trained, "of": plain.parameters_count}
        (out / "adaptation.json").write_text(json.dumps(trained))
        record.write(out)

    def trained(self, store: Results) -> int:
        """Numbers that were trained."""
        return int(json.loads((store.path(self) / "adaptation.json").read_text())["trained"])

    def _look(self, images: Tensor, objective: Matching, network: Network) -> Look | None:
        if not self.unseen:
            return None
        ids = held_out(self.data.count, self.subset.n, self.unseen, self.data.seed)
        return Look(Unseen(images[ids], child_seed(self.data.seed, "unseen"), objective), network, self.device)
