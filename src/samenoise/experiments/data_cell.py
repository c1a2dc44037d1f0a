"""Data of a run: an image set in the store, and its subsets."""

from __future__ import annotations

import json
from pathlib import Path
from typing import ClassVar

from safetensors.torch import load_file, save_file
from torch import Tensor

from samenoise.data import ImageSet, digits, of_classes, order, read, subset
from samenoise.data.reader import ReadResult
from samenoise.data.subsets import Part
from samenoise.experiments.specs import DataSpec, ProcessSpec
from samenoise.noise import NoiseBank
from samenoise.oracle import Mixture
from samenoise.process import EDM
from samenoise.runs.cell import Cell, Progress, Spec
from samenoise.runs.store import Store

__all__ = ["DATA", "DataCell", "Subset"]

DATA = ("experiments/data_cell.py", "noise.py", "data", "oracle")


class DataCell(Cell):
    """An image set, and for a mixture its parameters: ``images.safetensors``, ``mixture.safetensors``,
    ``manifest.json``."""

    kind: ClassVar[str] = "data"
    folder: ClassVar[str] = "data"
    sources: ClassVar[tuple[str, ...]] = DATA
    spec: DataSpec
    fingerprint: str
    """Of the files that are read, their contents included: other files are other data."""
    count: int
    """Images: all digits, or as many samples or images of a larger set as asked."""
    seed: int

    def needs(self) -> list[Cell]:
        return []

    @property
    def title(self) -> str:
        return f"data {self.spec.label}"

    def run(self, store: Store, out: Path, progress: Progress) -> None:
        skipped: list[str] = []
        if self.spec.source == "mixture":
            found = self._mixture(out)
        elif self.spec.source == "digits":
            found = self._drawn(digits())
        else:
            result = self._read()
            found, skipped = self._drawn(result.images), [str(each) for each in result.skipped]
        save_file({"images": found.images.contiguous(), "labels": found.labels}, out / "images.safetensors")
        manifest = {"name": found.name, "count": len(found), "shape": found.shape, "hash": found.hash}
        (out / "manifest.json").write_text(json.dumps({**manifest, "skipped": skipped}, indent=1))

    def _mixture(self, out: Path) -> ImageSet:
        images = digits().images
        fitted = Mixture.fit(images, self.spec.components, EDM(), self.spec.reg_covar, self.seed)
        # The state is on disk what it is in memory, so that samples and flow belong to the very same mixture.
        save_file(fitted.state(), out / "mixture.safetensors")
        drawn, labels = fitted.sample(NoiseBank(self.seed, (1 + images[0].numel(),)), range(self.count))
        return ImageSet("mixture", drawn.float(), labels)

    def _read(self) -> ReadResult:
        if self.spec.source == "hub":
            from samenoise.data.hub import read_hub

            spec = self.spec
            return read_hub(spec.path, split=spec.split, size=spec.size, channels=spec.channels, on_bad=spec.on_bad)
        return read(self.spec.path, self.spec.size, self.spec.channels, self.spec.on_bad)

    def _drawn(self, found: ImageSet) -> ImageSet:
        """The classes that are wanted; of more images than ``count``, a random choice in random order."""
        if self.spec.classes is not None:
            found = of_classes(found, self.spec.classes)
        if len(found) < self.count:
            raise ValueError(
                f"{self.spec.label} has {len(found)} images, the run needs {self.count}: the largest of sizes and "
                "data.held_out together, or data.count"
            )
        if len(found) == self.count:
            return found
        chosen = order(len(found), self.seed)[: self.count]
        return ImageSet(found.name, found.images[chosen], found.labels[chosen])

    def load(self, store: Store) -> ImageSet:
        """The image set, from the store."""
        tensors = load_file(store.path(self) / "images.safetensors")
        return ImageSet(self.spec.label, tensors["images"], tensors["labels"])

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
