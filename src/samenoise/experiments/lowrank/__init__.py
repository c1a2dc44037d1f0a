"""``lowrank``: how many directions a denoiser lets through, and whether they are those of the data.

The Jacobian of a denoiser says in which directions its estimate follows the noisy image. Its rank along the noise is
measured beside the closed forms of the training set, at images trained on and held out; on mixtures of known
subspaces it is measured how many samples it takes until the directions are the right ones (arXiv 2409.02426).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import ClassVar

from rich.table import Table

from samenoise.experiments.lowrank.metrics import METRICS
from samenoise.experiments.lowrank.settings import LowRankSettings
from samenoise.lab.common import Common, no_models, with_held_out
from samenoise.lab.experiment import Definition, Drawing, Experiment, Finding, Tag
from samenoise.lab.measurement import Measurement
from samenoise.lab.run_files import Row
from samenoise.lab.study import Study
from samenoise.runs.cell import Spec

__all__ = ["LowRank", "experiment"]

_LEVEL = {"type": "number", "exclusiveMinimum": 0}
_COUNT = {"type": "integer", "minimum": 1}


class LowRank(Experiment):
    """Jacobians and their directions."""

    name: ClassVar[str] = "lowrank"
    heading: ClassVar[str] = "Directions that come through"
    question: ClassVar[str] = "Which directions does a denoiser follow, and how many images does it take to find them?"
    Settings: ClassVar[type[Spec]] = LowRankSettings
    aside: ClassVar[frozenset[str]] = Experiment.aside | {"sampling", "threshold", "shown"}
    metrics: ClassVar[Mapping[str, Definition]] = METRICS
    tags: ClassVar[Mapping[str, Tag]] = {
        "sigma": Tag("σ", {**_LEVEL, "description": "Noise level σ/α at which the Jacobian is taken."}),
        "where": Tag(
            "at", {"enum": ["heldout", "train"], "description": "Whether at images trained on or at images held out."}
        ),
        "components": Tag("K", {**_COUNT, "description": "Subspaces of the mixture."}),
        "dimension": Tag("d", {**_COUNT, "description": "Of each subspace."}),
        "per_dimension": Tag("N/d", {**_LEVEL, "description": "Training images of a component for each dimension."}),
    }

    def check(self, common: Common, settings: LowRankSettings) -> None:
        no_models(common, self.name)
        with_held_out(common, self.name)
        if common.replicates < 2:
            raise ValueError(
                f"lowrank's intervals are over trainings: it needs replicates=2 or more, got {common.replicates}"
            )
        if settings.images > common.data.held_out:
            raise ValueError(
                f"lowrank.images is {settings.images}: more than the held-out images, {common.data.held_out}"
            )
        self._reached(common, settings)

    def _reached(self, common: Common, settings: LowRankSettings) -> None:
        from samenoise.experiments.lowrank.spectra import reach

        process = common.process.build()
        low, high = reach(process)
        for key, levels in (("sigmas", settings.sigmas), ("subspace_sigma", (settings.subspace_sigma,))):
            for level in levels:
                if not low < level <= high * (1 + 1e-12):
                    raise ValueError(
                        f"lowrank.{key}: {process.name} has noise levels sigma / alpha above {low:.3g} and up to "
                        f"{high:.4g}, not {level:g}"
                    )

    def measurements(self, study: Study, settings: LowRankSettings) -> list[Measurement]:
        from samenoise.experiments.lowrank.measure import measurements

        return measurements(study.common, settings)

    def findings(self, scores: tuple[Row, ...]) -> Iterable[Finding]:
        from samenoise.experiments.lowrank.findings import findings

        return findings(scores)

    def drawings(self, scores: tuple[Row, ...]) -> Iterable[Drawing]:
        from samenoise.experiments.lowrank.drawings import drawings

        return drawings(scores)

    def tables(self, scores: tuple[Row, ...], width: int) -> Iterable[Table]:
        from samenoise.experiments.lowrank.table import tables

        return tables(scores)


experiment = LowRank()
