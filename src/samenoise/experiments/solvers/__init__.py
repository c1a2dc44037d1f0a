"""``solvers``: solver x number of steps x stochasticity, on trained models that stay the same.

With more steps every deterministic solver converges to one image for each noise, the end of the model's own flow, for
which Heun on a very fine grid stands (``rp_reference``). With ``eta`` DDIM draws part of the noise anew at every step:
images then depend on it as well as on the noise they start from. Two models are compared at each setting, with fresh
noise of their own (``rp``) and with the same (``rp_shared``).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import ClassVar

from rich.table import Table

from samenoise.experiments.solvers.metrics import METRICS
from samenoise.experiments.solvers.settings import SolversSettings
from samenoise.lab.common import Common, real_data, several_models
from samenoise.lab.experiment import Definition, Drawing, Experiment, Finding, Panel, Tag
from samenoise.lab.measurement import Measurement
from samenoise.lab.run_files import Row
from samenoise.lab.study import Study
from samenoise.runs.cell import Spec

__all__ = ["SolversExperiment", "experiment"]


class SolversExperiment(Experiment):
    """Solvers, steps and fresh noise."""

    name: ClassVar[str] = "solvers"
    heading: ClassVar[str] = "Solvers, steps and fresh noise"
    question: ClassVar[str] = "Do solver, number of steps and fresh noise change the picture?"
    Settings: ClassVar[type[Spec]] = SolversSettings
    aside: ClassVar[frozenset[str]] = frozenset()
    metrics: ClassVar[Mapping[str, Definition]] = METRICS
    tags: ClassVar[Mapping[str, Tag]] = {
        "solver": Tag("solver", {"type": "string", "description": "How images were drawn, such as ddim or heun."}),
        "steps": Tag("steps", {"type": "integer", "minimum": 1, "description": "Steps from noise to image."}),
        "nfe": Tag("NFE", {"type": "integer", "minimum": 1, "description": "Evaluations of the network for an image."}),
        "eta": Tag(
            "eta",
            {
                "type": "number",
                "minimum": 0,
                "maximum": 1,
                "description": "Share of the noise that ddim draws anew in every step.",
            },
        ),
    }

    def check(self, common: Common, settings: SolversSettings) -> None:
        real_data(common, self.name)
        several_models(common, self.name)
        if common.sampling.eta:
            raise ValueError("solvers has shares of fresh noise of its own, solvers.etas: leave sampling.eta at 0")

    def measurements(self, study: Study, settings: SolversSettings) -> list[Measurement]:
        from samenoise.experiments.solvers.measure import Solvers

        return [Solvers(common=study.common, settings=settings)]

    def panels(self, study: Study, settings: SolversSettings) -> list[Panel]:
        from samenoise.experiments.solvers.measure import Solvers
        from samenoise.lab.panels import named_row, panel

        measurement, panels = Solvers(common=study.common, settings=settings), []
        for sampling in measurement.samplings:
            rows = [named_row(label, measurement.ask(label, sampling)) for label in study.common.models]
            eta = f", eta {sampling.eta:g}" if sampling.eta else ""
            panels.append(panel(study, f"{sampling.solver}, {sampling.steps} steps{eta}", study.largest, rows))
        return panels

    def findings(self, scores: tuple[Row, ...]) -> Iterable[Finding]:
        from samenoise.experiments.solvers.findings import findings

        return findings(scores)

    def drawings(self, scores: tuple[Row, ...]) -> Iterable[Drawing]:
        from samenoise.experiments.solvers.drawings import drawings

        return drawings(scores)

    def tables(self, scores: tuple[Row, ...], width: int) -> Iterable[Table]:
        from samenoise.experiments.solvers.table import table

        return [table(scores)]


experiment = SolversExperiment()
