"""Samples: the images of one generator from the shared noises, as a cell."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, ClassVar, NamedTuple

import torch
from pydantic import Field
from safetensors.torch import load_file, save_file
from torch import Tensor

from samenoise.cells.specs import SamplingSpec
from samenoise.generators.base import Generator
from samenoise.noise import NoiseBank
from samenoise.runs.cell import Cell, Progress, Results
from samenoise.runs.parts import spans

__all__ = ["SampleCell", "SamplePart", "Samples", "bank", "full_precision"]


class Samples(NamedTuple):
    """Images of one generator, read back."""

    images: Tensor
    """Float32 in [-1, 1] (not clamped), shape ``(n, c, h, w)``."""
    ids: Tensor
    bank: str
    """Hash of the noise bank."""
    nfe: int


def bank(sampling: SamplingSpec, shape: tuple[int, ...]) -> NoiseBank:
    """The noise bank of a run."""
    return NoiseBank(sampling.bank_seed, shape)


@contextmanager
def full_precision() -> Iterator[None]:
    """Float32 is float32 on a GPU too, without TF32: images are going to be compared."""
    cudnn, matmul = torch.backends.cudnn, torch.backends.cuda.matmul
    before = cudnn.allow_tf32, matmul.allow_tf32
    cudnn.allow_tf32 = matmul.allow_tf32 = False
    try:
        yield
    finally:
        cudnn.allow_tf32, matmul.allow_tf32 = before


class SampleCell(Cell):
    """Images of one generator from the shared noises: ``samples.safetensors`` and ``manifest.json``."""

    kind: ClassVar[str] = "sample"
    folder: ClassVar[str] = "samples"
    generator: Generator
    sampling: SamplingSpec
    batch: int
    device: str
    shards: int = Field(default=1, exclude=True)
    """Parts that it is put together from."""

    def needs(self) -> list[Cell]:
        return self.generator.needs()

    def cut(self, shards: int) -> SampleCell:
        return self.model_copy(update={"shards": shards})

    def parts(self) -> list[SamplePart]:
        if self.shards == 1:
            return []
        whole, edges = self.cut(1), spans(self.sampling.noises, self.batch, self.shards)
        return [SamplePart(of=whole, first=first, last=last) for first, last in edges]

    @property
    def title(self) -> str:
        spec = self.sampling
        how = f"{spec.solver}, {spec.steps} steps" + (f", eta {spec.eta:g}" if spec.eta else "")
        return f"{self.generator.title}, {spec.noises} noises in batches of {self.batch}, {how}"

    @property
    def cost(self) -> float:
        return 0.5 + self.generator.cost(self.sampling.noises * self.sampling.steps * 2)

    def run(self, store: Results, out: Path, progress: Progress) -> None:
        if not (parts := self.parts()):
            self.draw(store, out, progress, range(self.sampling.noises))
            return
        found = [load_file(store.path(part) / "samples.safetensors") for part in parts]
        tensors = {name: torch.cat([each[name] for each in found]) for name in ("images", "ids")}
        save_file(tensors, out / "samples.safetensors")
        (out / "manifest.json").write_bytes((store.path(parts[0]) / "manifest.json").read_bytes())

    def draw(self, store: Results, out: Path, progress: Progress, ids: range) -> None:
        """The files, of some of the noises."""
        sampler = self.generator.open(store, self.sampling, self.device)
        noises, batches = bank(self.sampling, sampler.shape), []
        with full_precision():
            for batch in sampler(noises, ids, self.batch):
                batches.append(batch)
                progress(sum(len(b.ids) for b in batches) / len(ids))
        images = torch.cat([b.images.cpu() for b in batches])
        save_file({"images": images, "ids": torch.cat([b.ids for b in batches])}, out / "samples.safetensors")
        manifest = {"bank": noises.hash, **sampler.about, "nfe": batches[0].nfe, "batch": self.batch}
        (out / "manifest.json").write_text(json.dumps(manifest, indent=1))

    def load(self, store: Results) -> Samples:
        """The images, from the store."""
        tensors, manifest = load_file(store.path(self) / "samples.safetensors"), self.manifest(store)
        return Samples(tensors["images"], tensors["ids"], manifest["bank"], manifest["nfe"])

    def manifest(self, store: Results) -> dict[str, Any]:
        """How they were drawn."""
        manifest: dict[str, Any] = json.loads((store.path(self) / "manifest.json").read_text())
        return manifest


class SamplePart(Cell):
    """The images of some of the noises: whole batches, so that none is drawn with others than in the whole."""

    kind: ClassVar[str] = "sample"
    folder: ClassVar[str] = "samples"
    of: SampleCell
    first: int
    last: int

    def needs(self) -> list[Cell]:
        return self.of.needs()

    @property
    def device(self) -> str:
        """That of the whole."""
        return self.of.device

    @property
    def title(self) -> str:
        return f"noises {self.first} to {self.last - 1} of {self.of.title}"

    @property
    def cost(self) -> float:
        return self.of.cost * (self.last - self.first) / self.of.sampling.noises

    def run(self, store: Results, out: Path, progress: Progress) -> None:
        self.of.draw(store, out, progress, range(self.first, self.last))
