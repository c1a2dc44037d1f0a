"""The units of work that all experiments share: data, trainings, samples.

DataCell -> TrainCell (a cohort) -> SampleCell -> the score cells of each experiment
"""

from __future__ import annotations

import hashlib
import json
import time
from pathlib import Path
from typing import Any, ClassVar, Literal

import torch
from pydantic import ConfigDict
from safetensors import safe_open
from safetensors.torch import load, load_file, save, save_file
from torch import Tensor

from samenoise.data import ImageSet, digits, subset
from samenoise.data.subsets import Part
from samenoise.denoiser import Denoiser, NetworkDenoiser
from samenoise.experiments.config import DataSpec, NetworkSpec, ProcessSpec, SamplingSpec, TrainingSpec
from samenoise.networks import ResidualMLP
from samenoise.noise import NoiseBank
from samenoise.oracle import Empirical, Gaussian, Mixture
from samenoise.process import EDM
from samenoise.runs.cell import Cell, Progress, Spec
from samenoise.runs.store import Store, write_whole
from samenoise.solver import generate
from samenoise.training.cohort import Cohort, Recipe, State

__all__ = ["DataCell", "Model", "SampleCell", "Samples", "Source", "Subset", "TrainCell", "bank", "load_denoiser"]

CHECKPOINT_SECONDS = 5.0
LOG_EVERY = 100
WEIGHTS = "diffusion_pytorch_model.safetensors"

DATA = ("experiments/cells.py", "noise.py", "data", "oracle")
TRAINING = (*DATA, "process.py", "denoiser.py", "networks", "training")
SAMPLING = (*TRAINING, "solver.py")


class DataCell(Cell):
    """An image set, and for a mixture its parameters: ``images.safetensors``, ``mixture.safetensors``,
    ``manifest.json``."""

    kind: ClassVar[str] = "data"
    folder: ClassVar[str] = "data"
    sources: ClassVar[tuple[str, ...]] = DATA
    spec: DataSpec
    count: int
    """Images: all digits, or as many samples as asked."""
    seed: int

    def needs(self) -> list[Cell]:
        return []

    @property
    def title(self) -> str:
        return f"data {self.spec.source}"

    def run(self, store: Store, out: Path, progress: Progress) -> None:
        found = digits()
        if self.spec.source == "mixture":
            fitted = Mixture.fit(found.images, self.spec.components, EDM(), self.spec.reg_covar, self.seed)
            # The state is on disk what it is in memory, so that samples and flow belong to the very same mixture.
            save_file(fitted.state(), out / "mixture.safetensors")
            size = found.images[0].numel()
            images, labels = fitted.sample(NoiseBank(self.seed, (1 + size,)), range(self.count))
            found = ImageSet("mixture", images.float(), labels)
        save_file({"images": found.images.contiguous(), "labels": found.labels}, out / "images.safetensors")
        manifest = {"name": found.name, "count": len(found), "shape": found.shape, "hash": found.hash}
        (out / "manifest.json").write_text(json.dumps(manifest, indent=1))

    def load(self, store: Store) -> ImageSet:
        """The image set, from the store."""
        tensors = load_file(store.path(self) / "images.safetensors")
        return ImageSet(self.spec.source, tensors["images"], tensors["labels"])

    def mixture(self, store: Store, process: ProcessSpec) -> Mixture:
        """The true distribution."""
        return Mixture.from_state(load_file(store.path(self) / "mixture.safetensors"), process.build())


class Subset(Spec):
    """Part of a data set, as :func:`samenoise.data.subset` takes it."""

    n: int
    part: Part = "a"

    def ids(self, data: DataCell) -> Tensor:
        """Row numbers."""
        return subset(data.count, self.n, self.part, data.seed)


class Model(Spec):
    """One member of a cohort: what it trains on and where it starts."""

    subset: Subset
    init_seed: int
    seed: int
    """Of the order of data and of the training noise."""


