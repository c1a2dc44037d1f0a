"""The same-noise grid: what all generators draw from the same few noises, for people to look at.

grid.json          what the rows, panels and columns are; a panel is a training size, or a setting of the run
grid.safetensors   images uint8 (P, R, C, c, h, w); similarity float32 (P, C, R, R), NaN where undefined;
                   nearest_id int64 and nearest_similarity float32 (P, R, C), the training image nearest to each
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, ClassVar, NamedTuple

import torch
from safetensors.torch import save_file
from torch import Tensor

from samenoise.experiments.sample_cell import SampleCell, bank
from samenoise.experiments.score_cell import ScoreCell
from samenoise.experiments.solvers import SolversCell
from samenoise.experiments.sweep import Scene
from samenoise.metrics import memorized, nearest
from samenoise.metrics.reproducibility import levels
from samenoise.metrics.similarity import unit
from samenoise.runs.cell import Cell, Progress
from samenoise.runs.store import Store

__all__ = ["GridCell"]

MOST_PANELS = 8
"""Of ``dynamics``, whose looks are many: so many of them, evenly chosen."""


class Row(NamedTuple):
    """A row of a panel: what it is called, and its images; ``None`` for noise and nearest training images."""

    key: str
    label: str
    kind: str
    cell: SampleCell | None


class Panel(NamedTuple):
    """A panel: its label, the training size and the rows, the same ones in every panel."""

    label: str
    n: int
    rows: list[Row]


class GridCell(ScoreCell):
    """Pictures for every training size."""

    kind: ClassVar[str] = "grid"

    @property
    def title(self) -> str:
        return "same-noise grid"

    def needs(self) -> list[Cell]:
        return [row.cell for panel in self._panels() for row in panel.rows if row.cell]

    def _panels(self) -> list[Panel]:
        config, sweep, largest = self.config, self.sweep, max(self.config.sizes)
        if "matrix" in config.experiments:
            models = [Row(x, x, "model", sweep.samples(sweep.named(x))) for x in config.models]
            return [Panel("", largest, self._with_closed_forms(models, largest))]
        if "solvers" in config.experiments:
            cell, panels = SolversCell(config=config), []
            for setting in cell.settings:
                models = [Row(x, x, "model", cell.cell(x, setting)) for x in config.models]
                eta = f", eta {setting.eta:g}" if setting.eta else ""
                label = f"{setting.solver}, {setting.steps} steps{eta}"
                panels.append(Panel(label, largest, self._with_closed_forms(models, largest)))
            return panels
        looks: list[int | None] = [None]
        if "dynamics" in config.experiments:
            count = min(MOST_PANELS, len(config.looks))
            looks = [config.looks[round(k * (len(config.looks) - 1) / max(1, count - 1))] for k in range(count)]
        panels = []
        for n in config.sizes:
            for update in looks:
                models = [
                    Row(
                        sweep.label(width),
                        f"{config.network.name.upper()}, width {width}",
                        "model",
                        sweep.samples(sweep.trained(width, n, "a", update)),
                    )
                    for width in config.widths
                ]
                label = f"N = {n}" if update is None else f"N = {n}, after {update} updates"
                panels.append(Panel(label, n, self._with_closed_forms(models, n)))
        return panels

    def _with_closed_forms(self, models: list[Row], n: int) -> list[Row]:
        sweep = self.sweep
        truth = [Row("teacher", "the truth", "teacher", sweep.samples(sweep.teacher()))]
        return [
            Row("noise", "noise", "noise", None),
            *models,
            *(truth if self.config.data.source == "mixture" else []),
            Row("optimum", "empirical optimum", "optimum", sweep.samples(sweep.optimum(n))),
            Row("nearest", "nearest training image", "nearest", None),
            Row("gaussian", "Gaussian of the training set", "gaussian", sweep.samples(sweep.gaussian(n))),
        ]

    def run(self, store: Store, out: Path, progress: Progress) -> None:
        panels = self._panels()
        found = [self._panel(panel, store) for panel in panels]
        tensors = {name: torch.stack([each[name] for each in found]) for name in found[0]}
        save_file(tensors, out / "grid.safetensors")
        content: dict[str, Any] = {
            "schema_version": 1,
            "feature": "pixel",
            "threshold": self.config.threshold,
            "noise_ids": list(range(self.config.shown)),
            "rows": [{"key": row.key, "label": row.label, "kind": row.kind} for row in panels[0].rows],
            "panels": [{"label": panel.label, "n_train": panel.n} for panel in panels],
        }
        (out / "grid.json").write_text(json.dumps(content, indent=1))

    def _panel(self, panel: Panel, store: Store) -> dict[str, Tensor]:
        """Tensors of one panel; the nearest training image is that of the last model's image, the widest of a sweep."""
        scene = Scene(self.sweep, panel.n, store)
        shown = slice(0, self.config.shown)
        drawn = {row.key: scene.of(row.key, row.cell) for row in panel.rows if row.cell}
        last = [row.key for row in panel.rows if row.kind == "model"][-1]
        found = memorized(drawn[last].features, scene.train.features)
        near = scene.train_ids[found.row[shown]]
        noise = bank(self.config.sampling, scene.data.shape)[shown] / 3  # three standard deviations fill [-1, 1]
        images, features = [], []
        for key in (row.key for row in panel.rows):
            if key == "noise":
                images.append(noise)
                features.append(torch.full((len(noise), noise[0].numel()), torch.nan))
            elif key == "nearest":
                images.append(scene.data.images[near])
                features.append(scene.train.features.array[found.row[shown]])
            else:
                images.append(drawn[key].images[shown])
                features.append(drawn[key].features.array[shown])
        directions = unit(torch.stack(features, dim=1))  # (C, R, d)
        real = scene.train.features.array
        # Noise is no image: it has no similarity and no nearest one.
        best = [None if f.isnan().any() else nearest(f, real) for f in features]
        none_id, none_similarity = torch.full((len(noise),), -1), torch.full((len(noise),), torch.nan)
        return {
            "images": levels(torch.stack(images)).to(torch.uint8),
            "similarity": directions @ directions.mT,
            "nearest_id": torch.stack([none_id if b is None else scene.train_ids[b.row[:, 0]] for b in best]),
            "nearest_similarity": torch.stack([none_similarity if b is None else b.similarity[:, 0] for b in best]),
        }
