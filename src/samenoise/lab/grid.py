"""The same-noise grid: what all generators draw from the same few noises, for people to look at.

grid.json          what the rows, panels and columns are; a panel is a training size, or a setting of the run
grid.safetensors   images uint8 (P, R, C, c, h, w); similarity float32 (P, C, R, R), NaN where undefined;
                   nearest_id int64 and nearest_similarity float32 (P, R, C), the training image nearest to each
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, ClassVar

import torch
from pydantic import ConfigDict, Field
from safetensors.torch import save_file
from torch import Tensor

from samenoise.generators.sampling import bank
from samenoise.lab.common import Common
from samenoise.lab.experiment import Panel
from samenoise.lab.plan import Plan
from samenoise.lab.scene import Scene
from samenoise.lab.study import Ask, Study
from samenoise.metrics import memorized, nearest
from samenoise.metrics.reproducibility import levels
from samenoise.metrics.similarity import unit
from samenoise.runs.cell import Cell, Progress, Results, Spec

__all__ = ["GridCell"]


class GridRow(Spec):
    """A row: how it is called, and its images; none for noise and nearest training images."""

    key: str
    label: str
    kind: str


NOISE = GridRow(key="noise", label="noise", kind="noise")
NEAREST = GridRow(key="nearest", label="nearest training image", kind="nearest")


class GridPanel(Spec):
    """A panel, with the images of its rows by their keys."""

    label: str
    n: int
    asks: dict[str, Ask]


class GridCell(Cell):
    """Pictures of every panel. A row that only some panels have is empty in the others."""

    model_config = ConfigDict(arbitrary_types_allowed=True)
    kind: ClassVar[str] = "grid"
    folder: ClassVar[str] = "scores"
    common: Common
    rows: tuple[GridRow, ...]
    panels: tuple[GridPanel, ...]
    shown: int
    plan: Plan = Field(exclude=True)

    @classmethod
    def of(cls, common: Common, panels: list[Panel], shown: int, plan: Plan) -> GridCell:
        """From what experiments show; noise comes first, and the nearest training images after the models."""
        named = {
            row.key: GridRow(key=row.key, label=row.label, kind=row.kind) for panel in panels for row in panel.rows
        }
        models = [row for row in named.values() if row.kind == "model"]
        others = [row for row in named.values() if row.kind != "model"]
        return cls(
            common=common,
            rows=(NOISE, *models, NEAREST, *others),
            panels=tuple(
                # Of a network with replicates its first training.
                GridPanel(label=panel.label, n=panel.n, asks={row.key: row.ask.each[0] for row in panel.rows})
                for panel in panels
            ),
            shown=shown,
            plan=plan,
        )

    @property
    def title(self) -> str:
        return "same-noise grid"

    def needs(self) -> list[Cell]:
        found: list[Cell] = [Study(self.common).data, self.plan.real()]
        for panel in self.panels:
            for ask in panel.asks.values():
                found += [self.plan.samples(ask), self.plan.features(ask)]
        return list({cell.hash: cell for cell in found}.values())

    def run(self, store: Results, out: Path, progress: Progress) -> None:
        scene, found = Scene(Study(self.common), self.plan, store, []), []
        for panel in self.panels:
            found.append(self._panel(panel, scene))
            progress(len(found) / len(self.panels))
        tensors = {name: torch.stack([each[name] for each in found]) for name in found[0]}
        save_file(tensors, out / "grid.safetensors")
        content: dict[str, Any] = {
            "schema_version": 1,
            "feature": self.common.feature,
            "threshold": self.common.threshold,
            "noise_ids": list(range(self.shown)),
            "rows": [row.model_dump() for row in self.rows],
            "panels": [{"label": panel.label, "n_train": panel.n} for panel in self.panels],
        }
        (out / "grid.json").write_text(json.dumps(content, indent=1))

    def _panel(self, panel: GridPanel, scene: Scene) -> dict[str, Tensor]:
        """Tensors of one panel; the nearest training image is that of the last model's image, the widest of a sweep."""
        shown = slice(0, self.shown)
        drawn = {key: scene.of(key, ask, more=False) for key, ask in panel.asks.items()}
        train, train_ids = scene.train(panel.n), scene.train_ids(panel.n)
        last = [row.key for row in self.rows if row.kind == "model" and row.key in drawn][-1]
        found = memorized(drawn[last].features, train.features)
        near = train_ids[found.row[shown]]
        noise = bank(self.common.sampling, scene.data.shape)[shown] / 3  # three standard deviations fill [-1, 1]
        real = train.features.array
        images, features = [], []
        for key in (row.key for row in self.rows):
            if key == NEAREST.key:
                images.append(scene.data.images[near])
                features.append(real[found.row[shown]])
            elif key in drawn:
                images.append(drawn[key].images[shown])
                features.append(drawn[key].features.array[shown])
            else:  # noise, which is no image, and what this panel does not have: no similarity and no nearest one
                images.append(noise if key == NOISE.key else torch.full_like(noise, -1.0))
                features.append(torch.full((len(noise), real.shape[1]), torch.nan))
        directions = unit(torch.stack(features, dim=1))  # (C, R, d)
        best = [None if f.isnan().any() else nearest(f, real) for f in features]
        none_id, none_similarity = torch.full((len(noise),), -1), torch.full((len(noise),), torch.nan)
        return {
            "images": levels(torch.stack(images)).to(torch.uint8),
            "similarity": directions @ directions.mT,
            "nearest_id": torch.stack([none_id if b is None else train_ids[b.row[:, 0]] for b in best]),
            "nearest_similarity": torch.stack([none_similarity if b is None else b.similarity[:, 0] for b in best]),
        }
