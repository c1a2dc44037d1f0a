"""A search for the nearest training images, a part of the training set at a time, as cells.

Parts begin at multiples of the chunk that a search of the whole goes by, so what they have together is what it would
have found, bit for bit: see :mod:`samenoise.metrics.search`.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

from safetensors.torch import load_file, save_file

from samenoise.cells.data import Subset
from samenoise.lab.features import FeatureCell
from samenoise.metrics import Nearest, nearest_candidates, nearest_of
from samenoise.metrics.search import Candidates
from samenoise.runs.cell import Cell, Progress, Results
from samenoise.runs.parts import spans

__all__ = ["CHUNK", "SearchPart", "found", "search_parts"]

CHUNK = 2048
"""Rows of the training set at a time, as :func:`samenoise.metrics.memorized` has it."""


class SearchPart(Cell):
    """What some rows of a training set have for the nearest one of each image: ``candidates.safetensors``."""

    kind: ClassVar[str] = "search"
    folder: ClassVar[str] = "searches"
    images: FeatureCell
    real: FeatureCell
    """Of all images of the data."""
    subset: Subset
    first: int
    last: int

    def needs(self) -> list[Cell]:
        cells = self.images, self.real, self.real.feature.data
        return list({cell.hash: cell for cell in cells}.values())

    @property
    def title(self) -> str:
        return f"training images {self.first} to {self.last - 1} nearest to {self.images.images.title}"

    def run(self, store: Results, out: Path, progress: Progress) -> None:
        a, features = self.images.load(store).array, self.real.load(store).array
        y = features[self.subset.ids(self.real.feature.data)[self.first : self.last]]
        candidates = nearest_candidates(a, y, first=self.first, chunk=CHUNK)
        save_file(
            {name: each.contiguous() for name, each in candidates._asdict().items()}, out / "candidates.safetensors"
        )

    def load(self, store: Results) -> Candidates:
        """The candidates, from the store."""
        return Candidates(**load_file(store.path(self) / "candidates.safetensors"))


def search_parts(images: FeatureCell, real: FeatureCell, subset: Subset, shards: int) -> list[SearchPart]:
    """The search for the nearest of a training set, in at most so many parts."""
    return [
        SearchPart(images=images, real=real, subset=subset, first=first, last=last)
        for first, last in spans(subset.n, CHUNK, shards)
    ]


def found(parts: Sequence[SearchPart], store: Results) -> Nearest:
    """What the parts of one search have found together."""
    return nearest_of([part.load(store) for part in parts])
