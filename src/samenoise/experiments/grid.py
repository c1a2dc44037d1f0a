"""The same-noise grid: what all generators draw from the same few noises, for people to look at.

grid.json          what the rows, panels and columns are
grid.safetensors   images uint8 (P, R, C, c, h, w); similarity float32 (P, C, R, R), NaN where undefined;
                   nearest_id int64 and nearest_similarity float32 (P, R, C), the training image nearest to each
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, ClassVar

import torch
from safetensors.torch import save_file
from torch import Tensor

from samenoise.experiments.cells import Source, bank
from samenoise.experiments.score_cell import ScoreCell
from samenoise.experiments.sweep import Scene, Sweep
from samenoise.metrics import memorized, nearest
from samenoise.metrics.reproducibility import levels
from samenoise.metrics.similarity import unit
from samenoise.runs.cell import Cell, Progress
from samenoise.runs.store import Store

__all__ = ["GridCell"]


class GridCell(ScoreCell):
    """Pictures for every training size."""

    kind: ClassVar[str] = "grid"

    @property
    def title(self) -> str:
        return "same-noise grid"

    def needs(self) -> list[Cell]:
        sweep = self.sweep
        return [sweep.samples(source) for n in self.config.sizes for _, _, source in self._rows(sweep, n) if source]

    def _rows(self, sweep: Sweep, n: int) -> list[tuple[dict[str, str], str, Source | None]]:
        rows: list[tuple[dict[str, str], str, Source | None]] = []

        def row(key: str, label: str, kind: str, source: Source | None) -> None:
            rows.append(({"key": key, "label": label, "kind": kind}, key, source))

        row("noise", "noise", "noise", None)
        for width in self.config.widths:
            row(
                sweep.label(width),
                f"{self.config.network.name.upper()}, width {width}",
                "model",
                sweep.trained(width, n),
            )
        if "teacher" in self.config.experiments:
            row("teacher", "the truth", "teacher", sweep.teacher())
        row("optimum", "empirical optimum", "optimum", sweep.optimum(n))
        row("nearest", "nearest training image", "nearest", None)
        row("gaussian", "Gaussian of the training set", "gaussian", sweep.gaussian(n))
        return rows

    def run(self, store: Store, out: Path, progress: Progress) -> None:
        sweep, shown = self.sweep, self.config.shown
        panels = [self._panel(sweep, n, store) for n in self.config.sizes]
        tensors = {name: torch.stack([panel[name] for panel in panels]) for name in panels[0]}
        save_file(tensors, out / "grid.safetensors")
        content: dict[str, Any] = {
            "schema_version": 1,
            "feature": "pixel",
            "threshold": self.config.threshold,
            "noise_ids": list(range(shown)),
            "rows": [row for row, _, _ in self._rows(sweep, self.config.sizes[0])],
            "panels": [{"label": f"N = {n}", "n_train": n} for n in self.config.sizes],
        }
        (out / "grid.json").write_text(json.dumps(content, indent=1))

    def _panel(self, sweep: Sweep, n: int, store: Store) -> dict[str, Tensor]:
        """Tensors of one panel; the nearest training image is that of the widest model's image."""
        scene, rows = Scene(sweep, n, store), self._rows(sweep, n)
        shown = slice(0, self.config.shown)
        drawn = {key: scene.drawn(key, source) for _, key, source in rows if source}
        found = memorized(drawn[sweep.label(max(self.config.widths))].features, scene.train.features)
        near = scene.train_ids[found.row[shown]]
        noise = bank(self.config.sampling, scene.data.shape)[shown] / 3  # three standard deviations fill [-1, 1]
        images, features = [], []
        for _, key, _ in rows:
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
