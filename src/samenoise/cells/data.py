"""Data of a run: an image set in the store, and its subsets."""

from __future__ import annotations

import json
from abc import abstractmethod
from pathlib import Path
from typing import ClassVar

from safetensors.torch import load_file, save_file
from torch import Tensor

from samenoise.cells.fingerprint import fingerprint
from samenoise.cells.specs import DataSpec, ProcessSpec
from samenoise.data import ImageSet, digits, of_classes, order, read, subset
from samenoise.data.reader import ReadResult
from samenoise.data.subsets import Part
from samenoise.noise import NoiseBank
from samenoise.oracle import Mixture
from samenoise.process import EDM
from samenoise.runs.cell import Cell, Progress, Results, Spec
from samenoise.training.order import child_seed

__all__ = ["DataCell", "ImagesCell", "MixtureCell", "Subset", "data_cell"]


DEVIATION_DIGITS = 4
"""More would be the rounding of a sum, which machines do in another order."""


class DataCell(Cell):
    """An image set: ``images.safetensors`` and ``manifest.json``. Subclasses say where the images come from."""

    kind: ClassVar[str] = "data"
    folder: ClassVar[str] = "data"
    count: int
    """Images."""
    seed: int
    """Of the order from which subsets are cut."""

    def needs(self) -> list[Cell]:
        return []

    @property
    @abstractmethod
    def label(self) -> str:
        """What rows and messages call the data."""

    @property
    def title(self) -> str:
        return f"data {self.label}"

    @abstractmethod
    def make(self, out: Path) -> tuple[ImageSet, list[str]]:
        """The images, and those that were skipped; files beside them go to ``out``."""

    def run(self, store: Results, out: Path, progress: Progress) -> None:
        found, skipped = self.make(out)
        save_file({"images": found.images.contiguous(), "labels": found.labels}, out / "images.safetensors")
        manifest = {"name": found.name, "count": len(found), "shape": found.shape, "hash": found.hash}
        manifest["deviation"] = round(float(found.images.double().std(correction=0)), DEVIATION_DIGITS)
        (out / "manifest.json").write_text(json.dumps({**manifest, "skipped": skipped}, indent=1))

    def skipped(self, store: Results) -> list[str]:
        """The files that were left out, each by its name and why."""
        named: list[str] = json.loads((store.path(self) / "manifest.json").read_text())["skipped"]
        return named

    def deviation(self, store: Results) -> float:
        """Standard deviation of all pixels of all images, in [-1, 1]."""
        return float(json.loads((store.path(self) / "manifest.json").read_text())["deviation"])

    def load(self, store: Results) -> ImageSet:
        """The image set, from the store."""
        tensors = load_file(store.path(self) / "images.safetensors")
        return ImageSet(self.label, tensors["images"], tensors["labels"])


class ImagesCell(DataCell):
    """Real images: scikit-learn's digits, files, or a data set of the hub."""

    spec: DataSpec
    fingerprint: str
    """Of the files that are read, their contents included: other files are other data."""

    @property
    def label(self) -> str:
        return self.spec.label

    def make(self, out: Path) -> tuple[ImageSet, list[str]]:
        if self.spec.source == "digits":
            return self._drawn(digits()), []
        result = self._read()
        if fingerprint(self.spec) != self.fingerprint:
            raise ValueError(f"the files of {self.spec.path} have changed since the run was planned: run it again")
        return self._drawn(result.images), [str(each) for each in result.skipped]

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
        # Not the order from which subsets are cut: the two would be made of the same words.
        chosen = order(len(found), child_seed(self.seed, "choice"))[: self.count]
        return ImageSet(found.name, found.images[chosen], found.labels[chosen])


class MixtureCell(DataCell):
    """Samples of a mixture of Gaussians fitted to the digits, a known truth; its parameters lie beside them."""

    components: int
    reg_covar: float

    @property
    def label(self) -> str:
        return "mixture"

    def make(self, out: Path) -> tuple[ImageSet, list[str]]:
        images = digits().images
        fitted = Mixture.fit(images, self.components, EDM(), self.reg_covar, self.seed)
        # The state is on disk what it is in memory, so that samples and flow belong to the very same mixture.
        save_file(fitted.state(), out / "mixture.safetensors")
        # Under the run's own seed these would be the words of the noise bank: image i would resemble noise i.
        noises = NoiseBank(child_seed(self.seed, "mixture"), (1 + images[0].numel(),))
        drawn, labels = fitted.sample(noises, range(self.count))
        return ImageSet("mixture", drawn.float(), labels), []

    def mixture(self, store: Results, process: ProcessSpec) -> Mixture:
        """The true distribution."""
        return Mixture.from_state(load_file(store.path(self) / "mixture.safetensors"), process.build())


def data_cell(spec: DataSpec, count: int, seed: int) -> DataCell:
    """The data of a config.

    Raises:
        ConfigError: the files are not there.
    """
    if spec.source == "mixture":
        return MixtureCell(count=count, seed=seed, components=spec.components, reg_covar=spec.reg_covar)
    words_aside = spec.model_copy(update={"get": ""})
    return ImagesCell(count=count, seed=seed, spec=words_aside, fingerprint=fingerprint(spec))


class Subset(Spec):
    """Part of a data set, as :func:`samenoise.data.subset` takes it."""

    n: int
    part: Part = "a"

    def ids(self, data: DataCell) -> Tensor:
        """Row numbers."""
        return subset(data.count, self.n, self.part, data.seed)
