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
from safetensors.torch import load_file, save_file

from samenoise.cells.data import DataCell, Subset
from samenoise.features import Extractor, FeatureMap, Features, Pixel
from samenoise.generators.sampling import SampleCell
from samenoise.runs.cell import Cell, Progress, Results, Spec

__all__ = ["FEATURES", "Feature", "FeatureCell", "PixelFeature"]

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

    def needs(self) -> list[Cell]:
        return list({cell.hash: cell for cell in (self.images, self.feature.data)}.values())

    @property
    def title(self) -> str:
        return f"features of {self.images.title}"

    @property
    def cost(self) -> float:
        return 0.1

    def run(self, store: Results, out: Path, progress: Progress) -> None:
        extractor = self.feature.extractor(store)
        if isinstance(self.images, SampleCell):
            images, ids, source, _ = self.images.load(store)
        else:
            data = self.images.load(store)
            images, ids, source = data.images, torch.arange(len(data)), data.hash
        parts = []
        for start in range(0, len(ids), CHUNK):
            parts.append(extractor(images[start : start + CHUNK], ids[start : start + CHUNK], source))
            progress(min(1.0, (start + CHUNK) / len(ids)))
        features = Features.cat(parts)
        save_file({"array": features.array.contiguous(), "ids": features.ids}, out / "features.safetensors")
        manifest = {"extractor": asdict(features.extractor), "source": features.source}
        (out / "manifest.json").write_text(json.dumps(manifest, indent=1))

    def load(self, store: Results) -> Features:
        """The features, from the store; those of a data set are of its row numbers."""
        tensors = load_file(store.path(self) / "features.safetensors")
        manifest = json.loads((store.path(self) / "manifest.json").read_text())
        return Features(tensors["ids"], tensors["array"], Extractor(**manifest["extractor"]), manifest["source"])