class TrainCell(Cell):
    """A cohort: one folder for each model, in diffusers' layout, with ``process.json``; and ``log.jsonl``."""

    kind: ClassVar[str] = "train"
    folder: ClassVar[str] = "models"
    sources: ClassVar[tuple[str, ...]] = TRAINING
    data: DataCell
    process: ProcessSpec
    network: NetworkSpec
    width: int
    training: TrainingSpec
    models: tuple[Model, ...]
    device: str

    def needs(self) -> list[Cell]:
        return [self.data]

    @property
    def title(self) -> str:
        sizes = ", ".join(f"{m.subset.n}{'' if m.subset.part == 'a' else m.subset.part}" for m in self.models)
        return f"{self.network.name}-{self.width} on N = {sizes}"

    @property
    def cost(self) -> float:
        # Arithmetic of the square matrices, and what every update takes besides, seen on one core.
        per_update = len(self.models) * self.training.batch * (self.width**2 * self.network.blocks + 40 * self.width)
        return per_update * self.training.updates / 2e8

    def run(self, store: Store, out: Path, progress: Progress) -> None:
        images = self.data.load(store).images
        cohort = self._cohort(images)
        scratch = store.scratch(self)
        state, log = _resume(scratch) or (cohort.start(), [])
        checkpointed = time.monotonic()
        for _ in cohort.train(state):
            if state.update % LOG_EVERY == 0 or state.update == self.training.updates:
                log.append({"update": state.update, "loss": [round(loss, 6) for loss in state.loss.tolist()]})
                progress(state.update / self.training.updates)
                if time.monotonic() - checkpointed > CHECKPOINT_SECONDS and state.update < self.training.updates:
                    _checkpoint(scratch, state, log)
                    checkpointed = time.monotonic()
        for k, network in enumerate(cohort.finished(state)):
            folder = out / str(k)
            folder.mkdir()
            save_file({name: value.contiguous() for name, value in network.state_dict().items()}, folder / WEIGHTS)
            config = {**network.config(), "parameters": network.parameters_count}
            (folder / "config.json").write_text(json.dumps(config, indent=1))
            process = {
                "process": self.process.build().describe(),
                "parameterisation": self.network.parameterisation,
                "sigma_data": self.network.sigma_data,
            }
            (folder / "process.json").write_text(json.dumps(process, indent=1))
        (out / "log.jsonl").write_text("".join(json.dumps(row) + "\n" for row in log))

    def _cohort(self, images: Tensor) -> Cohort:
        shape = tuple(images.shape[1:])
        spec, recipe = self.network, self.training
        return Cohort(
            [ResidualMLP(shape, self.width, spec.blocks, m.init_seed) for m in self.models],
            [images[m.subset.ids(self.data)] for m in self.models],
            [m.seed for m in self.models],
            [f"{spec.name}-{self.width} on {m.subset.n} images" for m in self.models],
            self.process.build(),
            spec.parameterisation,
            Recipe(recipe.updates, recipe.batch, recipe.lr, recipe.warmup, recipe.ema),
            spec.sigma_data,
            self.device,
        )


def _checkpoint(scratch: Path, state: State, log: list[dict[str, Any]]) -> None:
    """Keep the state under its own hash, and then drop the one before."""
    tensors = {name: value.cpu().contiguous() for name, value in state.tensors().items()}
    data = save(tensors, {"log": json.dumps(log)})
    before = list(scratch.glob("checkpoint-*"))
    kept = scratch / f"checkpoint-{hashlib.sha256(data).hexdigest()}.safetensors"
    write_whole(kept, data)
    for path in before:
        if path != kept:
            path.unlink()


def _resume(scratch: Path) -> tuple[State, list[dict[str, Any]]] | None:
    """The latest good checkpoint and the log up to it."""
    found: list[tuple[State, list[dict[str, Any]]]] = []
    for path in scratch.glob("checkpoint-*.safetensors"):
        data = path.read_bytes()
        if hashlib.sha256(data).hexdigest() in path.name:
            with safe_open(path, "pt") as file:
                found.append((State.from_tensors(load(data)), json.loads(file.metadata()["log"])))
    return max(found, key=lambda pair: pair[0].update, default=None)


def load_denoiser(folder: Path) -> NetworkDenoiser:
    """A trained model as a denoiser, from its folder of ``config.json``, ``process.json`` and weights."""
    config = json.loads((folder / "config.json").read_text())
    made = json.loads((folder / "process.json").read_text())
    network = ResidualMLP(tuple(config["shape"]), config["width"], config["blocks"])
    network.load_state_dict(load_file(folder / WEIGHTS))
    name = made["process"].pop("name")
    process = ProcessSpec(name=name, options=made["process"]).build()
    return NetworkDenoiser(network.eval(), process, network.shape, made["parameterisation"], made["sigma_data"])


class Source(Spec):
    """What is sampled: a trained model, or a closed form of its training set (or of the truth)."""

    kind: Literal["trained", "optimum", "gaussian", "teacher"]
    data: DataCell
    subset: Subset | None = None
    """Training set of a closed form."""
    train: TrainCell | None = None
    member: int | None = None

    @property
    def title(self) -> str:
        """A few words."""
        if self.train is not None and self.member is not None:
            subset = self.train.models[self.member].subset
            return f"{self.train.network.name}-{self.train.width} on N = {subset.n}{subset.part}"
        return self.kind if self.subset is None else f"{self.kind} of N = {self.subset.n}"

    def build(self, store: Store, process: ProcessSpec) -> Denoiser:
        """The denoiser."""
        if self.kind == "trained":
            assert self.train is not None
            return load_denoiser(store.path(self.train) / str(self.member))
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
        return f"{self.source.title}, {self.sampling.noises} noises in batches of {self.batch}"

    @property
    def cost(self) -> float:
        return 0.5 if self.source.subset is None else 0.5 + self.source.subset.n * self.sampling.noises / 5e6

    def run(self, store: Store, out: Path, progress: Progress) -> None:
        denoiser = self.source.build(store, self.process)
        if isinstance(denoiser, NetworkDenoiser):
            denoiser.network.to(self.device)
        noises, spec = bank(self.sampling, denoiser.shape), self.sampling
        batches = []
        for batch in generate(
            denoiser,
            noises,
            range(spec.noises),
            solver=spec.build(),
            steps=spec.steps,
            batch_size=self.batch,
            device=self.device,
        ):
            batches.append(batch)
            progress(sum(len(b.ids) for b in batches) / spec.noises)
        images = torch.cat([b.images.cpu() for b in batches])
        ids = torch.cat([b.ids for b in batches])
        save_file({"images": images, "ids": ids}, out / "samples.safetensors")
        manifest = {
            "bank": noises.hash,
            "solver": spec.build().describe(),
            "process": denoiser.process.describe(),
            "grid": denoiser.process.grid(spec.steps).tolist(),
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
