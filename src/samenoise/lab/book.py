"""What a measurement collects: rows, threshold curves, the table of single images, and tensors for those after it.

rows.json        rows of scores.json                  curves.json        scores over the range of thresholds
images.parquet   a row for each image and comparison  kept.safetensors   tensors, by name
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from safetensors.torch import save_file
from torch import Tensor

from samenoise.metrics import Score, threshold_curve

__all__ = ["Book", "baseline"]


def baseline(floor: float | None = None, ceiling: float | None = None, gaussian: float | None = None) -> dict[str, Any]:
    """The baselines of a row."""
    return {"floor": floor, "ceiling": ceiling, "gaussian": gaussian}


@dataclass
class Book:
    """Collects what a measurement finds.

    ``tags`` are further keys of every row; without ``details`` there are no curves and no table of images.
    """

    experiment: str
    n_train: int | None = None
    feature: str = "pixel"
    tags: dict[str, Any] = field(default_factory=dict)
    details: bool = True
    rows: list[dict[str, Any]] = field(default_factory=list)
    curves: list[dict[str, Any]] = field(default_factory=list)
    images: list[dict[str, Any]] = field(default_factory=list)
    kept: dict[str, Tensor] = field(default_factory=dict)

    def row(
        self,
        metric: str,
        a: str,
        b: str,
        score: Score | None,
        *,
        threshold: float | None = None,
        width: int | None = None,
        baseline: dict[str, Any],
        **more: Any,
    ) -> None:
        """Add a row; a score that could not be had is ``None``, with a ``note`` in ``more``."""
        self.rows.append(
            {
                "experiment": self.experiment,
                "metric": metric,
                "value": None if score is None else _finite(score.value),
                "ci95": None if score is None else [_finite(end) for end in score.ci95],
                "n": 0 if score is None else score.n,
                "threshold": threshold,
                "feature": self.feature,
                "a": a,
                "b": b,
                "n_train": self.n_train,
                "width": width,
                "baseline": baseline,
                **self.tags,
                **more,
            }
        )

    def curve(self, metric: str, a: str, b: str, similarity: Tensor, floor: Tensor) -> None:
        """Add a score at every threshold, from one similarity a noise, with its floor."""
        if not self.details:
            return
        self.curves.append(
            {
                "experiment": self.experiment,
                "metric": metric,
                "a": a,
                "b": b,
                "n_train": self.n_train,
                "values": threshold_curve(similarity).tolist(),
                "floor": floor.tolist(),
            }
        )

    def compared(
        self,
        metric: str,
        a: str,
        b: str,
        ids: Tensor,
        similarity: Tensor,
        threshold: float,
        nearest: Tensor | None = None,
    ) -> None:
        """Add a row for each image: its similarity, whether it matches, and to which training image."""
        if not self.details:
            return
        trained_on = [None] * len(ids) if nearest is None else nearest.tolist()
        for noise, value, image in zip(ids.tolist(), similarity.tolist(), trained_on, strict=True):
            self.images.append(
                {
                    "experiment": self.experiment,
                    "metric": metric,
                    "a": a,
                    "b": b,
                    "n_train": self.n_train,
                    "noise_id": noise,
                    "similarity": value,
                    "match": value > threshold,
                    "train_id": image,
                }
            )

    def write(self, out: Path) -> None:
        """The files, in the folder of a cell."""
        import pyarrow as pa
        import pyarrow.parquet as pq

        (out / "rows.json").write_text(json.dumps(self.rows, indent=1, allow_nan=False))
        (out / "curves.json").write_text(json.dumps(self.curves, allow_nan=False))
        if self.images:
            pq.write_table(pa.Table.from_pylist(self.images), out / "images.parquet")
        if self.kept:
            save_file(self.kept, out / "kept.safetensors")


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None
