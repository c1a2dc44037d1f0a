"""Features as cells: images in, features out, each set of images once for all scores.

A kind of feature is a class here with its line in :data:`FEATURES`, over an extractor of :mod:`samenoise.features`.
"""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import ClassVar

import torch
from pydantic import Field
from safetensors.torch import load_file, save_file

from samenoise.cells.data import DataCell, Subset
from samenoise.features import Extractor, FeatureMap, Features, Pixel
from samenoise.generators.sampling import SampleCell
from samenoise.runs.cell import Cell, Progress, Results, Spec
from samenoise.runs.parts import spans

__all__ = ["FEATURES", "Feature", "FeatureCell", "FeaturePart", "PixelFeature"]

CHUNK = 1024
"""Images that are embedded at a time."""


class Feature(Spec, ABC):
    """A kind of feature for one data set."""

    data: DataCell
    subset: Subset
    """The largest training set of the run."""

    @abstractmethod
    def extractor(self, store: Results) -> FeatureMap:
        """The extractor, ready to embed images."""


class PixelFeature(Feature):
    """The image less the mean of the largest training set: features of all sizes are then the same features."""

    def extractor(self, store: Results) -> Pixel:
        return Pixel(self.data.load(store).images[self.subset.ids(self.data)].mean(0))


FEATURES: Mapping[str, type[Feature]] = {"pixel": PixelFeature}
"""What the key ``feature`` of a preset can be."""


class FeatureCell(Cell):
    """Features of the samples of a generator, or of all images of a data set: ``features.safetensors``,
    ``manifest.json``."""

    kind: ClassVar[str] = "features"
    folder: ClassVar[str] = "features"
    images: SampleCell | DataCell
    feature: Feature
    shards: int = Field(default=1, exclude=True)
    """Parts that it is put together from."""

    def cut(self, shards: int) -> FeatureCell:
        return self.model_copy(update={"shards": shards})

    def parts(self) -> list[FeaturePart]:
        if self.shards == 1:
            return []
        count = self.images.sampling.noises if isinstance(self.images, SampleCell) else self.images.count
        whole, edges = self.cut(1), spans(count, CHUNK, self.shards)
        return [FeaturePart(of=whole, first=first, last=last) for first, last in edges]

    def needs(self) -> list[Cell]:
        return list({cell.hash: cell for cell in (self.images, self.feature.data)}.values())

    @property
    def title(self) -> str:
        return f"features of {self.images.title}"

    @property
    def cost(self) -> float:
        return 0.1

    def run(self, store: Results, out: Path, progress: Progress) -> None:
        if parts := self.parts():
            self.write(Features.cat([read_features(store.path(part)) for part in parts]), out)
        else:
            self.write(self.embedded(store, progress), out)

    def embedded(self, store: Results, progress: Progress, first: int = 0, last: int | None = None) -> Features:
        """Those of the images, or of some of them."""
        extractor = self.feature.extractor(store)
        if isinstance(self.images, SampleCell):
            images, ids, source, _ = self.images.load(store)
        else:
            data = self.images.load(store)
            images, ids, source = data.images, torch.arange(len(data)), data.hash
        images, ids, found = images[first:last], ids[first:last], []
        for start in range(0, len(ids), CHUNK):
            found.append(extractor(images[start : start + CHUNK], ids[start : start + CHUNK], source))
            progress(min(1.0, (start + CHUNK) / len(ids)))
        return Features.cat(found)

    @staticmethod
    def write(features: Features, out: Path) -> None:
        """The files."""
        save_file({"array": features.array.contiguous(), "ids": features.ids}, out / "features.safetensors")
        manifest = {"extractor": asdict(features.extractor), "source": features.source}
        (out / "manifest.json").write_text(json.dumps(manifest, indent=1))

    def load(self, store: Results) -> Features:
        """The features, from the store; those of a data set are of its row numbers."""
        return read_features(store.path(self))


class FeaturePart(Cell):
    """Features of some of the images: whole chunks, as the whole is embedded in."""

    kind: ClassVar[str] = "features"
    folder: ClassVar[str] = "features"
    of: FeatureCell
    first: int
    last: int

    def needs(self) -> list[Cell]:
        return self.of.needs()

    @property
    def title(self) -> str:
        return f"{self.first} to {self.last - 1} of {self.of.title}"

    @property
    def cost(self) -> float:
        return self.of.cost

    def run(self, store: Results, out: Path, progress: Progress) -> None:
        self.of.write(self.of.embedded(store, progress, self.first, self.last), out)


def read_features(folder: Path) -> Features:
    """The files of features, whole or part."""
    tensors = load_file(folder / "features.safetensors")
    manifest = json.loads((folder / "manifest.json").read_text())
    return Features(tensors["ids"], tensors["array"], Extractor(**manifest["extractor"]), manifest["source"])
