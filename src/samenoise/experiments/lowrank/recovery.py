"""What ``lowrank`` scores on mixtures of known subspaces: how many samples it takes until a network has found them.

    x_t = alpha y + sigma z at one noise level,  y fresh samples
    Uhat = the first d left singular vectors of the Jacobian there, beside the subspace U of the component of y

Each replicate is a world of its own: other subspaces, other samples, other initial weights and training noise.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np
import torch
from torch import Tensor

from samenoise.cells.data import Subset
from samenoise.cells.members import Member, Model
from samenoise.experiments.lowrank.data import SubspaceCell
from samenoise.experiments.lowrank.intervals import Array, score
from samenoise.experiments.lowrank.jacobian import ENERGY
from samenoise.experiments.lowrank.subspaces import PIXELS, chance_error
from samenoise.experiments.lowrank.worlds import HELD_OUT, TRAIN, Seen, World
from samenoise.generators.base import DenoiserGenerator
from samenoise.generators.trained import Unplanned
from samenoise.lab.book import baseline
from samenoise.lab.ledger import Ledger
from samenoise.lab.measurement import Measurement
from samenoise.lab.scene import Scene
from samenoise.metrics import Score
from samenoise.runs.cell import Progress
from samenoise.training.order import child_seed

__all__ = ["HALF", "PCA_HALF", "TRUTH", "Recovery", "crossing", "samples_half"]

TRUTH = "mixture"
"""The exact denoiser, in the rows."""
HALF = 0.5
"""Of a subspace's error, that counts as half found."""
PCA_HALF = 1 - HALF**2
"""N/d at which the span of N samples misses as much: ``sqrt(1 - N / d) = 1 / 2``."""


class Recovery(Measurement):
    """Networks on mixtures of K subspaces of one dimension, at every N/d."""

    experiment: ClassVar[str] = "lowrank"
    components: int
    dimension: int
    per_dimension: tuple[float, ...]
    sigma: float
    images: int
    replicates: int

    @property
    def title(self) -> str:
        return f"subspaces, {self.components} of dimension {self.dimension}"

    def n(self, share: float) -> int:
        """Training images of all components, at ``share`` for every dimension of one."""
        return round(share * self.dimension) * self.components

    def world(self, replicate: int) -> SubspaceCell:
        """The data of a replicate."""
        return SubspaceCell(
            count=self.n(self.per_dimension[-1]),
            seed=self._seed("subspaces", replicate),
            components=self.components,
            dimension=self.dimension,
        )

    def network(self, width: int, share: float, replicate: int) -> Unplanned:
        """A network on it."""
        common, label, n = self.common, self.study.label(width), self.n(share)
        model = Model(
            subset=Subset(n=n),
            init_seed=self._seed("weights", label, n, replicate),
            seed=self._seed("training", label, replicate),
        )
        member = Member(
            data=self.world(replicate),
            process=common.process,
            network=common.network,
            width=width,
            training=common.training,
            model=model,
            device=common.device,
        )
        return Unplanned(member=member)

    def _seed(self, *labels: object) -> int:
        return child_seed(self.common.seed, "lowrank", self.components, self.dimension, *labels)

    def denoisers(self) -> list[DenoiserGenerator | Unplanned]:
        return [
            self.network(width, share, replicate)
            for width in self.common.widths
            for replicate in range(self.replicates)
            for share in self.per_dimension
        ]

    def measure(self, scene: Scene, progress: Progress) -> Ledger:
        ledger = self.ledger(details=False)
        ledger.tags = {
            "components": self.components,
            "dimension": self.dimension,
            "replicates": self.replicates,
            "sigma": self.sigma,
        }
        worlds = [
            World(self.world(r), self.common.process.build(), self.sigma, self.images) for r in range(self.replicates)
        ]
        exact = [world.exact() for world in worlds]
        self._exact(ledger, exact)
        for width in self.common.widths:
            errors = []
            for k, share in enumerate(self.per_dimension):
                networks = [scene.denoiser(self.network(width, share, r)) for r in range(self.replicates)]
                seen = [
                    world.seen(net, self.common.device, self.n(share))
                    for world, net in zip(worlds, networks, strict=True)
                ]
                floors = [world.floors(self.n(share)) for world in worlds]
                normals = [world.gaussian(self.n(share)) for world in worlds]
                self._rows(ledger, width, share, seen, floors, normals, exact)
                errors.append(_array([each[HELD_OUT].error for each in seen]))
                progress((k + 1) / len(self.per_dimension))
            self._half(ledger, width, np.stack(errors, axis=-1))
        return ledger

    def _exact(self, ledger: Ledger, seen: Sequence[Seen]) -> None:
        ceiling = {"subspace_error": chance_error(PIXELS, self.dimension), "subspace_rank": float(PIXELS)}
        for metric, values in (
            ("subspace_error", _array([each.error for each in seen])),
            ("subspace_rank", _array([each.rank for each in seen])),
        ):
            found, more = (
                score(np.mean, values, nested=True, within=(0, 1 if metric == "subspace_error" else PIXELS)),
                _more(metric),
            )
            ledger.row(
                metric,
                TRUTH,
                "subspaces",
                found,
                baseline=baseline(None, ceiling[metric], None),
                where=HELD_OUT,
                **more,
            )

    def _rows(
        self,
        ledger: Ledger,
        width: int,
        share: float,
        seen: Sequence[dict[str, Seen]],
        floors: Sequence[tuple[float, float]],
        normals: Sequence[Seen],
        exact: Sequence[Seen],
    ) -> None:
        ledger.n_train = self.n(share)
        everything = self.components * self.dimension
        own, span = (float(np.mean(column)) for column in zip(*floors, strict=True))
        true_rank = float(_array([each.rank for each in exact]).mean())
        rows: list[tuple[str, str, str, float, float]] = [
            ("subspace_error", HELD_OUT, "error", own, chance_error(PIXELS, self.dimension)),
            ("subspace_rank", HELD_OUT, "rank", true_rank, float(PIXELS)),
            ("subspace_rank", TRAIN, "rank", true_rank, float(PIXELS)),
        ]
        if self.components > 1:
            rows.insert(1, ("subspace_span_error", HELD_OUT, "span_error", span, chance_error(PIXELS, everything)))
        for metric, where, field, floor, ceiling in rows:
            values = _array([getattr(each[where], field) for each in seen])
            gaussian = float(_array([getattr(each, field) for each in normals]).mean())
            ledger.row(
                metric,
                self.study.label(width),
                "subspaces",
                score(np.mean, values, nested=True, within=(0, 1 if field != "rank" else PIXELS)),
                width=width,
                baseline=baseline(floor, ceiling, gaussian),
                per_dimension=share,
                where=where,
                **_more(metric),
            )
        ledger.n_train = None

    def _half(self, ledger: Ledger, width: int, errors: Array) -> None:
        found, note = samples_half(self.per_dimension, errors)
        ledger.row(
            "subspace_samples_half",
            self.study.label(width),
            "subspaces",
            found,
            threshold=HALF,
            width=width,
            baseline=baseline(PCA_HALF, None, None),
            **({"note": note} if note else {}),
        )


