"""Samples: the images of one generator from the shared noises."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import ClassVar, Literal

import torch
from pydantic import ConfigDict
from safetensors.torch import load_file, save_file
from torch import Tensor

from samenoise.denoiser import Denoiser, NetworkDenoiser
from samenoise.experiments.data_cell import DataCell, Subset
from samenoise.experiments.specs import ProcessSpec, SamplingSpec
from samenoise.experiments.train_cell import TRAINING, TrainCell
from samenoise.networks.checkpoint import from_pretrained
from samenoise.noise import NoiseBank
from samenoise.oracle import Empirical, Gaussian
from samenoise.runs.cell import Cell, Progress, Spec
from samenoise.runs.store import Store
from samenoise.solver import DDIM, generate

__all__ = ["SampleCell", "Samples", "Source", "bank", "full_precision"]

SAMPLING = (*TRAINING, "experiments/sample_cell.py", "solver.py")


class Source(Spec):
    """What is sampled: a trained model, or a closed form of its training set (or of the truth)."""

    kind: Literal["trained", "optimum", "gaussian", "teacher"]
    data: DataCell
    subset: Subset | None = None
    """Training set of a closed form."""
    train: TrainCell | None = None
    member: int | None = None
    update: int | None = None
    """One of the kept updates of a training; ``None`` is its end."""

    @property
    def title(self) -> str:
        """A few words."""
        if self.train is not None and self.member is not None:
            subset = self.train.models[self.member].subset
            at = "" if self.update is None else f" after {self.update} updates"
            how = self.train.training.procedure
            student = "" if how == "standard" else f" by {how}"
            name = f"{self.train.network.name}-{self.train.width} ({self.train.process.name})"
            return f"{name} on N = {subset.n}{subset.part}{student}{at}"
        return self.kind if self.subset is None else f"{self.kind} of N = {self.subset.n}"

    def build(self, store: Store, process: ProcessSpec) -> Denoiser:
        """The denoiser; ``process`` is that of closed forms."""
        if self.kind == "trained":
            assert self.train is not None
            assert self.member is not None
            return from_pretrained(self.train.place(store, self.member, self.update))
        if self.kind == "teacher":
            return self.data.mixture(store, process)
        assert self.subset is not None
        images = self.data.load(store).images[self.subset.ids(self.data)]
        return Empirical(images, process.build()) if self.kind == "optimum" else Gaussian.fit(images, process.build())


class Samples(Spec):
    """Images of one generator, read back."""

    model_config = ConfigDict(arbitrary_types_allowed=True, frozen=True)
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
    sources: ClassVar[tuple[str, ...]] = SAMPLING
    source: Source
    process: ProcessSpec
    sampling: SamplingSpec
    batch: int
    device: str

    def needs(self) -> list[Cell]:
        return [self.source.data] + ([self.source.train] if self.source.train else [])

    @property
    def title(self) -> str:
        spec = self.sampling
        how = f"{spec.solver}, {spec.steps} steps" + (f", eta {spec.eta:g}" if spec.eta else "")
        return f"{self.source.title}, {spec.noises} noises in batches of {self.batch}, {how}"

    @property
    def cost(self) -> float:
        source, calls = self.source, self.sampling.noises * self.sampling.steps * 2
        if source.train is not None:
            return 0.5 + calls * (0 if source.train.network.name == "mlp" else (source.train.width / 16) ** 1.5 * 2e-4)
        return 0.5 if source.subset is None else 0.5 + source.subset.n * calls / 2e8

    def run(self, store: Store, out: Path, progress: Progress) -> None:
        denoiser, spec = self.source.build(store, self.process), self.sampling
        solver, grid = spec.build(), denoiser.process.grid(spec.steps)
        if isinstance(denoiser, NetworkDenoiser):
            denoiser.network.to(self.device)
            if denoiser.grid is not None:  # a student knows its few times, and was made for DDIM
                solver, grid = DDIM(), denoiser.grid
        noises = bank(spec, denoiser.shape)
        fresh = NoiseBank(spec.fresh_seed, (len(grid) - 1, *denoiser.shape)) if solver.stochastic else None
        batches = []
        with full_precision():
            for batch in generate(
                denoiser,
                noises,
                range(spec.noises),
                solver=solver,
                grid=grid,
                batch_size=self.batch,
                fresh=fresh,
                device=self.device,
            ):
                batches.append(batch)
                progress(sum(len(b.ids) for b in batches) / spec.noises)
        images = torch.cat([b.images.cpu() for b in batches])
        ids = torch.cat([b.ids for b in batches])
        save_file({"images": images, "ids": ids}, out / "samples.safetensors")
        manifest = {
            "bank": noises.hash,
            "fresh": None if fresh is None else fresh.hash,
            "solver": solver.describe(),
            "process": denoiser.process.describe(),
            "grid": grid.tolist(),
            "nfe": batches[0].nfe,
            "batch": self.batch,
        }
        (out / "manifest.json").write_text(json.dumps(manifest, indent=1))

    def load(self, store: Store) -> Samples:
        """The images, from the store."""
        folder = store.path(self)
        tensors = load_file(folder / "samples.safetensors")
        manifest = json.loads((folder / "manifest.json").read_text())
        return Samples(images=tensors["images"], ids=tensors["ids"], bank=manifest["bank"], nfe=manifest["nfe"])
