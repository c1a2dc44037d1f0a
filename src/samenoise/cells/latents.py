"""Trainings of decoders, GANs' and VAEs': one network a cell.

decoder.json          architecture, shape, latent, width
decoder.safetensors   averaged weights
log.jsonl             losses along the training
"""

from __future__ import annotations

import json
from abc import abstractmethod
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field
from safetensors.torch import load_file, save_file
from torch import Tensor

from samenoise.cells.checkpoints import Checkpoints
from samenoise.cells.data import DataCell, Subset
from samenoise.cells.record import Record
from samenoise.cells.specs import Count, Number, Positive, Whole, Width
from samenoise.networks.latents import Architecture, Decoder, Encoder
from samenoise.runs.cell import Cell, Progress, Results, Spec
from samenoise.training.latents import LatentLoop
from samenoise.training.order import child_seed
from samenoise.training.recipe import Recipe

__all__ = ["LatentCell", "LatentTraining"]


class LatentTraining(Spec):
    """How a decoder is trained; no augmentation, no dropout. Keys mean what they mean under ``training``."""

    updates: Count = 4000
    batch: Count = 64
    lr: Positive = 1e-3
    warmup: Annotated[Whole, Field(ge=0)] = 100
    schedule: Literal["cosine", "constant"] = "cosine"
    ema: Number = 0.1

    def recipe(self) -> Recipe:
        """What the loops of :mod:`samenoise.training` take."""
        return Recipe(**{name: getattr(self, name) for name in LatentTraining.model_fields})


class LatentCell(Cell):
    """The training of one decoder. Subclasses say with what it is trained, and how."""

    kind: ClassVar[str] = "train"
    folder: ClassVar[str] = "models"
    sort: ClassVar[str]
    """What it is called: "gan" or "vae"."""
    data: DataCell
    subset: Subset
    network: Architecture
    width: Width
    latent: Count
    """Elements of a latent: so many of each noise are used, the first in row-major order."""
    training: LatentTraining
    init_seed: int
    seed: int
    """Of the order of data and of the training noise."""
    device: str

    def needs(self) -> list[Cell]:
        return [self.data]

    @property
    def title(self) -> str:
        return f"{self.sort} {self.network}-{self.width} on N = {self.subset.n}"

    @property
    def cost(self) -> float:
        # Seconds on one core, roughly.
        images = self.training.batch * self.training.updates
        return images * (self.width**2 * 2e-9 if self.network == "mlp" else (self.width / 32) ** 1.5 * 1e-3)

    @abstractmethod
    def loop(self, images: Tensor) -> LatentLoop:
        """The training at its start."""

    def networks(self, images: Tensor, outputs: int) -> tuple[Decoder, Encoder]:
        """With their initial weights."""
        shape = tuple(images.shape[1:])
        return (
            Decoder(self.network, shape, self.latent, self.width, self.init_seed),
            Encoder(self.network, shape, outputs, self.width, child_seed(self.init_seed, "encoder")),
        )

    def run(self, store: Results, out: Path, progress: Progress) -> None:
        images, checkpoints = self.data.load(store).images, Checkpoints(store.scratch(self))
        pixels = images[0].numel()
        if self.latent > pixels:
            raise ValueError(f"a noise of {pixels} numbers, as many as an image has, holds no latent of {self.latent}")
        loop = self.loop(images[self.subset.ids(self.data)])
        found = checkpoints.latest()
        if found is not None:
            loop.restore(found.tensors)
        log = [] if found is None else found.log
        record = Record(checkpoints, log, self.training.updates, progress, lambda: [loop.weights()], None)
        for _ in loop.train():
            record.after(loop, [round(loss, 6) for loss in loop.loss])
        decoder = loop.decoder
        about = {"architecture": self.network, "shape": decoder.shape, "latent": self.latent, "width": self.width}
        (out / "decoder.json").write_text(json.dumps(about, indent=1))
        save_file(loop.weights(), out / "decoder.safetensors")
        record.write(out)

    def about(self, store: Results) -> dict[str, Any]:
        """What the manifest of a run says of the decoder."""
        return {
            "parameters": sum(p.numel() for p in self.decoder(store).parameters()),
            "architecture": self.network,
            "width": self.width,
            "latent": self.latent,
            "procedure": self.sort,
            "updates": self.training.updates,
        }

    def decoder(self, store: Results) -> Decoder:
        """The decoder, from the store."""
        about = json.loads((store.path(self) / "decoder.json").read_text())
        decoder = Decoder(about["architecture"], tuple(about["shape"]), about["latent"], about["width"])
        decoder.load_state_dict(load_file(store.path(self) / "decoder.safetensors"))
        return decoder.eval().requires_grad_(False)