def samples_half(shares: Sequence[float], errors: Array) -> tuple[Score | None, str]:
    """N/d at which the mean error first falls through one half, and what is to be said of it.

    Args:
        shares: N/d, ascending.
        errors: ``(replicates, points, shares)``.
    """

    def of(values: Array) -> float:
        found = crossing(shares, values.mean((0, 1)).tolist())
        return math.log(found) if math.isfinite(found) else found  # it lies above 0

    value = of(errors)
    if math.isinf(value):
        if value < 0:
            return None, f"below one half from the least N/d on, {shares[0]:g}"
        return None, f"one half is not reached up to N/d = {shares[-1]:g}"
    logs = score(of, errors, nested=True)
    low, high = (math.exp(end) if math.isfinite(end) else end for end in logs.ci95)
    open_ends = math.isinf(low) or math.isinf(high)
    note = "the interval reaches beyond the N/d that were measured" if open_ends else ""
    return Score(math.exp(value), (low, high), logs.n), note


def crossing(shares: Sequence[float], errors: Sequence[float]) -> float:
    """Where a line falls through one half, linear against the logarithm of N/d; infinite where it does not: ``-inf``
    where it starts below, ``inf`` where it never falls so far."""
    if errors[0] < HALF:
        return -math.inf
    for k in range(len(shares) - 1):
        if errors[k] >= HALF > errors[k + 1]:
            part = (errors[k] - HALF) / (errors[k] - errors[k + 1])
            return float(shares[k] * (shares[k + 1] / shares[k]) ** part)
    return math.inf


def _array(rows: Sequence[Tensor]) -> Array:
    out: Array = torch.stack(list(rows)).double().numpy()
    return out


def _more(metric: str) -> dict[str, Any]:
    return {"threshold": ENERGY} if metric == "subspace_rank" else {}
