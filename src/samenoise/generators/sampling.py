"""Samples: the images of one generator from the shared noises, as a cell."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, ClassVar, NamedTuple

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from samenoise.cells.specs import SamplingSpec
from samenoise.generators.base import Generator
from samenoise.noise import NoiseBank
from samenoise.runs.cell import Cell, Progress, Results

__all__ = ["SampleCell", "Samples", "bank", "full_precision"]


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

    def needs(self) -> list[Cell]:
        return self.generator.needs()

    @property
    def title(self) -> str:
        spec = self.sampling
        how = f"{spec.solver}, {spec.steps} steps" + (f", eta {spec.eta:g}" if spec.eta else "")
        return f"{self.generator.title}, {spec.noises} noises in batches of {self.batch}, {how}"

    @property
    def cost(self) -> float:
        return 0.5 + self.generator.cost(self.sampling.noises * self.sampling.steps * 2)

    def run(self, store: Results, out: Path, progress: Progress) -> None:
        sampler, count = self.generator.open(store, self.sampling, self.device), self.sampling.noises
        noises, batches = bank(self.sampling, sampler.shape), []
        with full_precision():
            for batch in sampler(noises, range(count), self.batch):
                batches.append(batch)
                progress(sum(len(b.ids) for b in batches) / count)
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
